"""Foreign text in a message: nothing in it is a control character, and nothing formats."""

import re
import unicodedata

WORD_JOINER = "\u2060"
# Joiners are part of Persian, Hindi and emoji; isolates keep right-to-left names in their place.
_KEPT_CONTROLS = "\n\u200c\u200d\u2060\u2068\u2069"
_ALIKE = str.maketrans({"*": "∗", "~": "∼", "`": "ʹ"})
_SLANTING = re.compile(r"(?<![^\W_])_|_(?![^\W_])")


def clean(text: str) -> str:
    """Without control characters, lone surrogates and overrides of the writing direction."""
    return "".join(c for c in text if c in _KEPT_CONTROLS or unicodedata.category(c)[0] != "C")


def unformatted(text: str) -> str:
    """With nothing left that makes text bold, slanted, struck or code, in Slack or in Teams.

    A low line inside a word formats nothing and stays, so that a key can be copied: spacing_days.
    """
    return _SLANTING.sub("ˍ", text.translate(_ALIKE))
