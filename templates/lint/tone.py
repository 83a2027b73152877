"""How it sounds: pressing words, loud marks, sentences that are too long, texts that are."""

import re
import unicodedata
from collections.abc import Iterable

from templates.lint.fold import hidden
from templates.lint.patterns import found
from templates.lint.piece import Piece, Problem
from templates.message import BODY, CHAT, TITLE
from templates.pack import Pack

_JOINERS = "\u200c\u200d"
_ISOLATES = "\u2066\u2067\u2068\u2069"
_SPACED = re.compile(r"(?<!\w)\w(?:[ .\-_*·]\w){3,}(?!\w)")
_SMILEY = re.compile(r"(?<!\w)[:;=]['-]?[)(DPp3](?!\w)|<3")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n|;\s")

_WANTED = {
    "TL01": "say what goes on, not what is lost or used up",
    "TL02": "leave out the hurry: the reader chooses when",
    "TL03": "leave out the crowd and the scarcity",
    "TL05": "say what it does, without selling",
    "TL11": "neither blame nor praise the reader",
}


def words(piece: Piece) -> Iterable[Problem]:
    """TL01, TL02, TL03, TL05, TL11: words that press."""
    for code in piece.words.rules["words"]:
        for text in found(piece.words, piece.spoken, "words", code):
            yield Problem(code, text, _WANTED[code])


def shaming(piece: Piece) -> Iterable[Problem]:
    """TL04: an answer put into the reader's mouth."""
    for text in found(piece.words, piece.spoken, "confirm_shaming", "patterns"):
        yield Problem("TL04", text, "no answer is put into the reader's mouth")


def marks(piece: Piece) -> Iterable[Problem]:
    """TL05: shouting, pictures, and letters that are not what they look like."""
    if "!" in piece.spoken:
        yield Problem("TL05", "!", "no exclamation mark")
    allowed = piece.words.rules["capitals"]["allowed"]
    for word in re.findall(r"(?<!\w)[^\W\d_]{2,}(?!\w)", piece.bare):
        if word.isupper() and word not in allowed:
            yield Problem("TL05", word, "no word in capitals")
    for match in _SPACED.finditer(piece.bare):
        yield Problem("TL05", match.group(), "no letters set apart")
    for match in _SMILEY.finditer(piece.spoken):
        yield Problem("TL05", match.group(), "no emoji")
    for character in sorted(set(piece.spoken)):
        if unicodedata.category(character) in ("So", "Sk"):
            yield Problem("TL05", character, "no emoji")


def disguises(piece: Piece) -> Iterable[Problem]:
    """TL05: characters nobody sees, and letters of another script among ours."""
    latin = piece.words.rules["alphabet"]["script"] == "LATIN"
    fine = _ISOLATES if latin else _ISOLATES + _JOINERS
    for character in sorted(set(piece.unnamed)):
        name = unicodedata.name(character, "a control character")
        if hidden(character) and character not in fine:
            yield Problem("TL05", name.lower(), "no hidden characters")
        elif latin and unicodedata.category(character)[0] == "L":
            plain = unicodedata.normalize("NFKC", character)
            if not all(unicodedata.name(c, "").startswith("LATIN") for c in plain if c.isalpha()):
                yield Problem("TL05", f"{character} ({name.lower()})", "letters of one script")


def sentences(piece: Piece) -> Iterable[Problem]:
    """TL09, a warning: sentences that are hard to read at a glance."""
    rules = piece.words.rules["sentences"]
    counts = [len(part.split()) for part in _SENTENCE_END.split(piece.bare) if part.strip()]
    for part in _SENTENCE_END.split(piece.bare):
        if len(part.split()) > rules["longest"]:
            most = f"a sentence has at most {rules['longest']} words"
            yield Problem("TL09", f"{len(part.split())} words", most)
    if len(counts) > 2 and sum(counts) > rules["mean"] * len(counts):
        mean = f"{sum(counts) / len(counts):.0f} words on average"
        yield Problem("TL09", mean, f"sentences have {rules['mean']} words on average")


def lengths(piece: Piece) -> Iterable[Problem]:
    """TL10: what a banner and a chat hold."""
    if piece.title is None:
        sizes: tuple[tuple[str, str, int], ...] = (("body", piece.body, BODY),)
    else:
        sizes = (("title", piece.title, TITLE), ("body", piece.body, BODY))
    for name, text, most in (*sizes, ("chat", piece.chat, CHAT)):
        if len(text) > most:
            yield Problem("TL10", f"{len(text)} characters", f"{name} has at most {most}")
    if piece.title == "" or not piece.body.strip():
        yield Problem("TL10", "nothing", "title and body, divided by a line of three dashes")


def decline(labels: Iterable[str], words: Pack) -> Iterable[Problem]:
    """TL04: a control that says no carries a neutral label."""
    neutral = words.words["decline"]["labels"]
    for label in labels:
        if label not in neutral:
            yield Problem("TL04", label, f"a decline is one of: {', '.join(neutral)}")
