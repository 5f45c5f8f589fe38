"""Once at rest: what was lost, what counts twice, which chains are broken, as numbers.

The inputs are read back from the log, recomputed by the oracle, and held against standings,
cards, what was said, dead letters and progress.
"""

from __future__ import annotations

import json
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from streams.engine.log import LogClient
from tests.e2e.against_oracle import PARTITIONS, figures
from tests.e2e.checks import OUTPUTS, by_customer, check_stage_chains, check_tier_chains
from tests.e2e.driver import Tierstream
from tests.faults.following import ends_of
from tests.faults.order import Appended, processed
from tests.faults.story import RULES_READ
from tests.oracle import InputRecord, OracleResult
from tests.oracle.events import ContactEvent, ErasureEvent
from tests.oracle.intake import Taken, take_in
from tests.oracle.recompute import recompute
from tests.oracle.records import INPUT_TOPICS
from tests.oracle.rules import Rules, read_rules


@dataclass
class Verdict:
    """`faults` are sentences for all that is not as it should be; empty: everything is."""

    records: int
    customers: int
    outputs: int
    lost: int = 0
    twice: int = 0
    broken: int = 0
    faults: list[str] = field(default_factory=list)

    def compare(self, what: str, found: Mapping[Any, int], expected: Mapping[Any, int]) -> None:
        """Count what there is too little of as lost, and what there is too much of as twice."""
        for key in expected.keys() | found.keys():
            apart = found.get(key, 0) - expected.get(key, 0)
            if apart:
                self.lost += max(-apart, 0)
                self.twice += max(apart, 0)
                self.faults.append(
                    f"{what} of {key}: {found.get(key, 0)}, not {expected.get(key, 0)}"
                )


def judge(tierstream: Tierstream, client: LogClient) -> Verdict:
    """All that can be said of a log at rest."""
    wall_clock = datetime.now(UTC)
    prefix = tierstream.prefix
    said = {topic: _values(client, prefix + topic) for topic in OUTPUTS}
    progress = {one["partition"]: one for one in _values(client, f"{prefix}progress")}
    standings = tierstream.standings()
    records = _inputs(client, prefix, said["customer-erased"], wall_clock)
    oracle = _recompute(records, wall_clock)
    verdict = Verdict(len(records), len(standings), sum(map(len, said.values())))
    _judge_reading(verdict, progress, ends_of(client, [prefix + topic for topic in INPUT_TOPICS]))
    _judge_standings(verdict, standings, oracle)
    _judge_cards(verdict, progress, records, oracle, wall_clock)
    _judge_said(verdict, said, oracle)
    _judge_chains(verdict, said, standings)
    return verdict


def _inputs(
    client: LogClient, prefix: str, erased: Iterable[Mapping[str, Any]], wall_clock: datetime
) -> list[InputRecord]:
    """All inputs, read back from the log, in the order in which they were processed."""
    appended = [
        Appended(r.timestamp_ms, InputRecord(topic, number, r.offset, r.key, r.value))
        for topic in INPUT_TOPICS
        for number, r in client.read(prefix + topic)
    ]
    dead = _recompute([one.record for one in appended], wall_clock).dead
    places = frozenset((one.topic, one.partition, one.offset) for one in dead)
    read_at = {
        (one["source"]["partition"], one["source"]["offset"]): datetime.fromisoformat(one["at"])
        for one in erased
        if one["at"] is not None
    }
    return processed(appended, places, read_at)


def _recompute(records: Iterable[InputRecord], wall_clock: datetime) -> OracleResult:
    return recompute(records, partitions=PARTITIONS, rules=RULES_READ, wall_clock=wall_clock)


def _values(client: LogClient, topic: str) -> list[dict[str, Any]]:
    """The values of a topic, committed records alone, each partition's in their order."""
    return [json.loads(r.value) for _, r in client.read(topic) if r.value is not None]


def _judge_reading(
    verdict: Verdict, progress: Mapping[int, Any], ends: Mapping[int, Mapping[str, int]]
) -> None:
    """No partition left behind, no record unread."""
    for number, own in ends.items():
        read = progress[number]["inputs"] if number in progress else {}
        if any(read.get(topic, 0) != end for topic, end in own.items()):
            verdict.faults.append(f"partition {number} has read {read} of {own}")


def _judge_standings(
    verdict: Verdict, standings: Mapping[str, Mapping[str, Any]], oracle: OracleResult
) -> None:
    """Everybody stands where the oracle says."""
    for customer in standings.keys() | oracle.customers.keys():
        held, expected = standings.get(customer), oracle.customers.get(customer)
        wanted = None if expected is None else figures(expected)
        got = None if held is None else {name: held[name] for name in wanted or held}
        if got != wanted:
            verdict.faults.append(f"{customer} stands at {got}, not {wanted}")


def _judge_cards(
    verdict: Verdict,
    progress: Mapping[int, Any],
    records: Iterable[InputRecord],
    oracle: OracleResult,
    wall_clock: datetime,
) -> None:
    """Every event counts once in the tables: orders, revenue, calls, complaints."""
    rules = read_rules(RULES_READ)
    intake = take_in(records, rules, wall_clock, PARTITIONS)
    found: Counter[tuple[str, str]] = Counter()
    expected: Counter[tuple[str, str]] = Counter()
    for customer, standing in oracle.customers.items():
        number = intake.partitions[customer]
        card = _card(progress[number]["web"], customer)
        tables = {} if card is None else card["tables"]
        window = _contacts(intake.taken[customer], intake.stream_times[number], rules)
        for kind, wanted in {
            "orders": standing.lifetime_orders,
            "calls": window["calls"],
            "complaints": window["complaints"],
        }.items():
            expected[customer, kind] = wanted
            found[customer, kind] = tables.get("lifetime_orders" if kind == "orders" else kind, 0)
        if tables.get("lifetime_revenue") != standing.lifetime_revenue:
            verdict.faults.append(
                f"lifetime revenue of {customer}: {tables.get('lifetime_revenue')}, "
                f"not {standing.lifetime_revenue}"
            )
    verdict.compare("the count", found, expected)


def _card(web: str, customer: str) -> Any:
    """A customer's card from the worker that owns them; None for somebody unknown there."""
    try:
        with urllib.request.urlopen(f"http://{web}/customers/{quote(customer)}", timeout=30) as it:
            return json.load(it)
    except urllib.error.HTTPError:
        return None


def _contacts(taken: list[Taken], now: datetime, rules: Rules) -> Counter[str]:
    """The calls and complaints of the window, since the last erasure."""
    since = now.date() - timedelta(rules.window_days)
    counted: Counter[str] = Counter()
    for one in taken:
        if isinstance(one.event, ErasureEvent):
            counted.clear()
        elif isinstance(one.event, ContactEvent) and one.event.occurred_at.date() > since:
            is_call = one.event.event_id.startswith("k")
            counted["calls" if is_call else "complaints"] += 1
    return counted


def _judge_said(
    verdict: Verdict, said: Mapping[str, list[dict[str, Any]]], oracle: OracleResult
) -> None:
    """Each output once; dead letters, erasures and silences exactly those expected."""
    for topic, values in said.items():
        ids = Counter(value["event_id"] for value in values)
        verdict.compare(f"{topic}: the event_id", ids, dict.fromkeys(ids, 1))
    letters = said["dead-letters"]
    verdict.compare(
        "dead letters",
        Counter(
            (one["topic"].rpartition(".")[2], one["partition"], one["offset"]) for one in letters
        ),
        Counter((one.topic, one.partition, one.offset) for one in oracle.dead),
    )
    codes = {(one.topic, one.partition, one.offset): one.code for one in oracle.dead if one.code}
    for letter in letters:
        place = (letter["topic"].rpartition(".")[2], letter["partition"], letter["offset"])
        if letter["code"] != codes.get(place, letter["code"]):
            verdict.faults.append(f"the dead letter {place} has code {letter['code']}")
    erased = Counter(one["customer_id"] for one in said["customer-erased"])
    verdict.compare("erasures", erased, oracle.erasures)
    verdict.compare(
        "silences",
        Counter(
            (one["customer_id"], one["stage"], one["from"], datetime.fromisoformat(one["at"]))
            for one in said["dormant-customers"]
        ),
        Counter(
            (one.customer, one.stage, one.held_before, one.at)
            for chain in oracle.said.values()
            for one in chain
        ),
    )


def _judge_chains(
    verdict: Verdict,
    said: Mapping[str, list[dict[str, Any]]],
    standings: Mapping[str, Mapping[str, Any]],
) -> None:
    """A customer's outputs are a chain, in the order in which they happened."""
    for topic, check in (
        ("tier-changes", check_tier_chains),
        ("dormant-customers", check_stage_chains),
    ):
        chains = by_customer(said[topic])
        for customer in chains.keys() | standings.keys():
            chain = chains.get(customer, [])
            here = {customer: standings[customer]} if customer in standings else {}
            _judge_chain(verdict, topic, customer, lambda: check(chain, here))  # noqa: B023
            if not _in_order(chain):
                verdict.broken += 1
                verdict.faults.append(f"{topic} of {customer} are out of order")


def _judge_chain(verdict: Verdict, topic: str, customer: str, check: Callable[[], None]) -> None:
    try:
        check()
    except AssertionError as error:
        verdict.broken += 1
        verdict.faults.append(f"the chain of {customer} in {topic} is broken: {error}"[:1000])


def _in_order(chain: Iterable[Mapping[str, Any]]) -> bool:
    """Whether what the records of one topic caused was said in the order of its records."""
    reached: dict[str, int] = {}
    for one in chain:
        source = one["source"]
        if source is None:
            continue
        if source["offset"] < reached.get(source["topic"], 0):
            return False
        reached[source["topic"]] = source["offset"]
    return True
