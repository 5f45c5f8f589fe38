"""Puts a dead letter right: changed fields, another key, or the letter edited by hand."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from schemas.dead_letters import original
from schemas.outputs import DeadLetter
from streams.commands.command import CommandError, utf8
from streams.commands.sources import opened
from streams.engine.records import Write

RESENT_FROM = "tierstream_resent_from"
"""Header of a record that was sent again: the event_id of its dead letter."""


def assignment(text: str) -> tuple[str, Any]:
    """FIELD=VALUE; a value that is no JSON is text."""
    field, equals, value = utf8(text).partition("=")
    if not field or not equals:
        raise ArgumentTypeError(f"must be FIELD=VALUE, got {text!r}")
    try:
        return field, msgspec.json.decode(value)
    except msgspec.MsgspecError:
        return field, value


def edited(path: str) -> dict[str, DeadLetter]:
    """The letters in a file as `dead-letters list --format ndjson` prints it, by event_id.

    A value may be the text of the original or, easier to edit, a JSON object.
    """
    return {letter.event_id: letter for letter in _edited(path)}


def _edited(path: str) -> Iterator[DeadLetter]:
    with opened(path) as source:
        for number, line in source.lines:
            try:
                fields = msgspec.json.decode(line, type=dict[str, Any])
                value = fields.get("value")
                if value is not None and not isinstance(value, str):
                    fields["value"] = msgspec.json.encode(value).decode()
                    fields["encoding"] = "text"
                yield msgspec.convert(fields, DeadLetter)
            except msgspec.MsgspecError as error:
                raise CommandError(
                    f"{source.name}, line {number} is no line of "
                    f"dead-letters list --format ndjson: {error}"
                ) from None


def put_right(
    letter: DeadLetter, changes: Mapping[str, Any], key: str | None, *, keyed: bool = True
) -> Write:
    """The record to send: the original with `changes` in its value, under `key`.

    Without a key it is sent under the value's customer_id, else under its own. A record with a
    key goes where Kafka's default partitioner sends it, one without to its old partition; so
    does every record of a topic that is not `keyed` (clock). Raises CommandError.
    """
    try:
        record = original(letter)
    except ValueError as error:
        raise CommandError(f"{letter.event_id} is not base64 as it says: {error}") from None
    fields = _fields(record.value)
    value = record.value
    if changes:
        if fields is None:
            raise CommandError(
                f"the value of {letter.event_id} is no JSON object, so --set can't change it; "
                "edit it with --file"
            )
        fields = {**fields, **changes}
        value = msgspec.json.encode(fields)
    sent_key = _key(key, fields, record.key) if keyed else record.key
    headers = [(name, raw or b"") for name, raw in record.headers if name != RESENT_FROM]
    headers.append((RESENT_FROM, letter.event_id.encode()))
    partition = None if keyed and sent_key is not None else letter.partition
    return Write(letter.topic, partition, sent_key, value, headers)


def _fields(value: bytes | None) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(value or b"", type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def _key(given: str | None, fields: Mapping[str, Any] | None, own: bytes | None) -> bytes | None:
    customer_id = given if given is not None else (fields or {}).get("customer_id")
    return customer_id.encode() if isinstance(customer_id, str) else own
