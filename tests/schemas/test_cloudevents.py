"""The envelope of what is said: headers of CloudEvents."""

from __future__ import annotations

from datetime import timedelta, timezone

from schemas.cloudevents import constant_headers, headers_of, source_of, type_of
from tests.schemas.said import AT, ERASED, TIER_CHANGE


def test_the_envelope_is_that_of_cloudevents_in_binary_mode() -> None:
    china = timezone(timedelta(hours=8))
    headers = headers_of(
        TIER_CHANGE, constant_headers(type_of("tier-changes"), source_of("shop", 3)), AT
    )
    assert headers == (
        ("ce_specversion", b"1.0"),
        ("ce_type", b"tierstream.tier-changes"),
        ("ce_source", b"tierstream/shop/3"),
        ("ce_id", b"orders-0-7"),
        ("ce_time", b"2026-11-21T02:00:00Z"),
    )
    local = headers_of(ERASED, constant_headers("t", "s"), AT.astimezone(china))
    assert dict(local)["ce_time"] == b"2026-11-21T10:00:00+08:00"


def test_without_a_time_the_envelope_has_none() -> None:
    assert "ce_time" not in dict(headers_of(ERASED, constant_headers("t", "s"), None))
