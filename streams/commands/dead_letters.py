"""`tierstream dead-letters`: look at what could not be used, put it right, send it again."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter

from streams.commands import letters_list, letters_resend
from streams.commands.command import Command
from streams.settings import Settings

ABOUT = """\
Records that could not be used lie in the topic dead-letters, whole, with the reason.

example:
  tierstream dead-letters list
  tierstream dead-letters resend orders/3/1204 --set amount=1299
"""


def configure(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    for action in (letters_list.COMMAND, letters_resend.COMMAND):
        one = actions.add_parser(
            action.name,
            help=action.summary,
            description=action.about,
            formatter_class=RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        action.configure(one)
        one.set_defaults(action=action)


def run(settings: Settings, arguments: Namespace) -> int:
    action: Command = arguments.action
    return action.run(settings, arguments)


COMMAND = Command("dead-letters", "look, put right, send again", ABOUT, configure, run)
