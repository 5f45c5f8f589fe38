"""The project's own files and who imports whom, read from the sources without running them."""

from __future__ import annotations

import ast
import shutil
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("agents", "schemas", "streams")


@cache
def files() -> tuple[Path, ...]:
    """Every file that git tracks; without git, of a source archive, every file that lies there."""
    names = _tracked() if shutil.which("git") else []
    return tuple(ROOT / name for name in names or _walked() if (ROOT / name).is_file())


def _tracked() -> list[str]:
    command = ["git", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return listed.stdout.split("\0")[:-1] if (ROOT / ".git").exists() else []


def _walked() -> list[str]:
    folders = [*PACKAGES, "deploy", "tests", ".ci"]
    found = [*ROOT.glob("*"), *(path for each in folders for path in (ROOT / each).rglob("*"))]
    made = {"__pycache__", "target"}
    return [str(path.relative_to(ROOT)) for path in found if made.isdisjoint(path.parts)]


@cache
def modules() -> dict[str, Path]:
    """The modules of the product, by dotted name; a package's is its `__init__`."""
    found = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return {_dotted(path): path for path in found}


def _dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports(module: str) -> frozenset[str]:
    """The dotted names that a module imports anywhere in it, functions included.

    `from a import b` counts as `a`, and as `a.b` where that is a module of the product.
    """
    names: set[str] = set()
    for node in ast.walk(syntax(module)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            members = {f"{origin}.{alias.name}" for alias in node.names}
            names.update({origin}, members & modules().keys())
    return frozenset(names)


@cache
def syntax(module: str) -> ast.Module:
    return ast.parse(modules()[module].read_text(encoding="utf-8"))


def reached(module: str) -> dict[str, str]:
    """Whatever is loaded with `module`, straight or by way of others: name → who imports it."""
    importers: dict[str, str] = {}
    waiting = [module]
    while waiting:
        importer = waiting.pop()
        for name in imports(importer) - importers.keys():
            importers[name] = importer
            waiting += [each for each in _with_parents(name) if each in modules()]
    return importers


def _with_parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[: end + 1]) for end in range(len(parts))]
