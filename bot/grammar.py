"""The grammar of `/segue`, the same in every chat: what was typed becomes a command or a hint."""

import shlex
from dataclasses import dataclass
from difflib import get_close_matches

_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """Something one can ask for; its sentence is the label `verb_<name>`."""

    name: str
    usage: str
    example: str
    most: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A verb and what was typed after it, quotes and case kept."""

    verb: Verb
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Misread:
    """No command: what was typed, the nearest verb if there is one, and whose usage would help."""

    typed: str
    nearest: str | None = None
    verb: Verb | None = None


VERBS: dict[str, Verb] = {
    verb.name: verb
    for verb in (
        Verb(name="usage", usage="usage", example="usage"),
        Verb(name="why", usage="why", example="why"),
        Verb(name="approvers", usage="approvers", example="approvers"),
        Verb(name="help", usage="help [verb]", example="help why", most=1),
    )
}


def parse(text: str) -> Command | Misread:
    """Read what somebody typed after `/segue` (or after the @mention)."""
    try:
        words = shlex.split(text.translate(_QUOTES))
    except ValueError:
        words = text.split()
    if not words:
        return Command(verb=VERBS["help"])
    name, rest = words[0].lower(), tuple(words[1:])
    verb = VERBS.get(name)
    if verb is None:
        return Misread(typed=words[0], nearest=nearest(name))
    if len(rest) > verb.most:
        return Misread(typed=" ".join(rest), verb=verb)
    if verb.name == "help" and rest and rest[0].lower() not in VERBS:
        return Misread(typed=rest[0], nearest=nearest(rest[0]))
    return Command(verb=verb, words=rest)


def nearest(word: str) -> str | None:
    """The verb that was probably meant."""
    found = get_close_matches(word.lower(), VERBS, n=1, cutoff=0.6)
    return found[0] if found else None
