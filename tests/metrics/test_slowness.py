"""The log names what is slow, with the number, and not again every second."""

from __future__ import annotations

import logging

import pytest

from streams.metrics.health import Still
from streams.metrics.slowness import AGAIN_SECONDS, Reading, Slowness


class Worker:
    """A worker that gets on with everything."""

    def __init__(self) -> None:
        self.commit = 0.0
        self.still: dict[int, Still] = {}
        self.reading: dict[int, Reading] = {}
        self.pending: dict[int, dict[str, float]] = {}
        self.told_at, self.error = 0.0, ""
        self.records = 0
        self.ages: dict[int, float] = {}

    def slowest_commit(self) -> float:
        return self.commit

    def stalls(self) -> dict[int, Still]:
        return self.still

    def recoveries(self) -> dict[int, Reading]:
        return self.reading

    def chores(self) -> dict[int, dict[str, float]]:
        return self.pending

    def log_told_at(self) -> float:
        return self.told_at

    def log_error(self) -> str:
        return self.error

    def unread(self) -> int:
        return self.records

    def redis(self) -> dict[int, float]:
        return self.ages


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
def slowness(worker: Worker) -> Slowness:
    return Slowness(worker)


def said(worker: Worker, slowness: Slowness, now: float) -> list[str]:
    """Where the log answers at every look."""
    worker.told_at = now
    return slowness.sentences(now)


def test_a_worker_that_gets_on_says_nothing(worker: Worker, slowness: Slowness) -> None:
    worker.commit, worker.records, worker.ages = 1.9, 9_999, {0: 9.9, 1: 0.1}
    worker.still = {0: Still(0, "batches", 0.5)}
    worker.pending = {0: {"moved borders": 0.0, "standings": 0.0}}
    for second in range(5):
        assert said(worker, slowness, float(second)) == []


def test_a_slow_commit_is_named_with_its_seconds(worker: Worker, slowness: Slowness) -> None:
    worker.commit = 2.34
    assert said(worker, slowness, 10.0) == ["a commit took 2.3 s"]


def test_the_same_thing_is_named_again_only_after_a_while(
    worker: Worker, slowness: Slowness
) -> None:
    worker.commit = 3.0
    assert said(worker, slowness, 10.0) == ["a commit took 3.0 s"]
    for second in range(11, 40):
        assert said(worker, slowness, float(second)) == []
    assert said(worker, slowness, 10.0 + AGAIN_SECONDS) == ["a commit took 3.0 s"]


def test_another_thing_is_named_at_once(worker: Worker, slowness: Slowness) -> None:
    worker.commit = 3.0
    said(worker, slowness, 10.0)
    worker.ages = {0: 11.0}
    assert said(worker, slowness, 11.0) == ["what Redis shows of partition 0 is 11 s old"]


def test_of_several_partitions_the_worst_is_named(worker: Worker, slowness: Slowness) -> None:
    worker.still = {0: Still(0, "batches", 94.0), 1: Still(1, "commit", 90.0)}
    worker.ages = {2: 12.0, 3: 70.0}
    assert said(worker, slowness, 100.0) == [
        "partition 1 has got no further for 10 s: commit",
        "what Redis shows of partition 3 is 70 s old",
    ]


def test_a_recovery_that_goes_on_is_named_with_what_it_has_read(
    worker: Worker, slowness: Slowness
) -> None:
    worker.reading = {3: Reading(100.0, 1_234_567)}
    worker.still = {3: Still(3, "recovery", 100.0)}
    assert said(worker, slowness, 109.0) == []
    assert said(worker, slowness, 112.0) == [
        "partition 3 has been recovering for 12 s: 1,234,567 records of its changelog read"
    ]


def test_a_chore_is_late_since_it_was_last_done(worker: Worker, slowness: Slowness) -> None:
    worker.pending = {0: {"moved borders": 95.0}, 1: {"moved borders": 97.0}}
    assert said(worker, slowness, 90.0) == []
    assert said(worker, slowness, 104.9) == []
    assert said(worker, slowness, 105.0) == ["moved borders of partition 0 have waited for 10 s"]


def test_a_chore_that_had_nothing_to_do_for_long_is_not_late_as_it_begins(
    worker: Worker, slowness: Slowness
) -> None:
    worker.pending = {0: {}}
    said(worker, slowness, 1000.0)
    worker.pending = {0: {"due days": 5.0}}
    assert said(worker, slowness, 1001.0) == []
    assert said(worker, slowness, 1030.9) == []
    assert said(worker, slowness, 1031.0) == ["due days of partition 0 have waited for 30 s"]


def test_a_log_that_does_not_answer_is_named_with_the_reason(
    worker: Worker, slowness: Slowness
) -> None:
    worker.told_at, worker.error = 100.0, "no answer within 5 s"
    assert slowness.sentences(104.0) == []
    assert slowness.sentences(107.0) == [
        "the log has not said for 7 s where inputs end: no answer within 5 s"
    ]


def test_a_backlog_is_named_with_how_fast_it_shrinks(worker: Worker, slowness: Slowness) -> None:
    worker.records = 1_200_000
    assert said(worker, slowness, 100.0) == []
    worker.records = 1_100_000
    assert said(worker, slowness, 110.0) == [
        "1,100,000 records wait to be read, 10,000 fewer with every second"
    ]
    worker.records = 1_160_000
    assert said(worker, slowness, 140.0) == [
        "1,160,000 records wait to be read, 2,000 more with every second"
    ]


def test_a_backlog_read_within_seconds_is_not_named(worker: Worker, slowness: Slowness) -> None:
    for now, records in ((100.0, 50_000), (105.0, 20_000), (109.0, 0), (110.0, 60_000)):
        worker.records = records
        assert said(worker, slowness, now) == []


def test_what_is_slow_goes_to_the_log_as_a_warning(
    worker: Worker, slowness: Slowness, caplog: pytest.LogCaptureFixture
) -> None:
    worker.commit = 3.0
    slowness.look(1.0)
    assert [(r.levelno, r.getMessage()) for r in caplog.records] == [
        (logging.WARNING, "a commit took 3.0 s")
    ]
