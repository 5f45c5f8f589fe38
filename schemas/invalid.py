"""Why a record can't be used: the one catalogue of codes, and the exception that carries one."""

from __future__ import annotations

CODES: dict[str, str] = {
    "no_key": "The record has no key. Send it again with customer_id as its key.",
    "key_mismatch": "The record's key is not its customer_id. Send it again under its customer_id,"
    " as plain UTF-8 text without quotes.",
    "wrong_partition": "The record lies in another partition than murmur2 of its key gives. Set"
    " the producer's partitioner to murmur2 (librdkafka: partitioner=murmur2_random).",
    "tombstone": "The value is null where an event is expected. Only customers takes tombstones.",
    "not_utf8": "The value, or the key of a tombstone, is not UTF-8. Encode it as UTF-8.",
    "not_json": "The value is not JSON. Send one whole JSON object, without a byte order mark.",
    "lone_surrogate": "A string holds half a surrogate pair (such as \\ud800), so it is no"
    " Unicode text. Write the whole character.",
    "too_deep": "The value nests arrays and objects too deeply. Flatten it.",
    "not_an_object": "The value is JSON, but no object. Send an object with the event's fields;"
    " to erase a customer send a null value, not the JSON text null.",
    "missing_field": "A required field is absent or null. Add it.",
    "wrong_type": "A field has another JSON type than expected (numbers are whole, without"
    " fraction, exponent or quotes). Send the type named in the reason.",
    "bad_identifier": "An identifier is empty or longer than 128 characters. Shorten or give it.",
    "out_of_range": "A number lies outside its range. Correct it; money is in minor units.",
    "bad_value": "A word is none of those allowed for its field. Use one of those in the reason.",
    "naive_time": "A time has no offset. Add Z or an offset such as +08:00.",
    "bad_time": "A time is not RFC 3339, does not exist, or lies outside the years 2 to 9998."
    " Write it like 2026-11-21T10:00:00+08:00.",
    "future": "A time lies more than 24 h ahead of the wall clock. Correct the sender's clock; if"
    " the time is right, send the record again when it has come nearer.",
    "impossible_day": "month and day name no day of the year. Correct them.",
    "bad_currency": "currency is not three capital letters. Use the ISO 4217 code.",
    "sum_overflow": "The sums of this customer would pass 2^62 minor units. Check the amount.",
    "too_large": "So many follow-ups and complaints of this customer are kept that no more fit"
    " (1 MB). Call them, close complaints (they go when their last step leaves the window), or tell"
    " apart customers who share an id; then send the record again.",
    "unknown_currency": "There is no rate for this currency. Add it to [rates] of the rules file,"
    " restart, and send the record again.",
}
"""Code -> what it means and how to mend it. Mistakes mended differently have different codes."""

_SHOWN = 60


class InvalidRecord(Exception):  # noqa: N818 - a fact about a record, not a failure of ours
    """A record that can't be used: `code`, a key of CODES, and `reason`, a sentence."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


def shown(text: str) -> str:
    """`text` quoted, what can't be printed escaped, cut to some 60 characters."""
    return repr(shortened(text))


def shortened(text: str) -> str:
    """`text` cut to some 60 characters, so that a reason stays a sentence."""
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
