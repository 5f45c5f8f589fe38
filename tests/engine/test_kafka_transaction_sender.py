"""A transaction is three kinds of requests in a fixed order, each asked again where the broker says
that it would do it later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import (
    ConcurrentTransactions,
    KafkaConnectionError,
    MessageSizeTooLargeError,
    NotCoordinatorError,
    NotLeaderForPartitionError,
    ProducerFenced,
    TopicAuthorizationFailedError,
)
from aiokafka.structs import TopicPartition

from streams.engine.kafka.producers import transactional_producer
from streams.engine.kafka.transaction_sender import (
    CONCURRENT_SECONDS,
    EagerAddPartitions,
    TransactionSender,
)
from tests.engine.kafka_logs import connection

COORDINATOR, ONE_LEADER, OTHER_LEADER = 4, 1, 2
HERE, THERE = TopicPartition("here", 0), TopicPartition("there", 0)
PATIENCE_SECONDS = 10

Answer = Callable[[Any], Any]


class ScriptedClient:
    """Stands for aiokafka's client: answers in turn, each a response or an error to be raised.

    `coordinators` are those that look-ups find, in turn; the error of one breaks it. Without
    `leaders` none is known before metadata has been asked for.
    """

    def __init__(
        self,
        *answers: Answer,
        coordinators: tuple[int | Exception, ...] = (COORDINATOR,),
        leaders: bool = True,
    ) -> None:
        self.requests: list[tuple[int, str]] = []
        self.waited_for: set[str] = set()
        self.answers = list(answers)
        self._coordinators = list(coordinators)
        self._leaders = leaders

    async def send(self, node: int, request: Any, *, group: Any = None) -> Any:
        await asyncio.sleep(0)
        self.requests.append((node, type(request).__name__.partition("Request")[0]))
        return self.answers.pop(0)(request)

    async def coordinator_lookup(self, kind: Any, key: str) -> int:
        found = self._coordinators.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    async def ready(self, node: int, *, group: Any) -> bool:
        return True

    def leader_for_partition(self, where: TopicPartition) -> int | None:
        if not self._leaders:
            return None
        return ONE_LEADER if where == HERE else OTHER_LEADER

    async def _wait_on_metadata(self, topic: str) -> None:
        self.waited_for.add(topic)

    def force_metadata_update(self) -> asyncio.Future[bool]:
        self._leaders = True
        done = asyncio.get_running_loop().create_future()
        done.set_result(True)
        return done

    async def _maybe_wait_metadata(self) -> None:
        pass


def added(code: int = 0) -> Answer:
    return lambda _: SimpleNamespace(errors=[("here", [(0, code)]), ("there", [(0, code)])])


def added_here(code: int = 0) -> Answer:
    return lambda _: SimpleNamespace(errors=[("here", [(0, code)])])


def stored(topic: str, code: int = 0, offset: int = 7) -> Answer:
    return lambda _: SimpleNamespace(API_VERSION=5, topics=[(topic, [(0, code, offset, -1, 0)])])


def ended(code: int = 0) -> Answer:
    return lambda _: SimpleNamespace(error_code=code)


def broken(_: Any) -> Any:
    raise KafkaConnectionError("closed")


def run(
    client: ScriptedClient, use: Callable[[TransactionSender], Coroutine[Any, Any, Any]]
) -> Any:
    """What `use` makes of a sender that has been given an id and an epoch."""

    async def with_sender() -> Any:
        producer, sender = transactional_producer(connection("127.0.0.1:1"), "owner", 1000)
        sender.client = client
        sender._message_accumulator._cluster = client
        sender._txn_manager.set_pid_and_epoch(12, 3)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                made = await use(sender)
            assert client.answers == []
            return made
        finally:
            await producer.stop()

    return asyncio.run(with_sender())


async def send(sender: TransactionSender, *places: TopicPartition) -> dict[TopicPartition, Any]:
    builders = {}
    for where in places:
        builders[where] = sender._message_accumulator.create_builder()
        builders[where].append(timestamp=None, key=b"k", value=b"v")
    return await sender.send(builders)


async def commit(sender: TransactionSender, *places: TopicPartition) -> dict[TopicPartition, Any]:
    sender.begin()
    answers = await send(sender, *places)
    await sender.end(committed=True)
    return answers


def names(client: ScriptedClient) -> list[str]:
    return [name for _, name in client.requests]


def test_partitions_are_added_then_written_then_the_transaction_ends() -> None:
    client = ScriptedClient(added(), stored("here"), stored("there", offset=9), ended())
    answers = run(client, lambda sender: commit(sender, HERE, THERE))
    assert {where: answer.offset for where, answer in answers.items()} == {HERE: 7, THERE: 9}
    assert client.requests == [
        (COORDINATOR, "AddPartitionsToTxn"),
        (ONE_LEADER, "Produce"),
        (OTHER_LEADER, "Produce"),
        (COORDINATOR, "EndTxn"),
    ]


def test_a_partition_is_added_once_a_transaction() -> None:
    client = ScriptedClient(added_here(), stored("here"), stored("here"), ended())

    async def twice(sender: TransactionSender) -> None:
        sender.begin()
        await send(sender, HERE)
        await send(sender, HERE)
        await sender.end(committed=True)

    run(client, twice)
    assert names(client) == ["AddPartitionsToTxn", "Produce", "Produce", "EndTxn"]


def test_a_transaction_that_the_one_before_holds_up_is_asked_for_again() -> None:
    later = ConcurrentTransactions.errno
    client = ScriptedClient(added_here(later), added_here(), stored("here"), ended(later), ended())
    assert run(client, lambda sender: commit(sender, HERE))[HERE].offset == 7
    assert names(client) == ["AddPartitionsToTxn"] * 2 + ["Produce"] + ["EndTxn"] * 2


def test_a_batch_that_came_to_the_wrong_broker_is_sent_again_under_the_same_number() -> None:
    sent: list[bytes] = []

    def refuse(request: Any) -> Any:
        sent.append(bytes(request._topics[0][1][0][1]))
        return stored("here", NotLeaderForPartitionError.errno)(request)

    def store(request: Any) -> Any:
        sent.append(bytes(request._topics[0][1][0][1]))
        return stored("here")(request)

    client = ScriptedClient(added_here(), refuse, store, ended())
    assert run(client, lambda sender: commit(sender, HERE))[HERE].offset == 7
    assert sent[0] == sent[1]


def test_a_partition_without_a_leader_is_waited_for() -> None:
    client = ScriptedClient(added_here(), stored("here"), ended(), leaders=False)
    assert run(client, lambda sender: commit(sender, HERE))[HERE].offset == 7


def test_the_metadata_of_every_topic_is_there_before_anything_is_sent() -> None:
    """And is asked for again with that of the others: aiokafka forgets topics that nobody waits
    for."""
    client = ScriptedClient(added(), stored("here"), stored("there"), ended())
    run(client, lambda sender: commit(sender, HERE, THERE))
    assert client.waited_for == {"here", "there"}


def test_of_two_brokers_one_refuses_and_one_asks_again_and_each_partition_has_its_own_answer() -> (
    None
):
    client = ScriptedClient(
        added(),
        stored("here", MessageSizeTooLargeError.errno),
        stored("there", NotLeaderForPartitionError.errno),
        stored("there", offset=9),
        ended(),
    )
    answers = run(client, lambda sender: commit(sender, HERE, THERE))
    assert isinstance(answers[HERE], MessageSizeTooLargeError)
    assert answers[THERE].offset == 9


@pytest.mark.parametrize("broken_at", [0, 1, 2])
def test_whatever_a_connection_breaks_under_is_asked_for_again(broken_at: int) -> None:
    answers = [added_here(), stored("here"), ended()]
    client = ScriptedClient(*answers[:broken_at], broken, *answers[broken_at:])
    assert run(client, lambda sender: commit(sender, HERE))[HERE].offset == 7
    kinds = ["AddPartitionsToTxn", "Produce", "EndTxn"]
    assert names(client) == [*kinds[: broken_at + 1], *kinds[broken_at:]]


def test_a_coordinator_that_has_moved_is_looked_for() -> None:
    client = ScriptedClient(
        added_here(NotCoordinatorError.errno), added_here(), stored("here"), ended(),
        coordinators=(COORDINATOR, 5),
    )  # fmt: skip
    run(client, lambda sender: commit(sender, HERE))
    assert [node for node, _ in client.requests] == [COORDINATOR, 5, ONE_LEADER, 5]


def test_a_transaction_that_the_one_before_holds_up_waits_a_moment_alone() -> None:
    async def wait(sender: TransactionSender) -> float | None:
        answer = added_here(ConcurrentTransactions.errno)(None)
        return EagerAddPartitions(sender, {HERE}).handle_response(answer)

    assert run(ScriptedClient(), wait) == CONCURRENT_SECONDS


def test_a_batch_that_is_refused_is_told_of_and_the_transaction_may_be_aborted() -> None:
    client = ScriptedClient(added_here(), stored("here", MessageSizeTooLargeError.errno), ended())

    async def use(sender: TransactionSender) -> Any:
        sender.begin()
        answers = await send(sender, HERE)
        await sender.end(committed=False)
        return answers

    assert isinstance(run(client, use)[HERE], MessageSizeTooLargeError)
    assert names(client)[-1] == "EndTxn"


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ([added_here(47)], ProducerFenced),  # an epoch that is over
        ([added_here(TopicAuthorizationFailedError.errno)], TopicAuthorizationFailedError),
        ([added_here(), stored("here"), ended(47)], ProducerFenced),
    ],
)
def test_what_ends_a_transaction_is_raised(answers: list[Answer], error: type[Exception]) -> None:
    with pytest.raises(error):
        run(ScriptedClient(*answers), lambda sender: commit(sender, HERE))


def test_a_connection_that_breaks_while_the_coordinator_is_asked_for_ends_nothing() -> None:
    client = ScriptedClient(
        added_here(),
        stored("here"),
        ended(),
        coordinators=(KafkaConnectionError("closed"), COORDINATOR),
    )
    assert run(client, lambda sender: commit(sender, HERE))[HERE].offset == 7
