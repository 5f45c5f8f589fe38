"""The same events in another order of arrival, keeping the order that has a meaning."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from hypothesis import strategies as st

from tests.oracle.actions import Emitted
from tests.oracle.records import CUSTOMERS
from tests.oracle.strategies import Stream


@st.composite
def arrivals(draw: st.DrawFn, stream: Stream) -> Stream:
    """Another order of arrival of `stream`, with the same tables at the end.

    Kept in their order are a customer's files, and everything of a customer who is erased.
    Raises ValueError for a stream with repeats: which of two records with one id is the first,
    and how long it is remembered, does depend on the order.

    What depends on the order all the same, where events lie further apart than the window, is
    what comes of days let go: first and last order day, recency, usual gap, R, stage. What is
    said of silence depends on the order always.
    """
    named = [(one.sent.topic, one.customer, one.event) for one in stream.emitted if one.event]
    if len(set(named)) < len(named):
        raise ValueError("a stream with repeats can't be reordered: draw it with repeats=False")
    chains = _chains(stream.emitted)
    turns = draw(st.permutations([n for n, chain in enumerate(chains) for _ in chain]))
    left = [iter(chain) for chain in chains]
    return replace(stream, emitted=tuple(next(left[turn]) for turn in turns))


def _chains(emitted: Iterable[Emitted]) -> list[list[Emitted]]:
    """The records, in lists that keep their order each."""
    emitted = list(emitted)
    erased = {one.customer for one in emitted if _is_file(one) and one.sent.value is None}
    chains: defaultdict[object, list[Emitted]] = defaultdict(list)
    for number, one in enumerate(emitted):
        tied = one.customer in erased or _is_file(one)
        chains[one.customer if tied else number].append(one)
    return list(chains.values())


def _is_file(one: Emitted) -> bool:
    return one.sent.topic == CUSTOMERS and one.customer is not None
