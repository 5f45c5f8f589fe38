"""What is one per partition: how far it is. Last record of every transaction in the changelog."""

from __future__ import annotations

import msgspec

from streams.domain.pyramid import NO_BORDERS, Borders
from streams.engine.log import LogError
from streams.engine.span import SCORE_LINES, TIER_LINES, Span, nowhere

VERSION = 3  # rises with that of customers' states, and with the indexes of the store


class MarkerVersionError(LogError):
    """The state was written by a newer version of the product."""


class Marker(msgspec.Struct):
    """How far a partition is. Kept in the store and in the changelog, in the same commit as
    what it speaks of."""

    state_id: str  # made when the partition's state began: a store of another one is not used
    partitions: int  # of the inputs, when the state began
    time_zone: str
    base_currency: str
    version: int = VERSION
    rank_by: str = "revenue"  # what the indexes of the store are made by
    rules: str = ""  # digest of the rules that every customer has been assessed by
    positions: dict[str, int] = {}  # input topic (full name) -> next offset
    began_us: int | None = None  # the first stream time that there was
    stream_time_us: int | None = None
    days_done: int | None = None  # what was due up to this day is done
    sequence: int = 0  # commits so far in which something was said that no record caused
    counts_version: int = 0  # of the counts published last
    tiers_applied: Borders = NO_BORDERS  # everybody's tier is by these borders
    scores_applied: Borders = NO_BORDERS  # everybody's scores are by these
    tiers_span: Span = msgspec.field(default_factory=lambda: nowhere(TIER_LINES))
    scores_span: Span = msgspec.field(default_factory=lambda: nowhere(SCORE_LINES))
    segments: bytes = b""  # of the table, see streams.engine.segments; b"": to be counted
    standings_offset: int = -1  # every standing up to this changelog offset has been sent
    trusting: bool = False  # whether producers' own partitioner has ever been trusted
    changelog_offset: int = -1  # of this marker; in the store alone


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Marker)


def encode_marker(marker: Marker) -> bytes:
    """The marker as MessagePack."""
    return _encoder.encode(marker)


def decode_marker(data: bytes) -> Marker:
    """The marker of `encode_marker`; MarkerVersionError where it is of a newer version. One of an
    older version becomes one of this: what is written with it from now on is."""
    version = version_of(data)
    if version > VERSION:
        raise MarkerVersionError(
            f"the state in the changelog has version {version}, this program knows {VERSION}: "
            "run the newer program again, nothing was changed"
        )
    marker = _decoder.decode(data)
    marker.trusting |= version < 2  # nobody took a note of it then
    marker.version = VERSION
    return marker


def version_of(marker: bytes) -> int:
    """The version of the program's layouts that an encoded marker was written in."""
    version: int = msgspec.msgpack.decode(marker).get("version", VERSION)
    return version
