"""JSON Schemas: one for each topic, and they hold for what is really sent."""

from __future__ import annotations

import json

import pytest

from schemas.encoding import encode
from schemas.export import json_schemas
from streams.topics import CATALOGUE
from tests.schemas.events import KINDS
from tests.schemas.json_schema import holds
from tests.schemas.said import EXAMPLES


def test_every_topic_of_the_catalogue_has_a_schema() -> None:
    assert list(json_schemas()) == [topic.name for topic in CATALOGUE]


@pytest.mark.parametrize("topic", EXAMPLES)
def test_the_schema_of_an_output_takes_it_and_nothing_less(topic: str) -> None:
    said = json.loads(encode(EXAMPLES[topic]))
    schema = json_schemas()[topic]
    assert holds(schema, said)
    for name in said:
        assert not holds(schema, {key: value for key, value in said.items() if key != name})
        assert not holds(schema, {**said, name: [{}]})


@pytest.mark.parametrize("topic", KINDS)
def test_the_schema_of_an_input_takes_a_valid_event(topic: str) -> None:
    schema = json_schemas()[topic]
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert holds(schema, KINDS[topic][0])
    assert not holds(schema, [])


def test_the_schema_of_complaints_wants_a_category_on_opened() -> None:
    schema = json_schemas()["complaints"]
    complaint = {**KINDS["complaints"][0], "category": None}
    assert not holds(schema, complaint)
    assert holds(schema, {**complaint, "step": "resolved"})
