"""`tierstream dead-letters resend`: put right and send again, in one command."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping

from schemas.invalid import CODES
from schemas.outputs import DeadLetter
from streams.commands.command import Command, CommandError, connected, utf8
from streams.commands.json_lines import shown, shown_text
from streams.commands.letters import letters, note, resent, wanted
from streams.commands.letters_fix import assignment, edited, put_right
from streams.commands.terminal import say, write_lines
from streams.engine.log import LogClient
from streams.engine.records import Write
from streams.settings import Settings
from streams.topics import CLOCK, INPUTS

ABOUT = """\
Sends dead letters again to the topic they came from, corrected where that is asked for. Without an
ID all are sent that were not sent again yet; --code narrows that down. A letter named by its ID
goes again even if it went before: an event that was taken is never counted twice.

Each goes under the customer_id in its value, by Kafka's default partitioner, which alone puts
no_key, key_mismatch and wrong_partition right. It carries the header tierstream_resent_from with
the ID; list leaves it out from then on. If it can't be used again, it is a new dead letter.

To correct many by hand:
  tierstream dead-letters list --format ndjson | jq -c '.value |= fromjson' > letters.ndjson
  (edit value in letters.ndjson)
  tierstream dead-letters resend --file letters.ndjson

example:
  tierstream dead-letters resend --code unknown_currency
  tierstream dead-letters resend orders/3/1204 --set amount=1299 --set currency=EUR
"""

_LETTERS_AT_ONCE = 500

Letters = Callable[[], Iterator[DeadLetter]]


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("ids", metavar="ID", nargs="*", help="as list shows it: orders/3/1204")
    parser.add_argument("--code", choices=CODES, metavar="CODE", help="this code alone")
    parser.add_argument(
        "--set",
        dest="changes",
        metavar="FIELD=VALUE",
        type=assignment,
        action="append",
        default=[],
        help="give a field of the value another value: JSON, or else text; may be repeated",
    )
    parser.add_argument("--key", type=utf8, help="the key to send under")
    parser.add_argument("--file", metavar="FILE", help="the letters in here, as edited; - is stdin")
    parser.add_argument("--dry-run", action="store_true", help="print them, send nothing")


def run(settings: Settings, arguments: Namespace) -> int:
    if sum(map(bool, (arguments.ids, arguments.code, arguments.file))) > 1:
        raise CommandError("IDs, --code and --file each say which letters; give one of them")
    changes = dict(arguments.changes)
    corrected = None if arguments.file is None else edited(arguments.file)
    with connected(settings) as (client, _):
        chosen = _chosen(client, settings, arguments, corrected)

        def corrections() -> Iterator[tuple[DeadLetter, Write]]:
            for letter in chosen():
                keyed = letter.topic != settings.topic(CLOCK)
                yield letter, put_right(letter, changes, arguments.key, keyed=keyed)

        _check(corrections(), settings, arguments.ids, corrected)
        if arguments.dry_run:
            write_lines(_shown(write) for _, write in corrections())
            return 0
        number = _send(client, settings, corrections())
    say(f"sent {number:,} dead letters again")
    return 0


def _chosen(
    client: LogClient,
    settings: Settings,
    arguments: Namespace,
    corrected: Mapping[str, DeadLetter] | None,
) -> Letters:
    ids = set(arguments.ids) or None if corrected is None else set(corrected)
    codes = None if arguments.code is None else {arguments.code}
    is_wanted = wanted(codes, ids, resent(client, settings))

    def chosen() -> Iterator[DeadLetter]:
        for letter in letters(client, settings):
            if is_wanted(letter):
                yield (corrected or {}).get(letter.event_id, letter)

    return chosen


def _check(
    corrections: Iterable[tuple[DeadLetter, Write]],
    settings: Settings,
    ids: list[str],
    corrected: Mapping[str, DeadLetter] | None,
) -> None:
    """Nothing is sent unless all can be: CommandError else."""
    inputs = {settings.topic(topic) for topic in INPUTS}
    missing = set(ids) | set(corrected or {})
    for letter, _ in corrections:
        missing.discard(letter.event_id)
        if letter.topic not in inputs:
            raise CommandError(
                f"{letter.event_id} is of a topic that is no input here ({letter.topic}); "
                "set the TIERSTREAM_TOPIC_PREFIX it was read with"
            )
    if missing:
        raise CommandError(
            f"no dead letter has the ID {', '.join(sorted(missing))}; nothing was sent; "
            "tierstream dead-letters list --all shows those there are"
        )


def _send(
    client: LogClient, settings: Settings, corrections: Iterable[tuple[DeadLetter, Write]]
) -> int:
    number = 0
    writes: list[Write] = []
    for letter, write in corrections:
        writes += [write, note(letter, settings)]
        number += 1
        if number % _LETTERS_AT_ONCE == 0:
            client.append(writes)
            writes = []
    client.append(writes)
    return number


def _shown(write: Write) -> bytes:
    headers = b",".join(
        b"%b:%b" % (shown_text(name.encode())[0], shown_text(raw)[0]) for name, raw in write.headers
    )
    return b'{"topic":%b,"key":%b,"value":%b,"headers":{%b}}' % (
        shown_text(write.topic.encode())[0],
        shown_text(write.key)[0],
        shown(write.value)[0],
        headers,
    )


COMMAND = Command("resend", "put dead letters right and send them again", ABOUT, configure, run)
