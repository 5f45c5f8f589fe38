"""Bits of JSON that nobody sends in good faith, and some that only look so."""

from __future__ import annotations

import json
from random import Random

NUMBERS = (
    "0", "-0", "-1", "1", "0.0", "-0.0", "1.0", "1e2", "1E400", "-1e400", "1e-400", "1e15", "00",
    "01", "+1", "1.", ".5", "0x10", "1_000", "NaN", "Infinity", "-Infinity", "1000000000000000",
    "1000000000000001", "9007199254740993", "9223372036854775807", "9223372036854775808",
    "18446744073709551615", "18446744073709551616", "-9223372036854775809", "4611686018427387904",
    "1e309", "5e-324", "3.141592653589793238462643383279", "１２３",
)  # fmt: skip

TIMES = (
    "2025-06-30T23:59:60Z", "2025-06-30T23:59:61Z", "2025-12-31T24:00:00Z", "2025-02-29T00:00:00Z",
    "2024-02-29T00:00:00Z", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59",
    "0002-01-01T00:00:00Z", "0002-01-01T00:00:00+23:59", "1969-12-31T23:59:59.999999Z",
    "9998-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59", "10000-01-01T00:00:00Z",
    "+002025-06-30T00:00:00Z", "-2025-06-30T00:00:00Z", "2025-06-30T00:00:00+99:99",
    "2025-06-30T00:00:00+24:00", "2025-06-30T00:00:00-23:59", "2025-06-30T00:00:00+00:60",
    "2025-06-30T00:00:00-00:00", "2025-06-30T00:00:00+0800", "2025-06-30T00:00:00+08",
    "2025-06-30T00:00:00", "2025-06-30", "2025-06-30 00:00:00Z", "2025-06-30t00:00:00z",
    "2025-06-30T00:00Z", "2025-06-30T00:00:00.Z", "2025-06-30T00:00:00.1234567890123456789Z",
    "2025-06-30T23:59:59.9999999Z", "2025-06-30T00:00:00,5Z", "2025-13-01T00:00:00Z",
    "2025-00-01T00:00:00Z", "2025-06-31T00:00:00Z", "２０２５-06-30T00:00:00Z",
    "2025-06-30T00:00:00Z ", " 2025-06-30T00:00:00Z", "2025-06-30T00:00:00Z\x00",
    "20250630T000000Z",
    "2025-W26-1T00:00:00Z", "1751241600", "now", "", "2026-11-22T12:00:00Z", "2026-11-22T12:00:01Z",
    "2025-06-30T00:00:00+23:59",
)  # fmt: skip

#: Raw text of JSON strings, quotes included.
STRINGS = (
    '""', '" "', '"\\u0000"', '"\\ud800"', '"\\udfff\\ud800"', '"\\ud83d\\ude00"', '"😀"', '"é"',
    '"e\\u0301"', '"\\u202e"', '"\\ufeff"', '"\\ufffe"', '"\\uffff"', '"\\/"', '"\\x41"', '"\\u12"',
    '"\x00"', '"\x1b[2J"', '"\n"', '"\\n\\r\\t\\b\\f"', '"../../etc/passwd"', '"..\\\\..\\\\x"',
    '"/dev/null"', '"C:\\\\con"', '"tierstream-customers-changelog"', '"[bold]x[/]"', '"{0}{name}"',
    '"%s%n"', "\"'; DROP TABLE records;--\"", '"<script>alert(1)</script>"', '"\u2028"', '"null"',
    '"true"', '"1"', "'x'", '"', '"\\',
)  # fmt: skip

WORDS = ("null", "true", "false", "{}", "[]", "[[]]", "[null]", '{"a":1}', "undefined", "nul", "")

#: Bytes that are no UTF-8, or are not meant to come in it.
BYTES = (
    b"\x00", b"\xff", b"\x80", b"\xc0\x80", b"\xc1\xbf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf",
    b"\xed\xa0\x80", b"\xed\xa0\xbd\xed\xb8\x80", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80",
    b"\xe2\x82", b"\xef\xbb\xbf", b"\xfe\xff", b"\xff\xfe",
)  # fmt: skip

#: Bytes that mean something in JSON.
SIGNS = (
    b"", b"\x00", b"\x7f", b"\x1f", b"\\", b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\u",
    b"\\ud800", b"e", b"-", b".", b"9", b"null", b" ", b"\n", b"//", b"T", b"Z",
)  # fmt: skip

_HUGE = (300, 5_000, 70_000)
_DEPTHS = (2, 126, 127, 128, 129, 200, 1_000, 60_000)


def odd(chance: Random) -> str:
    """A value where none of its kind is expected, as JSON or nearly so."""
    return _ODD[chance.randrange(len(_ODD))](chance)


def odd_like(chance: Random, value: str) -> str:
    """A value to stand for `value`: half of the time of its own kind, else of any."""
    if chance.random() < 0.5:
        return odd(chance)
    if value[:3] in ('"20', '"00', '"19'):
        return f'"{chance.choice(TIMES)}"'
    return chance.choice(STRINGS if value.startswith('"') else NUMBERS)


def nested(chance: Random) -> str:
    """Arrays, objects or both inside each other: well closed, mostly."""
    depth = chance.choice(_DEPTHS)
    opening, closing = chance.choice((("[", "]"), ('{"a":', "}"), ('[{"b":', "}]")))
    closed = depth if chance.random() < 0.8 else chance.randrange(depth)
    return opening * depth + "1" + closing * closed


def _huge_number(chance: Random) -> str:
    digits = "9" * chance.choice(_HUGE)
    return chance.choice((digits, f"-{digits}", f"0.{digits}", f"1e{digits}", f"{digits}.0"))


def _huge_text(chance: Random) -> str:
    unit = chance.choice(("x", "客", "😀", "\\u5ba2", "\\\\", "[", "\\u0000"))
    return f'"{unit * chance.choice((127, 128, 129, *_HUGE))}"'


def _any_text(chance: Random) -> str:
    size = chance.randrange(1, 12)
    return json.dumps(
        "".join(chr(chance.randrange(0x110000)) for _ in range(size)),
        ensure_ascii=chance.random() < 0.5,
    )


_ODD = (
    lambda chance: chance.choice(NUMBERS),
    lambda chance: chance.choice(NUMBERS),
    lambda chance: f'"{chance.choice(TIMES)}"',
    lambda chance: f'"{chance.choice(TIMES)}"',
    lambda chance: chance.choice(STRINGS),
    lambda chance: chance.choice(STRINGS),
    lambda chance: chance.choice(WORDS),
    lambda chance: str(chance.randrange(-(10**17), 10**17)),
    _any_text,
    _any_text,
    lambda chance: nested(chance) if chance.random() < 0.1 else "[]",
    lambda chance: _huge_text(chance) if chance.random() < 0.2 else '"x"',
    lambda chance: _huge_number(chance) if chance.random() < 0.2 else "1",
)
