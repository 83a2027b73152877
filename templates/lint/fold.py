"""One plain spelling for every way of writing the same letters: a disguise hides nothing."""

import re
import unicodedata
from functools import cache

# Letters of other alphabets, and odd Latin ones, that look like plain Latin letters.
_LOOK_ALIKES = {
    "а": "a", "в": "b", "ь": "b", "с": "c", "ԁ": "d", "е": "e", "ѐ": "e", "һ": "h", "н": "h",
    "і": "i", "ј": "j", "к": "k", "ӏ": "l", "м": "m", "п": "n", "о": "o", "р": "p", "ԛ": "q",
    "г": "r", "ѕ": "s", "т": "t", "у": "y", "ѵ": "v", "ԝ": "w", "х": "x",
    "α": "a", "β": "b", "ε": "e", "η": "n", "ι": "i", "κ": "k", "ν": "v", "ο": "o", "ρ": "p",
    "σ": "o", "τ": "t", "υ": "u", "χ": "x", "γ": "y", "ω": "w", "ϲ": "c", "ϳ": "j",
    "օ": "o", "ս": "u", "հ": "h", "ո": "n", "ց": "g", "զ": "q", "ա": "w",
    "ı": "i", "ȷ": "j", "ɑ": "a", "ɡ": "g", "ɩ": "i", "ø": "o", "ł": "l", "đ": "d", "ɓ": "b",
    "ʋ": "v", "ᴀ": "a", "ʙ": "b", "ᴄ": "c", "ᴅ": "d", "ᴇ": "e", "ꜰ": "f", "ɢ": "g", "ʜ": "h",
    "ɪ": "i", "ᴊ": "j", "ᴋ": "k", "ʟ": "l", "ᴍ": "m", "ɴ": "n", "ᴏ": "o", "ᴘ": "p", "ʀ": "r",
    "ꜱ": "s", "ᴛ": "t", "ᴜ": "u", "ᴠ": "v", "ᴡ": "w", "ʏ": "y", "ᴢ": "z",
}  # fmt: skip
_UPPER = {
    one.upper(): plain.upper() for one, plain in _LOOK_ALIKES.items() if len(one.upper()) == 1
}
_LATIN = str.maketrans(_UPPER | _LOOK_ALIKES | {"ǃ": "!"})
_SIGNS = str.maketrans(
    dict.fromkeys("’‘‛ʼʹ′＇`´ʻˈ՚ꞌ", "'")
    | dict.fromkeys("“”„‟«»″〝〞", '"')
    | dict.fromkeys("‐‑‒–—―−﹣－⁃", "-")
)
_SPACES = re.compile(r"[^\S\n]+")
_BLANK = "\u115f\u1160\u3164\uffa0\u2800\u034f"  # Letters and signs that draw nothing.


def folded(text: str, *, script: str, letters: str) -> str:
    """`text` in one plain spelling.

    Args:
        text: What was written, with names and facts already taken out.
        script: The script of the language; look-alikes are read as letters of it ("LATIN").
        letters: The language's own letters with marks ("äöü"); others lose theirs.
    """
    # Signs first: NFKC would make a spacing accent a space and a combining one.
    plain = unicodedata.normalize("NFKC", text.translate(_SIGNS))
    return _SPACES.sub(" ", plain.translate(_spelling(script, letters)))


class _Spelling(dict[int, str]):
    """Every character met so far in plain spelling, for `str.translate`."""

    def __init__(self, script: str, letters: str) -> None:
        super().__init__()
        self._script, self._letters = script, letters

    def __missing__(self, point: int) -> str:
        self[point] = plain = _spelt(chr(point), self._script, self._letters)
        return plain


@cache
def _spelling(script: str, letters: str) -> _Spelling:
    return _Spelling(script, letters)


def _spelt(character: str, script: str, letters: str) -> str:
    """One character in plain spelling; nothing where it draws nothing."""
    if hidden(character) or character in _BLANK:
        return ""
    character = character.translate(_SIGNS)
    if script == "LATIN":
        return _bare(character, letters).translate(_LATIN)
    return character


def hidden(character: str) -> bool:
    """Whether a character draws nothing but changes what is around it."""
    if "\ufe00" <= character <= "\ufe0f":
        return True
    return unicodedata.category(character) in ("Cf", "Cc") and character not in "\n\t"


def _bare(character: str, letters: str) -> str:
    """The letter without its marks, unless it is one of the language's own."""
    if character.lower() in letters or character < "\u00c0":
        return character
    parts = unicodedata.normalize("NFD", character)
    return "".join(c for c in parts if unicodedata.category(c) not in ("Mn", "Me"))
