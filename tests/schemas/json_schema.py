"""A small check of values against JSON Schema: as much of it as our own schemas use."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}
_KNOWN = {
    *("$schema", "$ref", "$defs", "title", "description", "default"),
    *("type", "enum", "const", "anyOf", "if", "then"),
    *("properties", "required", "additionalProperties"),
    *("items", "prefixItems", "minItems", "maxItems"),
    *("minimum", "maximum", "minLength", "maxLength", "pattern", "format"),
}


def holds(schema: dict[str, Any], value: Any, defs: dict[str, Any] | None = None) -> bool:
    """Whether `value` is as `schema` says. Raises where the schema uses what is unknown here."""
    assert schema.keys() <= _KNOWN, schema.keys() - _KNOWN
    defs = schema.get("$defs", defs or {})
    return (
        _ref_holds(schema, value, defs)
        and ("type" not in schema or _is_type(schema["type"], value))
        and ("enum" not in schema or value in schema["enum"])
        and ("const" not in schema or value == schema["const"])
        and ("anyOf" not in schema or any(holds(one, value, defs) for one in schema["anyOf"]))
        and ("if" not in schema or not holds(schema["if"], value) or holds(schema["then"], value))
        and (not isinstance(value, dict) or _object_holds(schema, value, defs))
        and (not isinstance(value, list) or _array_holds(schema, value, defs))
        and (not isinstance(value, str) or _string_holds(schema, value))
        and (not _is_type("number", value) or _number_holds(schema, value))
    )


def _ref_holds(schema: dict[str, Any], value: Any, defs: dict[str, Any]) -> bool:
    if "$ref" not in schema:
        return True
    return holds(defs[schema["$ref"].removeprefix("#/$defs/")], value, defs)


def _is_type(name: str, value: Any) -> bool:
    return isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def _object_holds(schema: dict[str, Any], value: dict[str, Any], defs: dict[str, Any]) -> bool:
    properties = schema.get("properties", {})
    others = schema.get("additionalProperties", {})
    return all(name in value for name in schema.get("required", ())) and all(
        holds(properties.get(name, others), one, defs) for name, one in value.items()
    )


def _array_holds(schema: dict[str, Any], value: list[Any], defs: dict[str, Any]) -> bool:
    first = schema.get("prefixItems", [])
    rest = schema.get("items", {})
    return (
        schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
        and all(holds(one, item, defs) for one, item in zip(first, value, strict=False))
        and (rest is not False or len(value) <= len(first))
        and (rest is False or all(holds(rest, item, defs) for item in value[len(first) :]))
    )


def _number_holds(schema: dict[str, Any], value: float) -> bool:
    return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))


def _string_holds(schema: dict[str, Any], value: str) -> bool:
    length = len(value)
    return (
        schema.get("minLength", 0) <= length <= schema.get("maxLength", length)
        and re.search(schema.get("pattern", ""), value) is not None
        and _is_format(schema.get("format"), value)
    )


def _is_format(name: str | None, value: str) -> bool:
    try:
        if name == "date-time":
            return datetime.fromisoformat(value).tzinfo is not None
        if name == "date":
            return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
    assert name is None, name
    return True
