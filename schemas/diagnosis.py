"""What is wrong with a value that would not decode: which code, which field, which value.

Slow, for bad records only. The rules are those of the types themselves (`msgspec.inspect`), so
that they are nowhere spelled twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, NoReturn

import msgspec
from msgspec import inspect

from schemas.fields import Time
from schemas.invalid import InvalidRecord, shortened, shown

_LONE_SURROGATE = re.compile(
    rb"(?:\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\[^u]|\\u(?![dD][89a-fA-F])|[^\\])*+\\u",
    re.DOTALL,
)


_type_info = cache(inspect.type_info)  # it takes longer than all else that is done for a bad record


class _Number(str):
    """A JSON number as it was written: no digit of it is lost, however many there are."""

    __slots__ = ()

    def is_whole(self) -> bool:
        return self.lstrip("-").isdigit()

    def lies_in(self, low: int | None, high: int | None) -> bool:
        value = int(self[:40])  # more digits than any bound has
        return (low is None or low <= value) and (high is None or value <= high)


class _Object(list[tuple[str, Any]]):
    """A JSON object as its pairs: the decoder checks every one of a repeated name."""


def diagnose(kind: type[msgspec.Struct], value: bytes, message: str) -> InvalidRecord:
    """Why `value` is no `kind`; `message` is what the decoder said."""
    try:
        found = json.loads(
            value.decode(),
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_refuse,
            object_pairs_hook=_Object,
        )
        _check_whole(kind, value, found)
    except InvalidRecord as mistake:
        return mistake
    except UnicodeDecodeError as error:
        return InvalidRecord("not_utf8", f"the value must be UTF-8, got {_around(value, error)}")
    except ValueError as error:
        return InvalidRecord(
            "not_json", f"the value must be JSON ({shortened(str(error))}), got {_text(value)}"
        )
    return InvalidRecord(
        "not_json", f"the value must be JSON ({shortened(message)}), got {_text(value)}"
    )


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _check_whole(kind: type[msgspec.Struct], value: bytes, found: Any) -> None:
    if _LONE_SURROGATE.match(value):
        raise InvalidRecord(
            "lone_surrogate", f"the value must have whole characters only, got {_text(value)}"
        )
    if not isinstance(found, _Object):
        raise InvalidRecord("not_an_object", f"the value must be an object, got {_shown(found)}")
    _check(_type_info(kind), found, "")


def _check(kind: Any, found: Any, path: str, code: str = "out_of_range") -> None:
    """Raises InvalidRecord where `found`, which lies at `path`, is not of `kind`."""
    if isinstance(kind, inspect.Metadata):
        _check(kind.type, found, path, (kind.extra or {}).get("code", code))
    elif isinstance(kind, inspect.UnionType):
        if found is not None:
            for one in kind.types:
                if not isinstance(one, inspect.NoneType):
                    _check(one, found, path)
    elif check := _CHECKS.get(type(kind)):
        check(kind, found, path, code)


def _check_struct(kind: inspect.StructType, found: Any, path: str, code: str) -> None:
    _expect(isinstance(found, _Object), "wrong_type", path, "be an object", found)
    for field in kind.fields:
        name = f"{path}.{field.encode_name}" if path else field.encode_name
        values = [value for key, value in found if key == field.encode_name]
        if field.required and (not values or None in values):
            got = "null" if values else "none"
            raise InvalidRecord("missing_field", f"{name} must be given, got {got}")
        for value in values:
            _check(field.type, value, name)


def _check_list(kind: inspect.ListType, found: Any, path: str, code: str) -> None:
    is_list = isinstance(found, list) and not isinstance(found, _Object)
    _expect(is_list, "wrong_type", path, "be a list", found)
    for index, item in enumerate(found):
        _check(kind.item_type, item, f"{path}[{index}]")


def _check_dict(kind: inspect.DictType, found: Any, path: str, code: str) -> None:
    _expect(isinstance(found, _Object), "wrong_type", path, "be an object", found)


def _check_int(kind: inspect.IntType, found: Any, path: str, code: str) -> None:
    is_whole = isinstance(found, _Number) and found.is_whole()
    must = f"be a whole number from {kind.ge} to {kind.le}"
    _expect(is_whole, "wrong_type", path, must, found)
    _expect(found.lies_in(kind.ge, kind.le), code, path, must, found)


def _check_str(kind: inspect.StrType, found: Any, path: str, code: str) -> None:
    _expect(_is_text(found), "wrong_type", path, "be a string", found)
    low, high = kind.min_length or 0, kind.max_length or len(found)
    must = f"have {low} to {high} characters" if low != high else f"have {low} characters"
    _expect(low <= len(found) <= high, code, path, must, found)


def _check_bool(kind: inspect.BoolType, found: Any, path: str, code: str) -> None:
    _expect(isinstance(found, bool), "wrong_type", path, "be true or false", found)


def _check_literal(kind: inspect.LiteralType, found: Any, path: str, code: str) -> None:
    must = f"be one of {', '.join(map(str, kind.values))}"
    _expect(_is_text(found), "wrong_type", path, must, found)
    _expect(found in kind.values, "bad_value", path, must, found)


def _check_time(kind: inspect.DateTimeType, found: Any, path: str, code: str) -> None:
    must = "be a time with an offset, such as 2026-11-21T10:00:00+08:00"
    _expect(_is_text(found), "wrong_type", path, must, found)
    naive = not _converts(found, Time) and _converts(found, datetime)
    _expect(not naive, "naive_time", path, must, found)
    _expect(_converts(found, Time), "bad_time", path, must, found)


_CHECKS: dict[type, Callable[[Any, Any, str, str], None]] = {
    inspect.StructType: _check_struct,
    inspect.ListType: _check_list,
    inspect.DictType: _check_dict,
    inspect.IntType: _check_int,
    inspect.StrType: _check_str,
    inspect.BoolType: _check_bool,
    inspect.LiteralType: _check_literal,
    inspect.DateTimeType: _check_time,
}


def _expect(holds: bool, code: str, path: str, must: str, found: Any) -> None:
    if not holds:
        raise InvalidRecord(code, f"{path} must {must}, got {_shown(found)}")


def _is_text(found: Any) -> bool:
    return isinstance(found, str) and not isinstance(found, _Number)


def _converts(text: str, kind: Any) -> bool:
    try:
        msgspec.convert(text, kind)
    except msgspec.ValidationError:
        return False
    return True


def _shown(found: Any) -> str:
    if isinstance(found, _Object):
        return "an object"
    if isinstance(found, list):
        return "a list"
    if isinstance(found, _Number):
        return shortened(found)
    return shown(found) if isinstance(found, str) else json.dumps(found)


def _text(value: bytes) -> str:
    return shown(value[:300].decode(errors="replace"))


def _around(value: bytes, error: UnicodeDecodeError) -> str:
    return f"{value[error.start : error.start + 8]!r} at byte {error.start}"
