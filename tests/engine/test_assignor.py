"""Partitions are shared out fairly, stay where they can, and go to who has a copy."""

from __future__ import annotations

from itertools import combinations

from faust.assignor import partition_assignor
from faust.assignor.client_assignment import CopartitionedAssignment
from hypothesis import given
from hypothesis import strategies as st

from streams.engine.assignor import Share, install, shared_out

SETS = st.sets(st.integers(0, 11))
SHARES = st.builds(Share, SETS, SETS)
WORKERS = st.dictionaries(st.sampled_from("abcdef"), SHARES, min_size=1)


def within(partitions: int, before: dict[str, Share]) -> dict[str, Share]:
    numbers = set(range(partitions))
    return {name: Share(b.owned & numbers, b.copied & numbers) for name, b in before.items()}


@given(st.integers(1, 12), st.integers(0, 3), WORKERS)
def test_every_partition_has_one_owner_and_its_copies_elsewhere_and_all_is_fair(
    partitions: int, copies: int, before: dict[str, Share]
) -> None:
    copies = min(copies, len(before) - 1)
    shares = shared_out(partitions, copies, within(partitions, before))
    assert shares.keys() == before.keys()
    owned = sorted(number for share in shares.values() for number in share.owned)
    copied = sorted(number for share in shares.values() for number in share.copied)
    assert owned == list(range(partitions))
    assert copied == sorted(list(range(partitions)) * copies)
    assert not any(share.owned & share.copied for share in shares.values())
    sizes = [len(share.owned) for share in shares.values()]
    assert max(sizes) - min(sizes) <= 1


@given(st.integers(1, 12), st.integers(0, 3), WORKERS)
def test_who_owns_a_fair_share_keeps_it(
    partitions: int, copies: int, before: dict[str, Share]
) -> None:
    copies = min(copies, len(before) - 1)
    shares = shared_out(partitions, copies, within(partitions, before))
    after = shared_out(partitions, copies, shares)
    assert [one.owned for one in after.values()] == [one.owned for one in shares.values()]


@given(st.integers(1, 12), st.integers(2, 6))
def test_who_stays_keeps_what_it_owned_when_another_goes(partitions: int, workers: int) -> None:
    shares = shared_out(partitions, 1, {name: Share() for name in "abcdef"[:workers]})
    for gone in shares:
        left = {name: share for name, share in shares.items() if name != gone}
        after = shared_out(partitions, 1 if len(left) > 1 else 0, left)
        assert all(left[name].owned <= after[name].owned for name in left)


def test_what_a_worker_that_goes_leaves_is_taken_over_by_those_who_have_copies() -> None:
    before = {"a": Share({0, 1}, {3}), "c": Share({4, 5}, {2})}  # b had 2 and 3
    after = shared_out(6, 1, before)
    assert (after["a"].owned, after["c"].owned) == ({0, 1, 3}, {2, 4, 5})


def test_a_worker_that_joins_gets_its_share_and_the_copy_stays_where_a_store_is() -> None:
    before = {"a": Share({0, 1}, {2, 3}), "b": Share({2, 3}, {0, 1}), "new": Share()}
    after = shared_out(4, 1, before)
    assert sorted(len(share.owned) for share in after.values()) == [1, 1, 2]
    assert after["new"].owned <= after["a"].copied | after["b"].copied


def test_what_is_given_up_is_what_the_other_has_a_copy_of() -> None:
    before = {"a": Share({0, 1, 2, 3}, set()), "b": Share(set(), {0, 2})}
    after = shared_out(4, 1, before)
    assert (after["a"].owned, after["b"].owned) == ({1, 3}, {0, 2})
    assert (after["a"].copied, after["b"].copied) == ({0, 2}, {1, 3})


def test_of_two_who_think_they_own_a_partition_one_does() -> None:
    after = shared_out(2, 1, {"a": Share({0, 1}, set()), "b": Share({0, 1}, set())})
    (a, b) = (after["a"].owned, after["b"].owned)
    assert not a & b
    assert a | b == {0, 1}


def test_faust_shares_out_by_this_rule() -> None:
    install()
    had = {
        name: CopartitionedAssignment(owned, copied, {"orders"})
        for name, owned, copied in (
            ("a", {0, 1}, {2, 3}),
            ("b", {2, 3}, {0, 1}),
            ("new", set(), set()),
        )
    }
    found = partition_assignor.CopartitionedAssignor({"orders"}, had, 4, 1).get_assignment()
    assert sorted(len(one.actives) for one in found.values()) == [1, 1, 2]
    for one, other in combinations(found.values(), 2):
        assert not set(one.actives) & set(other.actives)
