"""The dashboards: what each panel says of itself, and that what it reads is there to be read."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any

import pytest

from streams.metrics.catalogue import CATALOGUE, Metric
from tests.deploy.files import (
    GRAFANA,
    Query,
    dashboards,
    metric_names,
    panels,
    queries,
    read_yaml,
    rules,
)
from tests.deploy.names import known_series, series_of

NAMES = list(dashboards())
PANELS = [
    pytest.param(name, panel, id=f"{name}-{panel['title']}")
    for name in NAMES
    for panel in panels(name)
]
#: Those of Grafana's units that are used; a misspelled one would be shown as text.
UNITS = {"none", "short", "locale", "percentunit", "s", "d", "bytes", "recps", "opm"}
GRAFANAS_OWN = {"__interval", "__range", "__rate_interval"}
VARIABLE = re.compile(r"\$(?!\d)(\w+)")


def test_there_is_one_for_those_who_sell_and_one_for_those_who_run_it() -> None:
    assert {each["title"] for each in dashboards().values()} == {"Segments", "Running it"}
    assert len({each["uid"] for each in dashboards().values()}) == len(NAMES)


@pytest.mark.parametrize(("name", "panel"), PANELS)
def test_a_panel_says_what_it_shows_in_what_unit_and_what_is_out_of_bounds(
    name: str, panel: dict[str, Any]
) -> None:
    assert len(panel["description"]) > 30
    assert panel["description"].endswith(".")
    defaults = panel["fieldConfig"]["defaults"]
    overridden = [
        each["value"]
        for override in panel["fieldConfig"]["overrides"]
        for each in override["properties"]
        if each["id"] == "unit"
    ]
    assert {defaults["unit"], *overridden} <= UNITS
    steps = defaults["thresholds"]["steps"]
    limits = [step["value"] for step in steps]
    assert limits[0] is None
    assert limits[1:] == sorted(limits[1:])


@pytest.mark.parametrize(("name", "panel"), PANELS)
def test_a_panel_asks_the_source_that_is_provided(name: str, panel: dict[str, Any]) -> None:
    (source,) = read_yaml(GRAFANA / "provisioning/datasources/prometheus.yml")["datasources"]
    assert panel["datasource"] == {"type": source["type"], "uid": source["uid"]}
    assert panel["targets"]
    references = [target["refId"] for target in panel["targets"]]
    assert len(set(references)) == len(references)


@pytest.mark.parametrize(("name", "panel"), PANELS)
def test_a_tables_columns_are_those_of_its_queries(name: str, panel: dict[str, Any]) -> None:
    if panel["type"] != "table":
        return
    (organised,) = [
        each["options"] for each in panel["transformations"] if each["id"] == "organize"
    ]
    named = {*organised["renameByName"], *organised["indexByName"], *organised["excludeByName"]}
    values = {field for field in named if field.startswith("Value")}
    references = [target["refId"] for target in panel["targets"]]
    several = len(references) > 1
    assert values <= ({f"Value #{ref}" for ref in references} if several else {"Value"})
    shown = set(organised["renameByName"].values()) | set(organised["indexByName"])
    overridden = {each["matcher"]["options"] for each in panel["fieldConfig"]["overrides"]}
    assert overridden <= shown


@pytest.mark.parametrize("query", queries(), ids=str)
def test_a_query_reads_only_series_and_variables_that_there_are(query: Query) -> None:
    names = metric_names(query.expression)
    assert names
    assert names <= known_series()
    defined = {each["name"] for each in dashboards()[query.dashboard]["templating"]["list"]}
    assert set(VARIABLE.findall(query.expression)) <= defined | GRAFANAS_OWN


@pytest.mark.parametrize("name", NAMES)
def test_a_variable_is_of_use_and_of_a_series_that_there_is(name: str) -> None:
    shown = " ".join([*(q.expression for q in queries() if q.dashboard == name)])
    shown += " ".join(panel["title"] for panel in panels(name))
    for variable in dashboards()[name]["templating"]["list"]:
        assert variable["name"] in VARIABLE.findall(shown)
        assert metric_names(variable["query"]["query"]) <= known_series()


@pytest.mark.parametrize("name", NAMES)
def test_panels_have_each_their_own_place_title_and_number(name: str) -> None:
    every = dashboards()[name]["panels"]
    assert len({panel["id"] for panel in every}) == len(every)
    titles = [panel["title"] for panel in panels(name)]
    assert len(set(titles)) == len(titles)
    for one, other in combinations([panel["gridPos"] for panel in every], 2):
        apart = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert apart or above
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in every)


def test_every_panel_that_a_runbook_names_is_there() -> None:
    titles = {panel["title"] for name in NAMES for panel in panels(name)}
    texts = " ".join(rule["annotations"]["runbook"] for rule in rules() if "alert" in rule)
    named = set(re.findall(r'"([^"]+)"', texts))
    assert named
    assert named <= titles


@pytest.mark.parametrize("metric", CATALOGUE, ids=lambda metric: metric.name)
def test_every_metric_is_looked_at_by_somebody(metric: Metric) -> None:
    recorded_from = {
        rule["record"]: metric_names(rule["expr"]) for rule in rules() if "record" in rule
    }
    read = {name for query in queries() for name in metric_names(query.expression)}
    seen = read | {name for each in read for name in recorded_from.get(each, set())}
    assert series_of(metric) & seen


def test_bars_add_up_to_what_was_counted() -> None:
    """A sum over the bar's own width, of what is worked out by the minute: no bar is narrower."""
    for name in NAMES:
        for panel in panels(name):
            if any("[$__interval]" in target["expr"] for target in panel["targets"]):
                assert panel["interval"] == "1m"
                assert all("increase1m" in target["expr"] for target in panel["targets"])
