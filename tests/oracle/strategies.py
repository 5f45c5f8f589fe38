"""Hypothesis strategies: stories of a handful of customers as streams of input records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from tests.oracle.actions import (
    BEGINNING,
    FAULTS,
    LATEST,
    Action,
    Contacted,
    Emitted,
    FileSent,
    Habit,
    Moment,
    OrderPlaced,
    Passed,
    Repeated,
    Spoilt,
)
from tests.oracle.records import CALL_LOGS, COMPLAINTS, InputRecord
from tests.oracle.rule_sets import rule_sets
from tests.oracle.sending import lay

CUSTOMERS = ("ann", "bob", "cem", "dora", "émile", "冯")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@dataclass(frozen=True, slots=True)
class Stream:
    """A story's records in the order of processing. Every time lies before 2021.

    `rules` is a dict like the rules file; it goes to the oracle and to what is tested alike.
    """

    emitted: tuple[Emitted, ...]
    partitions: int
    rules: dict[str, Any]

    @property
    def records(self) -> list[InputRecord]:
        return lay([one.sent for one in self.emitted], self.partitions)


@st.composite
def streams(
    draw: st.DrawFn,
    *,
    rules: st.SearchStrategy[dict[str, Any]] | None = None,
    customers: Sequence[str] = CUSTOMERS,
    max_actions: int = 40,
    span_days: int | None = None,
    repeats: bool = True,
    erasures: bool = True,
    faults: bool = True,
) -> Stream:
    """Streams of up to `max_actions` actions.

    `span_days`: no two events are further apart than so many days (None: up to twenty years).
    """
    chosen = draw(rules if rules is not None else rule_sets())
    most = {"repeats": repeats, "erasures": erasures, "faults": faults}
    cast = customers[: draw(st.integers(1, len(customers)))]
    action = actions(cast, sorted(chosen["rates"]), span_days=span_days, **most)
    least = draw(st.sampled_from([0, max_actions // 4, max_actions // 2]))
    told = draw(st.lists(action, min_size=least, max_size=max_actions))
    return Stream(_emit(told, span_days), draw(st.integers(1, 4)), chosen)


def actions(
    customers: Sequence[str],
    currencies: Sequence[str],
    *,
    span_days: int | None = None,
    repeats: bool = True,
    erasures: bool = True,
    faults: bool = True,
) -> st.SearchStrategy[Action]:
    """One step of a story; orders and the passing of time come up most often."""
    who = st.sampled_from(customers)
    topics = st.sampled_from([CALL_LOGS, COMPLAINTS])
    choices: list[st.SearchStrategy[Action]] = [
        *[_orders(who, currencies, span_days)] * 8,
        *[_passing()] * 6,
        *[_habits(who, span_days)] * 2,
        st.builds(Contacted, who, topics, _seconds(span_days)),
        st.builds(FileSent, who, st.none() | st.booleans()),
    ]
    if repeats:
        choices.append(st.builds(Repeated, st.integers(1, 20)))
    if erasures:
        choices.append(st.builds(FileSent, who, erased=st.just(True)))
    if faults:
        choices.append(st.builds(Spoilt, who, st.sampled_from(FAULTS)))
    # A choice by number: one_of would weigh equal alternatives once.
    return st.integers(0, len(choices) - 1).flatmap(choices.__getitem__)


def amounts() -> st.SearchStrategy[int]:
    """Mostly small and round, so that ties happen; now and then large."""
    ties = st.integers(0, 5).map(lambda n: n * 100)
    around_12_bits = st.integers(4090, 4110) | st.integers(8185, 8200)
    return st.one_of(ties, ties, ties, around_12_bits, st.integers(0, 10**6), st.just(10**15))


def _orders(
    who: st.SearchStrategy[str], currencies: Sequence[str], span_days: int | None
) -> st.SearchStrategy[Action]:
    return st.builds(
        OrderPlaced,
        who,
        amounts(),
        cost=st.none() | amounts(),
        currency=st.sampled_from([None, None, *currencies]),
        late_s=_seconds(span_days),
        offset_h=st.sampled_from([0, 8, -5]),
        correction=st.sampled_from([None, None, "cancelled", "returned"]),
        delay=st.integers(-6, 12),
    )


def _habits(who: st.SearchStrategy[str], span_days: int | None) -> st.SearchStrategy[Action]:
    longest = 60 if span_days is None else max(span_days // 10, 1)
    gaps = st.integers(1, longest).map(lambda days: days * _DAY)
    return st.builds(Habit, who, amounts(), gaps, st.integers(3, 5))


def _seconds(span_days: int | None) -> st.SearchStrategy[int]:
    """How late an event is: mostly not at all, else hours, days, years."""
    far = 3 * 365 if span_days is None else span_days // 2
    return st.one_of(
        st.just(0),
        st.just(0),
        st.integers(1, 24).map(lambda n: n * _HOUR),
        st.integers(1, min(60, far)).map(lambda n: n * _DAY),
        st.integers(1, far).map(lambda n: n * _DAY),
    )


def _passing() -> st.SearchStrategy[Action]:
    """Seconds to years; every other time with a tick, now and then to one partition alone."""
    seconds = st.one_of(
        st.integers(0, _MINUTE),
        st.integers(1, 48).map(lambda n: n * _HOUR),
        st.integers(1, 40).map(lambda n: n * _DAY),
        st.integers(1, 3 * 365).map(lambda n: n * _DAY),
    )
    return st.builds(Passed, seconds, st.booleans(), st.none() | st.integers(0, 3))


def _emit(told: Sequence[Action], span_days: int | None) -> tuple[Emitted, ...]:
    """The story told: its records in the order in which they are sent."""
    late_too = timedelta(days=span_days / 2) if span_days is not None else LATEST - BEGINNING
    now, latest = BEGINNING, min(BEGINNING + late_too, LATEST)
    emitted: list[Emitted] = []
    repeats: list[tuple[int, int]] = []
    for position, action in enumerate(told):
        if isinstance(action, Passed):
            now = min(now + timedelta(seconds=action.seconds), latest)
        elif isinstance(action, Repeated):
            repeats.append((position, action.back))
        emitted.extend(action.emit(Moment(position, now)))
    return _with_repeats(sorted(emitted, key=lambda one: one.position), repeats)


def _with_repeats(
    emitted: Sequence[Emitted], repeats: Sequence[tuple[int, int]]
) -> tuple[Emitted, ...]:
    """Each repeat, at its position, of the record sent so many records before."""
    again: list[Emitted] = []
    for position, back in repeats:
        before = [one for one in emitted if one.position <= position and one.event is not None]
        again.extend(replace(one, position=position) for one in before[-back:][:1])
    return tuple(sorted([*emitted, *again], key=lambda one: one.position))
