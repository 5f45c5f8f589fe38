"""Nothing is silently lost: what can't be used is a dead letter, whole, and the stream goes on."""

from __future__ import annotations

import json
from base64 import b64decode
from collections import Counter
from typing import Any, NamedTuple

from tests.e2e.against_oracle import PARTITIONS
from tests.e2e.conftest import on_embedded, on_kafka
from tests.e2e.driver import Tierstream
from tests.oracle.murmur2 import partition_of
from tests.oracle.sending import Sent, complaint, order

DAY = "2021-03-01"


class Bad(NamedTuple):
    """A record as `replay --raw` takes it, and the code that it gets."""

    topic: str
    code: str
    key: str | None
    value: str | None
    partition: int | None = None

    @property
    def line(self) -> dict[str, Any]:
        record = {"key": self.key, "value": self.value, "headers": {"trace": "ä-1"}}
        return record if self.partition is None else {**record, "partition": self.partition}


def text(sent: Sent) -> str:
    assert sent.value is not None
    return sent.value.decode()


def an_order(customer: str, **fields: Any) -> str:
    """An order's value; a field given as ... is left out."""
    value = json.loads(text(order(customer, DAY)))
    return json.dumps({k: v for k, v in {**value, **fields}.items() if v is not ...})


def bad_orders() -> list[Bad]:
    """One for each mistake; the customer of each is named after it."""
    values = {
        "no JSON": ("not_json", "{"),
        "nothing": ("not_json", ""),
        "brackets": ("too_deep", "[" * 100_000),
        "a list": ("not_an_object", "[]"),
        "JSON null": ("not_an_object", "null"),
        "half a character": ("lone_surrogate", '{"customer_id": "\\ud800"}'),
        "tombstone": ("tombstone", None),
        "no amount": ("missing_field", an_order("no amount", amount=...)),
        "null amount": ("missing_field", an_order("null amount", amount=None)),
        "amount as text": ("wrong_type", an_order("amount as text", amount="12")),
        "a fraction": ("wrong_type", an_order("a fraction", amount=12.5)),
        "negative": ("out_of_range", an_order("negative", amount=-1)),
        "huge": ("out_of_range", an_order("huge", amount=10**15 + 1)),
        "beyond all": ("out_of_range", an_order("beyond all", amount=10**400)),
        "unheard of": ("bad_value", an_order("unheard of", type="sold")),
        "no id": ("bad_identifier", an_order("no id", event_id="")),
        "long id": ("bad_identifier", an_order("long id", order_id="x" * 129)),
        "naive": ("naive_time", an_order("naive", ordered_at="2021-03-01T10:00:00")),
        "impossible": ("bad_time", an_order("impossible", ordered_at="2021-02-30T10:00:00Z")),
        "in 2999": ("future", an_order("in 2999", ordered_at="2999-01-01T00:00:00Z")),
        "done in 2999": ("future", an_order("done in 2999", occurred_at="2999-01-01T00:00:00Z")),
        "no rate": ("unknown_currency", an_order("no rate", currency="XTS")),
        "no currency": ("bad_currency", an_order("no currency", currency="cny")),
    }
    bad = [Bad("orders", code, name, value) for name, (code, value) in values.items()]
    astray = (partition_of(b"astray", PARTITIONS) + 1) % PARTITIONS
    return [
        *bad,
        Bad("orders", "no_key", None, an_order("without a key")),
        Bad("orders", "key_mismatch", "another", an_order("one")),
        Bad("orders", "wrong_partition", "astray", an_order("astray"), astray),
    ]


OTHERS = [
    Bad("customers", "not_an_object", "file", "null"),
    Bad("customers", "key_mismatch", "another file", '{"customer_id": "file"}'),
    Bad("customers", "wrong_type", "file", '{"customer_id": "file", "strategic": "yes"}'),
    Bad("call-logs", "missing_field", "call", '{"customer_id": "call", "event_id": "e"}'),
    Bad("complaints", "out_of_range", "sev", text(complaint("sev", DAY, severity=6))),
    Bad("clock", "naive_time", None, '{"now": "2021-03-01T10:00:00"}'),
    Bad("clock", "future", None, '{"now": "2999-01-01T00:00:00Z"}'),
    Bad("clock", "missing_field", "a key is no mistake here", "{}"),
]

# Kafka itself takes no record without a key into a compacted topic.
KEYLESS_FILES = [
    Bad("customers", "no_key", None, None),
    Bad("customers", "no_key", None, '{"customer_id": "file"}'),
]

NOT_UTF8 = b'{"customer_id": "not UTF-8", "name": "\xff\xfe"}'


def place(record: dict[str, Any]) -> tuple[Any, ...]:
    return record["topic"], record["partition"], record["offset"]


def originals(tierstream: Tierstream, topic: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What lies in a topic, by where it lies."""
    name = tierstream.prefix + topic
    return {place({"topic": name, **line}): line for line in tierstream.dump(topic)}


def test_each_bad_record_becomes_a_dead_letter_of_its_code_and_the_stream_goes_on(
    tierstream: Tierstream,
) -> None:
    everything = [*bad_orders(), *OTHERS, *([] if tierstream.on_kafka else KEYLESS_FILES)]
    tierstream.start()
    for topic in ("customers", "call-logs", "complaints", "clock", "orders"):
        tierstream.replay_raw(topic, [bad.line for bad in everything if bad.topic == topic])
    tierstream.run("replay", "orders", "-", stdin=NOT_UTF8)
    good = [bad.key or "good" for bad in bad_orders() if bad.key not in ("another", "no id")]
    tierstream.send(*(order(customer, DAY, event_id="good") for customer in good))
    tierstream.settle()

    assert set(tierstream.standings()) == set(good)
    letters = tierstream.values("dead-letters")
    (not_utf8,) = (letter for letter in letters if letter["code"] == "not_utf8")
    assert (not_utf8["encoding"], b64decode(not_utf8["value"])) == ("base64", NOT_UTF8)
    others = [letter for letter in letters if letter is not not_utf8]
    assert sorted((each["code"], str(each["key"]), str(each["value"])) for each in others) == (
        sorted((bad.code, str(bad.key), str(bad.value)) for bad in everything)
    )
    for letter in others:
        header = {"key": "trace", "value": "ä-1", "encoding": "text"}
        assert (letter["headers"], letter["encoding"]) == ([header], "text")
        assert letter["reason"]
    places = [place(letter) for letter in letters]
    assert len(set(places)) == len(places)
    for topic in {bad.topic for bad in everything}:
        lying = originals(tierstream, topic)
        for letter in others:
            if letter["topic"] == tierstream.prefix + topic:
                assert lying[place(letter)]["key"] == letter["key"]


def test_dead_letters_put_right_and_sent_again_come_in(tierstream: Tierstream) -> None:
    tierstream.start()
    mended = {"ann": an_order("ann", amount=-5), "bob": an_order("bob", currency="XTS")}
    tierstream.replay_raw("orders", [{"key": key, "value": mended[key]} for key in mended])
    tierstream.replay_raw("orders", [{"key": None, "value": an_order("cem")}])
    tierstream.settle()
    assert tierstream.standings() == {}
    (negative,) = (
        letter["event_id"]
        for letter in tierstream.values("dead-letters")
        if letter["code"] == "out_of_range"
    )
    tierstream.run("dead-letters", "resend", negative, "--set", "amount=500")
    tierstream.run("dead-letters", "resend", "--code", "unknown_currency", "--set", "currency=USD")
    tierstream.run("dead-letters", "resend")
    tierstream.settle()
    assert {name: one["revenue"] for name, one in tierstream.standings().items()} == {
        "ann": 500,
        "bob": 7100,
        "cem": 1000,
    }
    assert tierstream.run("dead-letters", "list").out == "no dead letters\n"
    assert len(tierstream.run("dead-letters", "list", "--all", "--format", "ndjson").lines) == 3


@on_embedded
def test_a_producer_with_a_partitioner_of_its_own_can_be_trusted(tierstream: Tierstream) -> None:
    tierstream.set(PARTITIONER="trust")
    tierstream.start()
    lines = [
        {"key": f"c{n}", "value": an_order(f"c{n}"), "partition": n % PARTITIONS} for n in range(8)
    ]
    tierstream.replay_raw("orders", lines)
    tierstream.settle()
    assert tierstream.dump("dead-letters") == []
    assert set(tierstream.standings()) == {f"c{n}" for n in range(8)}
    assert tierstream.customer("c5")["standing"]["tier"] == tierstream.standings()["c5"]["tier"]


def test_a_line_that_names_no_customer_is_a_dead_letter_in_every_topic(
    tierstream: Tierstream,
) -> None:
    tierstream.start()
    for topic in ("orders", "call-logs", "complaints", "customers"):
        tierstream.run("replay", topic, "-", stdin='{"name": "nobody"}\nno JSON at all')
    tierstream.settle()
    letters = tierstream.values("dead-letters")
    assert Counter(letter["code"] for letter in letters) == {"missing_field": 4, "not_json": 4}
    assert {letter["value"] for letter in letters} == {'{"name": "nobody"}', "no JSON at all"}


@on_kafka
def test_what_kafka_would_refuse_is_refused_with_a_sentence(tierstream: Tierstream) -> None:
    line = json.dumps({"key": None, "value": "{}"})
    refused = tierstream.call("replay", "--raw", "customers", "-", stdin=line)
    assert "line 1: Kafka takes no record without a key" in refused.sentence
