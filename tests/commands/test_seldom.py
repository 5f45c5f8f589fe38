"""What a library says again and again reaches the worker's log now and then, with its number."""

from __future__ import annotations

import logging

from streams.commands.seldom import AGAIN_SECONDS, Seldom


class Heard(logging.Handler):
    """Keeps what passes; `now` is what the clock shows."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 100.0
        self.lines: list[str] = []
        self.addFilter(Seldom(["client"], lambda: self.now))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())

    def say(self, name: str, words: str, *arguments: object) -> None:
        self.handle(logging.LogRecord(name, logging.ERROR, "", 0, words, arguments, None))


def test_the_same_words_pass_once_in_a_while_with_how_often_they_were_said() -> None:
    heard = Heard()
    for node in range(1001):
        heard.say("client.net", "no way to node %d", node)
    assert heard.lines == ["no way to node 0"]
    heard.now += AGAIN_SECONDS
    heard.say("client.net", "no way to node %d", 7)
    assert heard.lines[1:] == ["no way to node 7 (and 1,000 times before)"]


def test_other_words_and_other_loggers_pass_at_once() -> None:
    heard = Heard()
    for _ in range(2):
        heard.say("client", "gone")
        heard.say("client.net", "gone")
        heard.say("client", "back")
        heard.say("streams.engine", "a commit took 3.0 s")
    ours = ["a commit took 3.0 s"]
    assert heard.lines == ["gone", "gone", "back", *ours, *ours]


def test_what_is_said_seldom_says_no_number() -> None:
    heard = Heard()
    for _ in range(3):
        heard.say("client", "100 % gone")
        heard.now += AGAIN_SECONDS
    assert heard.lines == ["100 % gone"] * 3
