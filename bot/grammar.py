"""The grammar of `/segue`, the same in every chat: what was typed becomes a command or a hint."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from bot import amounts
from bot.verbs import AT, VERBS, Part, Place, Verb
from engine.alert import Moment
from engine.snapshot import Role

__all__ = ["VERBS", "Command", "Misread", "Place", "Verb", "Wrong", "nearest", "parse"]
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
_WORD = re.compile(r"""\s*(?:"([^"]*)"(?=\s|$)|'([^']*)'(?=\s|$)|(\S+))""")
_AUDIENCES = (Role.USER, Role.CHAMPION, Role.MANAGER, Role.FINANCE)


class Wrong(StrEnum):
    """What is the matter with something that was typed."""

    NO_VERB = "no_verb"
    ELSEWHERE = "elsewhere"
    NOT_NEEDED = "not_needed"
    MISSING = "missing"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A verb and what was typed behind it, quotes and case kept; None: it was not said."""

    verb: Verb
    account: str | None = None
    moment: Moment | None = None
    audience: Role | None = None
    key: str | None = None
    value: str | None = None
    span: timedelta | None = None
    on: date | None = None
    because: str | None = None
    hours: tuple[time, ...] = ()
    off: bool = False
    about: Verb | None = None
    endpoint: str | None = None
    test: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Misread:
    """No command: what was typed, what is the matter, and what would help.

    `nearest`: what was probably meant. `verb`: whose usage helps. `wants`: what should stand there.
    """

    typed: str
    wrong: Wrong
    nearest: str | None = None
    verb: Verb | None = None
    wants: Part | None = None


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int


@dataclass(slots=True)
class _Reading:
    """How far it came. `rest`: the words still to be read, `line`: all that was typed."""

    line: str
    rest: list[_Word]
    command: Command
    said: set[str] = field(default_factory=set)


class _NoCommand(Exception):
    def __init__(self, misread: Misread) -> None:
        self.misread = misread


def parse(text: str, place: Place = Place.CUSTOMER) -> Command | Misread:
    """Read what somebody typed after `/segue` (or after the @mention) at this place."""
    line = text.translate(_QUOTES)
    words = [_Word(_unquoted(found), found.start()) for found in _WORD.finditer(line)]
    if not words:
        return Command(verb=AT[place]["help"])
    try:
        return _read(_Reading(line, words[1:], Command(verb=_verb(words[0].text, place))))
    except _NoCommand as refused:
        return refused.misread


def nearest(word: str, place: Place) -> str | None:
    """The verb of this place that was probably meant."""
    return _closest(word, AT[place])


def _verb(word: str, place: Place) -> Verb:
    verb = AT[place].get(word.lower())
    if verb is not None:
        return verb
    other = next(p for p in Place if p is not place)
    wrong = Wrong.ELSEWHERE if word.lower() in AT[other] else Wrong.NO_VERB
    raise _NoCommand(Misread(typed=word, wrong=wrong, nearest=nearest(word, place)))


def _read(reading: _Reading) -> Command:
    verb = reading.command.verb
    for number, part in enumerate(verb.takes):
        if not reading.rest:
            if number < verb.needs:
                raise _NoCommand(Misread(typed="", wrong=Wrong.MISSING, verb=verb, wants=part))
            break
        if number >= verb.needs and _leads(reading, verb) is not None:
            break
        _take(reading, part)
    while reading.rest:
        leading = _leads(reading, verb)
        if leading is None:
            typed = " ".join(word.text for word in reading.rest)
            raise _NoCommand(_too_much(typed, reading.rest[0].text, verb))
        word = reading.rest.pop(0).text.lower()
        reading.said.add(word)
        if not reading.rest:
            raise _NoCommand(Misread(typed=word, wrong=Wrong.MISSING, verb=verb, wants=leading))
        _take(reading, leading)
    for word in verb.must:
        if word not in reading.said:
            part = dict(verb.led)[word]
            raise _NoCommand(Misread(typed="", wrong=Wrong.MISSING, verb=verb, wants=part))
    if Part.REVOKE in reading.said and reading.command.key is None:
        raise _NoCommand(Misread(typed="", wrong=Wrong.MISSING, verb=verb, wants=Part.KEY))
    return _whole(reading.command)


def _leads(reading: _Reading, verb: Verb) -> Part | None:
    """What the next word announces, where it announces something that was not said yet."""
    word = reading.rest[0].text.lower()
    return dict(verb.led).get(word) if word not in reading.said else None


def _too_much(typed: str, first: str, verb: Verb) -> Misread:
    led = _closest(first, [word for word, _ in verb.led])
    return Misread(typed=typed, wrong=Wrong.NOT_NEEDED, verb=verb, nearest=led)


def _take(reading: _Reading, part: Part) -> None:
    """Read one part from the words that are left."""
    word = reading.rest.pop(0)
    change = _meant(reading, part, word)
    if not change:
        raise _NoCommand(_unreadable(word.text, part, reading.command.verb))
    reading.command = replace(reading.command, **change)


def _meant(reading: _Reading, part: Part, word: _Word) -> dict[str, Any]:
    """What a word, or several, say of the command; nothing where they can't be read as that."""
    text, command = word.text, reading.command
    match part:
        case Part.ACCOUNT | Part.KEY | Part.ENDPOINT:
            return {str(part): text} if text.strip() else {}
        case Part.VALUE | Part.BECAUSE:
            said = _verbatim(reading, word)
            return {str(part): said} if said else {}
        case Part.MOMENT:
            return _choice(part, text.replace("-", "_"), Moment)
        case Part.AUDIENCE:
            return _choice(part, text, _AUDIENCES)
        case Part.SPAN:
            if reading.rest and amounts.is_unit(reading.rest[0].text):
                text = f"{text} {reading.rest.pop(0).text}"
            span = amounts.span(text)
            return {"span": span} if span else {}
        case Part.DAY:
            day = amounts.day(text)
            return {"on": day} if day else {}
        case Part.WHEN if text.lower() == "off":
            return {"off": True}
        case Part.HOURS | Part.WHEN:
            at = amounts.time_of_day(text)
            return {"hours": (*command.hours, at)} if at else {}
        case Part.VERB:
            return {"about": _about(text, command.verb)}
        case Part.TEST:
            return {"test": True} if text.lower() == part else {}
        case Part.ME | Part.REVOKE:
            reading.said.add(part)
            return {"off": command.off} if text.lower() == part else {}


def _choice(part: Part, text: str, known: Iterable[StrEnum]) -> dict[str, Any]:
    return {str(part): one for one in known if one == text.lower()}


def _verbatim(reading: _Reading, word: _Word) -> str:
    """Everything from this word on, as it was typed; one pair of quotes around it is left out."""
    said = reading.line[word.start :].strip()
    alone = not reading.rest
    reading.rest.clear()
    return word.text.strip() if alone else said


def _about(text: str, verb: Verb) -> Verb:
    found = AT[verb.place].get(text.lower())
    if found is None:
        meant = nearest(text, verb.place)
        raise _NoCommand(Misread(typed=text, wrong=Wrong.NO_VERB, nearest=meant))
    return found


def _unreadable(text: str, part: Part, verb: Verb) -> Misread:
    known: list[str] = []
    match part:
        case Part.MOMENT:
            known = list(Moment)
        case Part.AUDIENCE:
            known = list(_AUDIENCES)
        case Part.ME | Part.REVOKE | Part.TEST:
            known = [part]
    return Misread(
        typed=text, wrong=Wrong.UNREADABLE, verb=verb, wants=part, nearest=_closest(text, known)
    )


def _whole(command: Command) -> Command:
    """What belongs together is there together."""
    verb = command.verb
    takes_hours = Part.HOURS in verb.takes
    if takes_hours and len(command.hours) == 1:
        raise _NoCommand(Misread(typed="", wrong=Wrong.MISSING, verb=verb, wants=Part.HOURS))
    if takes_hours and command.hours and command.hours[0] == command.hours[1]:
        typed = f"{command.hours[0]:%H:%M}"
        raise _NoCommand(Misread(typed=typed, wrong=Wrong.UNREADABLE, verb=verb, wants=Part.HOURS))
    if (command.off and command.hours) or (command.hours and command.span):
        raise _NoCommand(Misread(typed="", wrong=Wrong.NOT_NEEDED, verb=verb))
    return command


def _unquoted(found: re.Match[str]) -> str:
    return next(group for group in found.groups() if group is not None)


def _closest(word: str, known: "list[str] | dict[str, Verb]") -> str | None:
    found = get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    return found[0] if found else None
