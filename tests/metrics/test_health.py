"""Health tests progress: what waits must be got on with, and what rests may rest for ever."""

from __future__ import annotations

from streams.metrics.health import GROUP_SECONDS, STALL_SECONDS, Health, Waiting


class Worker:
    """A worker as health sees it, at rest and with one partition."""

    def __init__(self) -> None:
        self.ours: frozenset[int] | None = frozenset({0})
        self.recovered = frozenset({0})
        self.doors = {0: Waiting(None, 100.0)}
        self.told_at = 100.0
        self.publishing: float | None = None

    def assignment(self) -> frozenset[int] | None:
        return self.ours

    def consuming(self) -> frozenset[int]:
        return self.recovered

    def waiting(self) -> dict[int, Waiting]:
        return self.doors

    def log_told_at(self) -> float:
        return self.told_at

    def publishing_since(self) -> float | None:
        return self.publishing


def still(worker: Worker, health: Health, now: float) -> list[tuple[int | None, str, float]]:
    worker.told_at = now  # the log answers
    return [(one.partition, one.what, one.since) for one in health.standing_still(now)]


def test_a_partition_at_rest_may_rest_for_ever() -> None:
    worker = Worker()
    health = Health(worker, 100.0)
    health.look(10_000.0)
    assert still(worker, health, 10_000.5) == []


def test_what_has_waited_for_half_a_minute_stands_still() -> None:
    worker = Worker()
    health = Health(worker, 100.0)
    worker.doors[0] = Waiting("commit", 100.0)
    health.look(129.0)
    assert still(worker, health, 129.9) == []
    assert still(worker, health, 100.0 + STALL_SECONDS) == [(0, "commit", 100.0)]


def test_waiting_counts_from_the_end_of_the_rest_before_it() -> None:
    worker = Worker()
    health = Health(worker, 100.0)
    health.look(5_000.0)
    worker.doors[0] = Waiting("batches", 100.0)
    health.look(5_001.0)
    assert still(worker, health, 5_029.0) == []
    assert still(worker, health, 5_030.0) == [(0, "batches", 5_000.0)]


def test_each_step_forward_gives_another_half_minute() -> None:
    worker = Worker()
    health = Health(worker, 100.0)
    for moved_at in (120.0, 140.0, 160.0):
        worker.doors[0] = Waiting("batches", moved_at)
        health.look(moved_at + 19)
        assert still(worker, health, moved_at + 29) == []
    assert still(worker, health, 190.0) == [(0, "batches", 160.0)]


def test_a_recovery_that_reads_on_is_healthy_however_long_it_takes() -> None:
    worker = Worker()
    worker.recovered = frozenset()
    health = Health(worker, 100.0)
    for moved_at in range(100, 3600, 25):
        worker.doors[0] = Waiting("recovery", float(moved_at))
        health.look(moved_at + 24.0)
        assert still(worker, health, moved_at + 24.0) == []
        assert health.not_ready() == "partitions not recovered yet: 0"


def test_borders_that_do_not_get_published_are_named() -> None:
    worker = Worker()
    health = Health(worker, 100.0)
    health.look(200.0)
    worker.publishing = 200.0
    assert still(worker, health, 229.0) == []
    assert still(worker, health, 230.0) == [(None, "the publication of borders", 200.0)]
    worker.publishing = None
    assert still(worker, health, 231.0) == []


def test_one_partition_that_stands_still_is_named_beside_others_that_move() -> None:
    worker = Worker()
    worker.doors = {0: Waiting("commit", 990.0), 1: Waiting("commit", 900.0), 2: Waiting(None, 0.0)}
    health = Health(worker, 100.0)
    health.look(995.0)
    assert still(worker, health, 1_000.0) == [(1, "commit", 900.0)]


def test_a_partition_given_back_and_taken_again_begins_anew() -> None:
    worker = Worker()
    health = Health(worker, 100.0)
    worker.doors[0] = Waiting("commit", 100.0)
    health.look(110.0)
    worker.doors = {}
    health.look(200.0)
    worker.doors = {0: Waiting("recovery", 200.5)}
    health.look(201.0)
    assert still(worker, health, 230.0) == []


def test_a_log_that_does_not_answer_is_named() -> None:
    worker = Worker()
    health = Health(worker, 100.0)
    health.look(130.0)
    found = health.standing_still(130.0)
    assert [(one.partition, one.what, one.since) for one in found] == [
        (None, "an answer of the log", 100.0)
    ]
    assert found[0].as_json(130.0) == {
        "partition": None, "waits_for": "an answer of the log", "seconds": 30.0,
    }  # fmt: skip


def test_a_group_that_assigns_nothing_is_given_two_minutes() -> None:
    worker = Worker()
    worker.ours, worker.doors = None, {}
    health = Health(worker, 100.0)
    health.look(100.0 + GROUP_SECONDS - 1)
    assert still(worker, health, 100.0 + GROUP_SECONDS - 1) == []
    assert still(worker, health, 100.0 + GROUP_SECONDS) == [(None, "the group's assignment", 100.0)]


def test_a_worker_is_ready_when_all_that_is_assigned_is_consumed() -> None:
    worker = Worker()
    worker.ours = frozenset({0, 1, 2})
    health = Health(worker, 100.0)
    assert health.not_ready() == "partitions not recovered yet: 1, 2"
    worker.recovered = frozenset({0, 1, 2})
    assert health.not_ready() is None


def test_a_worker_is_not_ready_before_the_group_has_assigned_anything() -> None:
    worker = Worker()
    worker.ours = None
    assert Health(worker, 100.0).not_ready() == "the group has not assigned partitions yet"


def test_a_worker_for_whom_no_partition_is_left_is_ready() -> None:
    worker = Worker()
    worker.ours, worker.recovered, worker.doors = frozenset(), frozenset(), {}
    assert Health(worker, 100.0).not_ready() is None
