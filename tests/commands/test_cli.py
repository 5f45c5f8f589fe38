"""Help everywhere, errors as one sentence, exit codes that scripts can trust."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from argparse import _SubParsersAction
from pathlib import Path

import pytest

from streams import cli
from streams.settings import VARIABLES
from tests.commands.conftest import Cli

TIERSTREAM = [sys.executable, "-c", "import sys; from streams.cli import main; sys.exit(main())"]


HELPS = [
    [],
    *([command.name] for command in cli.COMMANDS),
    ["dead-letters", "list"],
    ["dead-letters", "resend"],
]


@pytest.mark.parametrize("arguments", HELPS, ids=" ".join)
def test_help_is_everywhere_with_an_example(cli_call: Cli, arguments: list[str]) -> None:
    result = cli_call(*arguments, "--help")
    assert result.code == 0
    assert "example:\n  " in result.out
    assert "tierstream" in result.out.split("example:")[1]


def test_the_help_of_the_worker_has_every_setting(cli_call: Cli) -> None:
    text = cli_call("worker", "--help").out
    assert all(f"{variable.name} (default" in text for variable in VARIABLES)


def test_the_commands_are_those_of_the_contract() -> None:
    (commands,) = (
        action for action in cli.parser()._actions if isinstance(action, _SubParsersAction)
    )
    assert set(commands.choices) == {
        "worker",
        "replay",
        "tick",
        "settle",
        "dump",
        "standings",
        "customer",
        "dead-letters",
        "schemas",
        "demo",
    }


def test_the_version_is_told(cli_call: Cli) -> None:
    assert cli_call("--version").out.startswith("tierstream 0.")


@pytest.mark.parametrize("arguments", [[], ["no-such"], ["replay", "orders"], ["dump", "--al"]])
def test_a_wrong_usage_has_exit_code_2(cli_call: Cli, arguments: list[str]) -> None:
    result = cli_call(*arguments)
    assert (result.code, result.out) == (2, "")
    assert "usage: tierstream" in result.err


def test_a_wrong_setting_is_one_sentence_and_exit_code_1(
    cli_call: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIERSTREAM_PARTITIONS", "none")
    result = cli_call("dump", "orders")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("tierstream: TIERSTREAM_PARTITIONS must be")
    assert result.err.count("\n") == 1


def test_an_unknown_setting_is_told_and_the_command_goes_on(
    cli_call: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIERSTREAM_PARTITION", "8")
    result = cli_call("dump", "orders")
    assert result.code == 0
    assert "did you mean TIERSTREAM_PARTITIONS?" in result.err


def test_a_log_that_cannot_be_opened_is_one_sentence(
    cli_call: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("log.db").write_text("this is no log" * 100)
    monkeypatch.setenv("TIERSTREAM_BROKER", "embedded://log.db")
    result = cli_call("dump", "orders")
    assert (result.code, result.out) == (1, "")
    assert "log.db" in result.err
    assert result.err.count("\n") == 1


def test_an_id_that_is_no_utf8_is_a_wrong_usage(cli_call: Cli) -> None:
    result = cli_call("customer", os.fsdecode(b"\xff"))
    assert result.code == 2
    assert "must be UTF-8" in result.err


def test_schemas_are_printed_for_all_topics_or_one(cli_call: Cli) -> None:
    assert '"orders": {' in cli_call("schemas").out
    assert '"title": "Order"' in cli_call("schemas", "orders").out
    unknown = cli_call("schemas", "order")
    assert unknown.code == 1
    assert "known: orders, " in unknown.err


def test_a_closed_pipe_ends_quietly(cli_call: Cli) -> None:
    lines = "\n".join('{"customer_id": "a"}' for _ in range(20_000))
    cli_call("replay", "orders", "-", stdin=lines)
    dump = subprocess.Popen(
        [*TIERSTREAM, "dump", "orders"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert dump.stdout is not None
    assert dump.stderr is not None
    dump.stdout.readline()
    dump.stdout.close()
    assert dump.stderr.read() == b""
    dump.stderr.close()
    assert dump.wait(30) == 141


def test_ctrl_c_ends_quietly_with_130() -> None:
    environ = {**os.environ, "PYTHONUNBUFFERED": "1"}
    replay = subprocess.Popen(
        [*TIERSTREAM, "replay", "orders", "-"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environ,
    )
    assert replay.stdin is not None
    assert replay.stderr is not None
    # Once it has read this much, it waits for more.
    replay.stdin.write(b'{"customer_id": "a"}\n' * 50_000)
    replay.stdin.flush()
    replay.send_signal(signal.SIGINT)
    assert replay.wait(30) == 130
    assert replay.stderr.read() == b""
    replay.stdin.close()
    replay.stderr.close()
