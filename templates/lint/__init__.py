"""The tone lint: runs on rendered text, in its language's own rules; an error blocks sending."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache

from engine.alert import AlertClass
from engine.story import Story
from engine.usage import PeriodKind
from templates.facts import SMALLEST_GROUP, Fact, facts_of, shown_range, today_of
from templates.lint import reader, tone, truth
from templates.lint.piece import Piece, Problem, Rule
from templates.message import Audience, Message, message, source_line
from templates.pack import pack
from templates.render import ROOM, beside_of, names_of

__all__ = ["Piece", "Problem", "check", "check_text", "check_words", "judge", "neutral"]

# How a text of any kind has to sound, and what more a message has to be.
_ANY_TEXT: tuple[Rule, ...] = (
    tone.words, tone.shaming, tone.marks, tone.disguises, truth.numbers, truth.forecast,
    reader.people,
)  # fmt: skip
_SLOT = re.compile(r"\{[^}]*\}")
_MESSAGE: tuple[Rule, ...] = (
    *_ANY_TEXT, tone.sentences, tone.lengths, truth.order, truth.continuity, reader.prices,
    reader.offers,
)  # fmt: skip


def check(
    message: Message,
    story: Story,
    *,
    audience: Audience,
    locale: str,
    labels: Iterable[str] = (),
    people: Iterable[str] = (),
) -> tuple[Problem, ...]:
    """Every breach in a rendered message; none that blocks means that it may be sent.

    Args:
        message: What would be sent.
        story: The frozen facts it claims to tell.
        audience: Who it is for.
        locale: The language it is written in; its pack holds the rules.
        labels: The labels of controls that decline, as shown beside it.
        people: Names of people at the account, which approvers' texts may not carry.
    """
    piece = replace(
        _piece(story, locale),
        people=tuple(people),
        title=message.title,
        body=message.body,
        chat=message.chat,
        audience=Audience(audience),
        priced=message.priced,
        cited=message.facts,
    )
    problems = judge(piece, labels=labels)
    if message.source_line != source_line(story, locale):
        wanted = "the source line is the meter's own"
        problems = (*problems, Problem("TL07", message.source_line, wanted))
    return problems


def judge(piece: Piece, *, labels: Iterable[str] = ()) -> tuple[Problem, ...]:
    """Every breach in one message, by all rules."""
    found = [problem for rule in _MESSAGE for problem in rule(piece)]
    return (*found, *tone.decline(labels, piece.words))


def check_text(
    text: str,
    story: Story,
    *,
    locale: str,
    audience: Audience = Audience.CHAMPION,
    facts: Mapping[str, Fact] | None = None,
    names: Iterable[str] = (),
) -> tuple[Problem, ...]:
    """Every breach in any other text of a story: why it is seen, an e-mail, the case.

    Args:
        text: What people read, without mark-up.
        story: The frozen facts it claims to tell.
        locale: The language it is written in.
        audience: Who it is for.
        facts: What it may say beyond the story's own facts, by short name.
        names: Further words that are not ours: who asked, a note, a label.
    """
    piece = _piece(story, locale)
    known = {**(piece.facts or {}), **(facts or {})}
    cited = tuple(fact.cited for fact in known.values())
    piece = replace(
        piece,
        title=None,
        body=text,
        audience=Audience(audience),
        facts=known,
        cited=cited,
        names=piece.names | set(names),
    )
    return tuple(problem for rule in _ANY_TEXT for problem in rule(piece))


def check_words(text: str, locale: str) -> tuple[Problem, ...]:
    """Every breach of tone in words that say no fact: a label, an answer. {names} are left out."""
    piece = Piece(words=pack(locale), body=_SLOT.sub("…", text))
    rules = (tone.words, tone.shaming, tone.marks, tone.disguises)
    return tuple(problem for rule in rules for problem in rule(piece))


def neutral(story: Story, locale: str) -> Message:
    """The built-in text that sells nothing, where any other does not pass the lint."""
    notice = story.alert_class is AlertClass.NOTICE
    plainest = replace(story, alert_class=AlertClass.NOTICE if notice else AlertClass.REFLECTION)
    return message(plainest, audience=Audience.USER, locale=locale, can_buy=False, built_in=True)


@lru_cache(maxsize=64)
def _piece(story: Story, locale: str) -> Piece:
    """What is known of a story, before its text is; a story has a dozen texts."""
    words, plan = pack(locale), story.plan
    called = [names_of(story, room) for room in ROOM]
    return Piece(
        words=words,
        body="",
        alert_class=story.alert_class,
        at_limit=story.main.at_limit,
        beside={f"{other.key}.used": other.at_limit for other in story.beside},
        facts=facts_of(story, words),
        ahead=shown_range(story.main, today_of(story)),
        names=_words(called, "account", "product", "one", "many", "value")
        | {other["many"] for room in ROOM for other in beside_of(story, room)},
        plan=_words(called, "plan"),
        next_plan=_words(called, "next_plan"),
        few_people=story.people28 is not None and story.people28 < SMALLEST_GROUP,
        per_period=plan is not None and plan.period is not PeriodKind.NONE,
    )


def _words(called: Iterable[Mapping[str, str]], *which: str) -> set[str]:
    """Words that are not ours, in every length they are cut to."""
    return {names[key] for names in called for key in which} - {""}
