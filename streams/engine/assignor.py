"""Who owns which partitions and who keeps copies of which, as the group's leader works it out.

Faust's own rule leaves a worker that joins idle where there are standbys: partitions stay with
their owners as long as none has more than the average, rounded up. This one is fair first, then
lazy: within fair shares partitions stay, and those that move go to who has a copy.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field

from faust.assignor import partition_assignor
from faust.assignor.client_assignment import CopartitionedAssignment
from faust.assignor.copartitioned_assignor import CopartitionedAssignor


@dataclass(slots=True)
class Share:
    """The partitions that a worker owns, and those that it keeps copies of."""

    owned: set[int] = field(default_factory=set)
    copied: set[int] = field(default_factory=set)


def shared_out(partitions: int, copies: int, before: Mapping[str, Share]) -> dict[str, Share]:
    """What each worker (by name) is to have, given what it had. Nobody owns more than one
    partition more than another; each has so many `copies` (fewer than workers), none with its
    owner."""
    shares = {name: Share() for name in before}
    room = _quotas(partitions, before)
    _keep(before, shares, room)
    _place(partitions, before, shares, room)
    _copy(partitions, copies, before, shares)
    return shares


def _quotas(partitions: int, before: Mapping[str, Share]) -> dict[str, int]:
    """Fair numbers; where they don't come out even, who had most gets one more."""
    least, more = divmod(partitions, len(before))
    names = sorted(before, key=lambda name: (-len(before[name].owned), name))
    return {name: least + (place < more) for place, name in enumerate(names)}


def _keep(before: Mapping[str, Share], shares: dict[str, Share], room: dict[str, int]) -> None:
    """Owners keep what they had, up to their quotas; they give up first what others, who want
    for some, have copies of."""
    taken = set[int]()
    for name, had in before.items():
        wanting = [b for other, b in before.items() if len(b.owned) < room[other]]
        copied = set[int]().union(*(other.copied for other in wanting))
        held = sorted(had.owned - taken, key=lambda number: (number in copied, number))
        shares[name].owned.update(held[: room[name]])
        taken |= shares[name].owned
    for name, share in shares.items():
        room[name] -= len(share.owned)


def _place(
    partitions: int, before: Mapping[str, Share], shares: dict[str, Share], room: dict[str, int]
) -> None:
    """What nobody owns goes to who has a copy and room for it, or else to who has most room."""
    left = set(range(partitions)).difference(*(share.owned for share in shares.values()))
    for copied in (True, False):
        for number in sorted(left):
            names = [n for n, b in before.items() if room[n] and copied <= (number in b.copied)]
            if names:
                name = max(names, key=lambda name: room[name])
                shares[name].owned.add(number)
                room[name] -= 1
                left.discard(number)


def _copy(
    partitions: int, copies: int, before: Mapping[str, Share], shares: dict[str, Share]
) -> None:
    """Copies stay, and owners of before keep one, as far as that is fair; the others go to who
    has fewest."""
    most = -(-partitions * copies // len(shares))
    for number in range(partitions):
        others = [name for name, share in shares.items() if number not in share.owned]
        have = [n for n in others if number in before[n].copied | before[n].owned]
        fair = [name for name in have if len(shares[name].copied) < most]
        _add(number, shares, fair[:copies])
    for number in range(partitions):
        without = [n for n, s in shares.items() if number not in s.owned | s.copied]
        missing = copies - (len(shares) - 1 - len(without))
        fewest = sorted(without, key=lambda name: len(shares[name].copied))
        _add(number, shares, fewest[:missing])


def _add(number: int, shares: dict[str, Share], names: Sequence[str]) -> None:
    for name in names:
        shares[name].copied.add(number)


class _FairAssignor(CopartitionedAssignor):
    """The rule as Faust asks for it, for topics with the same number of partitions."""

    def get_assignment(self) -> MutableMapping[str, CopartitionedAssignment]:
        members: MutableMapping[str, CopartitionedAssignment] = self._client_assignments
        before = {name: Share({*one.actives}, {*one.standbys}) for name, one in members.items()}
        for name, share in shared_out(self.num_partitions, self.replicas, before).items():
            members[name].actives, members[name].standbys = share.owned, share.copied
        return members


def install() -> None:
    """Faust has no setting for it: in this process its own rule is replaced."""
    partition_assignor.CopartitionedAssignor = _FairAssignor
