"""`settle` tells rest from work, and time by the wall clock never outruns what lies unread."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.e2e.checks import by_customer, check_everything
from tests.e2e.conftest import on_embedded
from tests.e2e.driver import Tierstream, until
from tests.oracle.murmur2 import partition_of
from tests.oracle.sending import order, tick


def test_without_a_worker_nothing_is_at_rest(tierstream: Tierstream) -> None:
    result = tierstream.call("settle", "--timeout", "0")
    assert "no worker has taken partition 0, 1, 2, 3 over" in result.sentence
    worker = tierstream.start()
    tierstream.settle()
    assert set(tierstream.progress()) == {0, 1, 2, 3}  # though nothing has been read
    worker.stop()
    tierstream.send(order("ann", "2021-01-01"))
    result = tierstream.call("settle", "--timeout", "1")
    assert "1 record of " in result.sentence
    assert "orders unread" in result.sentence
    tierstream.start()
    tierstream.settle()
    assert set(check_everything(tierstream)) == {"ann"}


def ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


def stream_times(tierstream: Tierstream) -> list[datetime]:
    times = [each["stream_time"] for each in tierstream.progress().values()]
    return [datetime.fromisoformat(time) for time in times if time is not None]


def test_time_goes_on_by_itself_but_not_while_orders_lie_unread(tierstream: Tierstream) -> None:
    """While the worker was away the loyal customer ordered; her order is the last of a backlog."""
    home = partition_of(b"loyal", 4)
    crowd = [c for c in (f"c{n}" for n in range(40)) if partition_of(c.encode(), 4) == home]
    worker = tierstream.start()
    tierstream.send(order("loyal", ago(200)), order("lost", ago(200)))
    tierstream.settle()
    worker.stop()
    backlog = [order(c, ago(199), event_id=f"{n}") for n in range(1000) for c in crowd]
    tierstream.send(*backlog, order("loyal", ago(1)))
    started = datetime.now(UTC)
    tierstream.start(TICKS="on")

    def all_follow_the_clock() -> bool:
        times = stream_times(tierstream)
        return len(times) == 4 and all(time >= started for time in times)

    until(all_follow_the_clock)
    tierstream.settle()
    said = by_customer(tierstream.values("dormant-customers"))
    assert "loyal" not in said
    assert [one["stage"] for one in said["lost"]] == ["dormant"]
    headers = [line["headers"] for line in tierstream.dump("clock")]
    assert headers
    assert all(header for header in headers)  # each tick of its own is marked so
    check_everything(tierstream)


@on_embedded
def test_a_tick_of_the_command_counts_whatever_lies_unread(tierstream: Tierstream) -> None:
    tierstream.send(tick("2021-06-01"))
    tierstream.start()
    tierstream.settle()
    assert stream_times(tierstream) == [datetime(2021, 6, 1, 12, tzinfo=UTC)] * 4
