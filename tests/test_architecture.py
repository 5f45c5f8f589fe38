"""What holds for the sources as a whole: who may import whom, how long a file is, what it names."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.source_tree import PACKAGES, ROOT, files, imports, modules, reached, syntax

LONGEST_FILE = 400  # lines
DOMAIN = "streams.domain"
NOT_IN_DOMAIN = {
    *("aiokafka", "faust", "kafka", "mode", "prometheus_client", "redis"),
    *("apsw", "rocksdict", "sqlite3"),
    *("asyncio", "os", "random", "socket", "subprocess", "time"),
}
CLOCKS = re.compile(r"(.*\.)?(date|datetime)\.(now|today|utcnow)")
MAY_START_AGENTS = ("streams.app", "streams.commands")

# Paths of one person's machine and addresses of package registries: neither is the same elsewhere.
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:work|root|tmp|home|Users|opt/wheels)/\w[\w./-]*")
REGISTRY = re.compile(
    r"https?://[^\s'\"]*(?:pypi\.|pythonhosted|/simple\b|repo1?\.maven|/maven2\b|npmjs\.|crates\.io"
    r"|proxy\.golang|deb\.debian|archive\.ubuntu)|--(?:extra-)?index-url|--find[-]links"
)


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def forbidden(importers: set[str], packages: set[str]) -> list[str]:
    return [
        f"{importer} imports {name}"
        for importer in sorted(importers)
        for name in sorted(imports(importer))
        if any(within(name, package) for package in packages)
    ]


def members(package: str) -> set[str]:
    return {name for name in modules() if within(name, package)}


def test_schemas_import_neither_agents_nor_streams() -> None:
    assert forbidden(members("schemas"), {"agents", "streams", "tests"}) == []


def test_streams_import_no_agents_save_where_they_are_started() -> None:
    starters = {name for each in MAY_START_AGENTS for name in members(each)}
    assert forbidden(members("streams") - starters, {"agents"}) == []
    assert forbidden(members("streams") | members("agents"), {"tests"}) == []


def test_the_domain_imports_of_the_project_only_itself_and_the_schemas() -> None:
    rest = members("streams") - members(DOMAIN) - {"streams"}
    assert forbidden(members(DOMAIN), rest | {"agents"}) == []


@pytest.mark.parametrize("module", sorted(members(DOMAIN)))
def test_the_domain_reaches_no_log_no_store_and_no_clock(module: str) -> None:
    found = reached(module)
    outside = {name: found[name] for name in found if name.split(".")[0] in NOT_IN_DOMAIN}
    assert outside == {}


@pytest.mark.parametrize("module", sorted(members(DOMAIN)))
def test_the_domain_asks_for_the_time_of_nobody(module: str) -> None:
    calls = (node for node in ast.walk(syntax(module)) if isinstance(node, ast.Call))
    assert [call for call in map(ast.unparse, (c.func for c in calls)) if CLOCKS.match(call)] == []


def test_no_file_is_too_long_to_be_read() -> None:
    lengths = {path: len(path.read_bytes().splitlines()) for path in python_files()}
    assert {path: n for path, n in lengths.items() if n > LONGEST_FILE} == {}


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {
        path.parent for path in python_files() if path.relative_to(ROOT).parts[0] != "deploy"
    }
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_every_module_can_be_imported_and_leaves_nothing_behind(tmp_path: Path) -> None:
    names = sorted(name for name in modules() if not name.endswith("__main__"))
    program = f"import importlib\nfor name in {names!r}: importlib.import_module(name)"
    done = subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr + done.stdout == ""
    assert done.returncode == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_what_is_tested_is_what_lies_here(package: str) -> None:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin == str(ROOT / package / "__init__.py")


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY], ids=["path", "registry"])
def test_no_file_names_one_machine(pattern: re.Pattern[str]) -> None:
    found = {
        str(path.relative_to(ROOT)): match[0]
        for path in files()
        if (match := pattern.search(path.read_text(encoding="utf-8", errors="replace")))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (MACHINE_PATH, 'open("' + "/tmp" + '/orders.ndjson")'),
        (MACHINE_PATH, "see " + "/home" + "/ann/notes"),
        (REGISTRY, "https:" + "//pypi.org/simple"),
        (REGISTRY, "https:" + "//repo1.maven.org/x"),
        (REGISTRY, "pip install --index" + "-url=x"),
        (REGISTRY, "pip install --find" + "-links=x"),
    ],
)
def test_the_patterns_find_what_they_are_for(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)


def python_files() -> list[Path]:
    return [path for path in files() if path.suffix == ".py"]
