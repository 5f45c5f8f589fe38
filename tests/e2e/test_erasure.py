"""A null value in `customers` erases: it is said, every trace goes, the customer is unknown."""

from __future__ import annotations

import json
from typing import Any

from tests.e2e.checks import check_everything
from tests.e2e.conftest import on_embedded
from tests.e2e.driver import Tierstream
from tests.oracle.sending import call, complaint, erasure, file, order, tick

ANN = "ann-who-goes"


def newest(tierstream: Tierstream, topic: str) -> dict[str, Any]:
    """The newest value under each key, as who reads the compacted topic has it in the end."""
    return {line["key"]: line["value"] for line in tierstream.dump(topic)}


def traces(tierstream: Tierstream, topic: str) -> list[str]:
    """Keys under which something of ANN is still held."""
    held = newest(tierstream, topic)
    return [k for k, v in held.items() if v is not None and ANN in f"{k} {json.dumps(v)}"]


def of_ann(tierstream: Tierstream, topic: str) -> list[dict[str, Any]]:
    return [value for value in tierstream.values(topic) if value["customer_id"] == ANN]


def changelog(tierstream: Tierstream) -> str:
    return f"{tierstream.app_id}-customers-changelog"


def bring_in(tierstream: Tierstream) -> None:
    tierstream.send(
        *(order(ANN, "2021-01-01", event_id=f"e{n}") for n in range(300)),
        order("bob", "2021-01-02"),
        call(ANN, "2021-01-03"),
        complaint(ANN, "2021-01-04"),
        file(ANN, name="Ann", account_manager="mia"),
    )
    tierstream.settle()
    tierstream.send(tick("2021-06-01"))
    tierstream.settle()


def test_an_erased_customer_is_said_goodbye_and_leaves_no_trace(tierstream: Tierstream) -> None:
    tierstream.start()
    bring_in(tierstream)
    assert traces(tierstream, changelog(tierstream))
    tierstream.send(erasure(ANN))
    tierstream.settle()
    cleared = of_ann(tierstream, "dormant-customers")[-1]
    left = of_ann(tierstream, "tier-changes")[-1]
    (erased,) = of_ann(tierstream, "customer-erased")
    assert (cleared["stage"], cleared["from"]) == ("cleared", "dormant")
    assert (left["to"], left["cause"], left["direction"]) == (None, "erasure", "left")
    assert cleared["at"] == left["at"] == erased["at"]
    assert cleared["source"] == left["source"] == erased["source"]
    assert left["account_manager"] == "mia"
    assert traces(tierstream, changelog(tierstream)) == []
    assert traces(tierstream, "customer-standings") == []
    assert newest(tierstream, "customer-standings")[ANN] is None
    assert set(check_everything(tierstream)) == {"bob"}
    unknown = tierstream.call("customer", ANN)
    assert "no customer 'ann-who-goes' is known" in unknown.sentence


@on_embedded
def test_after_an_erasure_an_event_sent_again_counts_as_new(tierstream: Tierstream) -> None:
    tierstream.start()
    tierstream.send(order(ANN, "2021-01-01", event_id="e1"))
    tierstream.settle()
    tierstream.send(erasure(ANN))
    tierstream.settle()
    tierstream.send(order(ANN, "2021-01-01", event_id="e1"))
    tierstream.settle()
    assert check_everything(tierstream)[ANN]["frequency"] == 1
    tiers = [change["to"] for change in of_ann(tierstream, "tier-changes")]
    assert (tiers.count(None), tiers[-1]) == (1, "super")


@on_embedded
def test_nothing_is_said_any_more_of_a_standing_that_waited(tierstream: Tierstream) -> None:
    tierstream.set(STANDINGS_INTERVAL="3600")
    tierstream.start()
    tierstream.send(file("bob"), file(ANN), file("bob", name="Bob"), erasure(ANN), file("cem"))
    tierstream.settle()
    assert traces(tierstream, "customer-standings") == []
    assert set(check_everything(tierstream)) == {"bob", "cem"}


@on_embedded
def test_the_erasure_of_a_stranger_is_said_and_no_more(tierstream: Tierstream) -> None:
    tierstream.start()
    tierstream.send(erasure("stranger"))
    tierstream.settle()
    (erased,) = tierstream.values("customer-erased")
    assert erased["customer_id"] == "stranger"
    assert tierstream.values("tier-changes") == []
    assert tierstream.values("dormant-customers") == []
    assert traces(tierstream, changelog(tierstream)) == []
