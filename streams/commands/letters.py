"""Dead letters, and which of them were sent again.

That a letter was sent again is noted in the topic dead-letters-resent: key the letter's event_id
(topic/partition/offset of the record that could not be used), value `{"at": time}`.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from datetime import UTC, datetime

import msgspec

from schemas.outputs import DeadLetter
from streams.commands.command import CommandError
from streams.engine.log import LogClient
from streams.engine.records import Write
from streams.settings import Settings
from streams.topics import DEAD_LETTERS, DEAD_LETTERS_RESENT


class _Note(msgspec.Struct):
    at: datetime


def letters(client: LogClient, settings: Settings) -> Iterator[DeadLetter]:
    """Every dead letter, in the order of its partition."""
    decode = msgspec.json.Decoder(DeadLetter).decode
    for partition, record in client.read(settings.topic(DEAD_LETTERS)):
        try:
            yield decode(record.value or b"")
        except msgspec.MsgspecError as error:
            raise CommandError(
                f"the record at partition {partition}, offset {record.offset} of "
                f"{settings.topic(DEAD_LETTERS)} is no dead letter ({error}); "
                "tierstream dump dead-letters shows it"
            ) from None


def resent(client: LogClient, settings: Settings) -> dict[str, datetime]:
    """event_id of each letter that was sent again -> when that was."""
    return {
        record.key.decode(): msgspec.json.decode(record.value, type=_Note).at
        for _, record in client.read(settings.topic(DEAD_LETTERS_RESENT))
        if record.key is not None and record.value is not None
    }


def note(letter: DeadLetter, settings: Settings) -> Write:
    """The record that says: this letter was sent again, now."""
    value = msgspec.json.encode(_Note(datetime.now(UTC)))
    return Write(settings.topic(DEAD_LETTERS_RESENT), 0, letter.event_id.encode(), value)


def wanted(
    codes: Container[str] | None, ids: Container[str] | None, done: Container[str]
) -> Callable[[DeadLetter], bool]:
    """Whether a letter was asked for: by id, else all that are not in `done`; by code."""

    def is_wanted(letter: DeadLetter) -> bool:
        if codes is not None and letter.code not in codes:
            return False
        return letter.event_id not in done if ids is None else letter.event_id in ids

    return is_wanted
