"""Whether it is true and sourced: value first, cited numbers, the limit, and forecasts."""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from engine.alert import AlertClass
from templates.facts import FactKind
from templates.formats import NARROWEST_RANGE
from templates.lint.patterns import found, rule
from templates.lint.piece import Piece, Problem
from templates.masks import whole
from templates.pack import pack

_CALENDAR = ("format", "stand-alone")


def order(piece: Piece) -> Iterable[Problem]:
    """TL06: a fact of value has to be there, and to come before any limit."""
    if piece.facts is None:
        return
    value = _first(piece, FactKind.VALUE)
    if value is None:
        yield Problem("TL06", (piece.title or piece.body)[:40], "say first what was accomplished")
        return
    limit = _first(piece, FactKind.LIMIT)
    if limit is not None and limit < value:
        yield Problem("TL06", piece.raw[limit : limit + 20], "the value comes before the limit")
    for text in found(piece.words, piece.fold(piece.raw[:value]), "limit", "words"):
        yield Problem("TL06", text, "the value comes before the limit")


def _first(piece: Piece, kind: FactKind) -> int | None:
    facts = piece.facts or {}
    values = [fact.cited.value for fact in facts.values() if fact.kind is kind]
    places = [re.search(whole(value), piece.raw) for value in values if value]
    return min((place.start() for place in places if place), default=None)


def numbers(piece: Piece) -> Iterable[Problem]:
    """TL07: every number and date is a fact of the story, word for word, and is cited."""
    if piece.facts is None:
        return
    for match in re.finditer(r"\S*\d\S*", piece.bare):
        yield Problem("TL07", match.group(), "not the formatted value of a fact")
    for text in _in_words(piece):
        yield Problem("TL07", text, "a number or date in words has no source either")
    known = {fact.cited for fact in piece.facts.values()}
    for cited in piece.cited:
        if cited not in known:
            yield Problem("TL07", cited.value, f"{cited.id} is not what the story says")
    cited_values = {cited.value for cited in piece.cited}
    for value in sorted(piece.shown):
        if any(c.isdigit() for c in value) and value not in cited_values:
            yield Problem("TL07", value, "shown and not cited")


def _in_words(piece: Piece) -> Iterator[str]:
    """Numbers, months and days that are written out and belong to no fact."""
    yield from found(piece.words, piece.bare, "numerals", "words")
    for pattern in _calendar(piece.words.name):
        yield from (match.group() for match in pattern.finditer(piece.bare))


@cache
def _calendar(name: str) -> tuple[re.Pattern[str], ...]:
    """The language's months and days: those that are nothing else, and those that may be."""
    locale, own = pack(name).babel, set(pack(name).rules["dates"]["ambiguous"])
    wide = {str(n) for kind in _CALENDAR for n in locale.months[kind]["wide"].values()}
    wide |= {str(n) for kind in _CALENDAR for n in locale.days[kind]["wide"].values()}
    short = {str(n).rstrip(".") for n in locale.months["format"]["abbreviated"].values()}
    plain, doubtful = sorted(wide - own), sorted((wide & own) | (short - wide))
    return (
        re.compile(rf"(?<!\w)(?:{'|'.join(plain)})(?!\w)", re.IGNORECASE),
        # "May" and "March" are words too, at the head of a sentence at least.
        re.compile(rf"(?<=[\w,]\s)(?:{'|'.join(doubtful)})(?!\w)"),
    )


def continuity(piece: Piece) -> Iterable[Problem]:
    """TL08: an ask says what truly happens at the limit, and no text says anything else."""
    if piece.at_limit is None:
        return
    said, told = piece.fold(piece.raw), {fact.id for fact in piece.cited}
    beside = {truth for used, truth in piece.beside.items() if used in told}
    needed = beside | ({piece.at_limit} if piece.alert_class is AlertClass.ASK else set())
    for truth in sorted(needed):
        if not rule(piece.words, "continuity", truth, "says").search(said):
            yield Problem("TL08", piece.body[:60], "say what truly happens at the limit")
    # What would be false of the one limit may be true of another that the text tells of.
    others = [rule(piece.words, "continuity", truth, "says") for truth in sorted(beside)]
    true = [match.span() for says in others for match in says.finditer(piece.spoken)]
    for match in rule(piece.words, "continuity", piece.at_limit, "never").finditer(piece.spoken):
        if not any(start < match.end() and match.start() < end for start, end in true):
            yield Problem("TL08", match.group(), "that is not what happens at the limit")


def forecast(piece: Piece) -> Iterable[Problem]:
    """TL12: a forecast is a range of days with a hedge before it; one day alone is a promise."""
    if piece.title is None or piece.facts is None:
        yield from _hedged_lines(piece)
        return
    said = rule(piece.words, "forecast", "claim").search(piece.spoken)
    hedge = rule(piece.words, "forecast", "hedge")
    fact = piece.facts.get("forecast")
    value = fact.cited.value if fact else ""
    places = list(re.finditer(whole(value), piece.raw)) if value else []
    for place in places:
        if not hedge.search(piece.fold(piece.raw[: place.start()])):
            yield Problem("TL12", place.group(), "“around” stands before a forecast")
    if said and not places:
        yield Problem("TL12", said.group(), "a forecast names its range of days")
    narrow = piece.ahead is not None and piece.ahead.high - piece.ahead.low < NARROWEST_RANGE
    if places and (narrow or not re.search(r"\d\D+\d", value)):
        yield Problem("TL12", value, f"a range of {NARROWEST_RANGE.days + 1} days at least")


def _hedged_lines(piece: Piece) -> Iterable[Problem]:
    """Running text, or a text whose facts are not known: what is foreseen is hedged in its line."""
    parts = (rule(piece.words, "forecast", name) for name in ("claim", "crossing", "hedged"))
    claim, crossing, hedged = parts
    for line in piece.spoken.split("\n"):
        said = claim.search(line)
        if said and crossing.search(line) and not hedged.search(line):
            yield Problem("TL12", said.group(), "a forecast says “around” and a range of days")
