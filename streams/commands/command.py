"""What every command is made of: its place in `--help`, its arguments, its run."""

from __future__ import annotations

import os
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from streams.engine.connect import open_client
from streams.engine.log import LogClient
from streams.errors import UserError
from streams.provision import ensure_topics
from streams.settings import Settings
from streams.topics import Topic


class CommandError(UserError):
    """A command could not do what was asked."""


@dataclass(frozen=True, slots=True)
class Command:
    """One subcommand. `run` returns the exit code; it may raise UserError or LogError."""

    name: str
    summary: str  # a line, for the list of commands
    about: str  # paragraphs, for the command's own --help
    configure: Callable[[ArgumentParser], None]
    run: Callable[[Settings, Namespace], int]


def utf8(text: str) -> str:
    """The type of an argument that goes into a record: text that UTF-8 can hold."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ArgumentTypeError(f"must be UTF-8, got {os.fsencode(text)!r}") from None
    return text


@contextmanager
def connected(settings: Settings) -> Iterator[tuple[LogClient, int]]:
    """The log, every topic there, and the number of partitions of the inputs."""
    client = open_client(settings)
    try:
        yield client, ensure_topics(client, settings)
    finally:
        client.close()


def topic_named(name: str, known: Iterable[Topic], way_out: str = "") -> Topic:
    """The topic of this name (without prefix); CommandError with the list for any other."""
    topics = {topic.name: topic for topic in known}
    if name not in topics:
        raise CommandError(f"{name!r} is no topic here; known: {', '.join(topics)}{way_out}")
    return topics[name]
