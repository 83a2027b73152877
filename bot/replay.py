"""`simulate`: a replay of stored usage, begun, followed and told; the same in every chat."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal

from bot.grammar import Command
from bot.said import Said
from bot.words import Words
from engine.errors import Invalid, NotFound
from service import backtest_job, replayed
from service.context import Context
from service.replayed import Replay

EVERY = 3.0
"""Seconds between two looks; chats take about one change of a message a second."""
_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A replay that runs, what it is called, and by which policy it is."""

    id: str
    title: str
    version: int


def begin(context: Context, command: Command, by: str, words: Words) -> Begun:
    """Begin one.

    Raises:
        Invalid: over no span that can be replayed.
        Conflict: another is under way.
    """
    days = command.span.days if command.span else _DAYS
    if not 1 <= days <= backtest_job.LONGEST:
        raise Invalid("use 1 to 400 days", pointer="/days")
    made = backtest_job.start(context, json.dumps({"days": days}).encode(), by)
    title = words.say("simulate_title", span=words.count("n_days", days))
    return Begun(id=made.id, title=title, version=context.policy().version)


async def follow(
    context: Context,
    begun: Begun,
    changed: Callable[[Replay], Awaitable[None]],
    *,
    every: float | None = None,
) -> None:
    """Tell of it whenever there is news, until there is a result."""
    shown = (0, 0)
    while True:
        try:
            found = await asyncio.to_thread(replayed.replay, context, begun.id)
        except NotFound:
            return
        if over(found):
            await changed(found)
            return
        if found.progress != shown:
            shown = found.progress
            await changed(found)
        await asyncio.sleep(EVERY if every is None else every)


def over(found: Replay) -> bool:
    """Whether there is a result, if only that it failed."""
    return found.done or found.why is not None


def progress(found: Replay, words: Words) -> tuple[Decimal, Decimal, str]:
    """How far it is, of how much, and how one says that; nothing yet where that is unknown."""
    done, of = found.progress
    said = words.say("simulate_progress", done=words.number(done), of=words.number(of))
    return Decimal(done), Decimal(max(of, 1)), said if of else ""


def result(begun: Begun, found: Replay, words: Words) -> Said:
    """What it came to, in counts."""
    if not found.done:
        why = words.tell("simulate_failed", why=found.why or "–")
        return Said(title=begun.title, lines=(why,))
    pairs = [
        (words.say("simulate_said"), _told(found, words)),
        (words.say("simulate_accounts"), words.number(found.accounts)),
    ]
    if found.judged:
        part, whole = words.number(found.passed), words.number(found.judged)
        pairs.append(
            (words.say("simulate_right"), words.say("simulate_of", part=part, whole=whole))
        )
    done = words.say("simulate_done", version=str(begun.version))
    return Said(title=begun.title, lines=(done,), pairs=tuple(pairs))


def silences(found: Replay, words: Words) -> tuple[tuple[str, str], ...]:
    """The most frequent reasons for silence."""
    return tuple(
        (_upper(words.reason(code)), words.count("n_accounts", n)) for code, n in found.silences
    )


def spoke(found: Replay) -> bool:
    """Whether anything would have been said."""
    return found.done and any(n for _, n in found.counts)


def alt(found: Replay, words: Words) -> str:
    """What the chart shows, in words."""
    assert found.first is not None
    assert found.last is not None
    first, last = (words.day(day, found.last) for day in (found.first, found.last))
    return words.tell("simulate_alt", first=first, last=last, said=_told(found, words))


def asked(context: Context, name: str, words: Words) -> str:
    """Who asked for it, and when."""
    zone = context.policy().catalogue.product.time_zone
    at = words.instant(context.clock.now(), zone)
    return words.tell("simulate_by", name=name, at=at)


def _told(found: Replay, words: Words) -> str:
    counts = [words.count(f"n_{kind}", n) for kind, n in found.counts if n]
    return ", ".join(counts) or words.say("simulate_nothing")


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
