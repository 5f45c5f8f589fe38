"""Takes the values of a rules file out of the parsed TOML, checks each, and refuses the unknown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class RulesError(Exception):
    """A rules file that can't be used; the message names the key, the value and the way out."""


class Reader:
    """Takes values out of the parsed file, checks each, and remembers which keys were known.

    A path names a section, such as `pyramid.blend`; `source` names the file in errors.
    """

    def __init__(self, given: dict[str, Any], source: str) -> None:
        self._given = given
        self._source = source
        self._known: dict[str, set[str]] = {"": set()}

    def section(self, path: str) -> dict[str, Any]:
        """What is given in a section; nothing where the file has no such section."""
        node: Any = self._given
        parent = ""
        for name in path.split("."):
            self._known[parent].add(name)
            parent = f"{parent}.{name}".strip(".")
            self._known.setdefault(parent, set())
            node = node.get(name, {})
            if not isinstance(node, dict):
                raise RulesError(f"[{parent}] must be a section, got {node!r} ({self._source})")
        section: dict[str, Any] = node
        return section

    def take(self, path: str, key: str, default: Any, check: Callable[[Any], Any]) -> Any:
        """The value of a key, or its default. `check` returns it, or raises ValueError."""
        section = self.section(path)
        self._known[path].add(key)
        value = section.get(key, default)
        try:
            return check(value)
        except ValueError as error:
            raise RulesError(f"{path}.{key} {error}, got {value} ({self._source})") from None

    def refuse_unknown(self) -> None:
        """Raise RulesError for a key that nobody has asked for."""
        for path, known in self._known.items():
            if path == "rates":
                continue
            section = self._given if not path else self.section(path)
            for key in section:
                if key not in known:
                    name = f"{path}.{key}".strip(".")
                    raise RulesError(
                        f"{name} is not a rule; known here: {', '.join(sorted(known))}"
                        f" ({self._source})"
                    )
