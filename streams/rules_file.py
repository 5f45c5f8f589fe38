"""The rules in force, from the file that the settings name."""

from __future__ import annotations

from streams.domain.rules import Rules, default_rules, parse_rules
from streams.errors import UserError
from streams.settings import Settings


def load_rules(settings: Settings) -> Rules:
    """The rules of TIERSTREAM_RULES, else those shipped.

    Raises RulesError for rules that can't be used, UserError for a file that can't be read.
    """
    if settings.rules is None:
        return default_rules()
    try:
        text = settings.rules.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"the rules in {settings.rules} can't be read: {error}") from None
    return parse_rules(text, str(settings.rules))
