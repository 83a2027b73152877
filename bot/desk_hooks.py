"""The admin's verb for webhooks: which there are, what was sent to one, and a sample to one."""

from bot.changes import Order
from bot.said import Said
from bot.words import Words
from service import webhook_log, webhooks
from service.context import Context
from service.doctor import Hook
from service.webhook_log import Delivery
from service.webhooks import Stated

NEWEST = 10


def webhooks_of(context: Context, words: Words, order: Order) -> Said:
    """All endpoints, or one with its newest events, or a sample to one."""
    name = order.command.endpoint
    if name is None:
        return _all(context, words)
    if order.command.test:
        event = webhooks.test(context, name, order.by)
        follow = words.tell("hooks_follow", example=words.typed(f"webhooks {quoted(name)}"))
        return Said(lines=(words.tell("hooks_tested", event=event),), small=(follow,))
    return _one(context, words, name)


def troubles(hooks: tuple[Hook, ...], words: Words, zone: str) -> tuple[str, ...]:
    """What is wrong with endpoints, of some of them: the verb shows all."""
    return tuple(
        words.tell(
            f"doctor_hook_{one.why}", endpoint=one.endpoint, since=words.instant(one.since, zone)
        )
        for one in hooks[:NEWEST]
    )


def quoted(name: str) -> str:
    """A name as one types it."""
    return f'"{name}"' if " " in name else name


def _all(context: Context, words: Words) -> Said:
    found, zone = webhooks.every(context), _zone(context)
    pairs = tuple((one.endpoint, _standing(one, words, zone)) for one in found)
    small = words.tell("hooks_small", example=words.typed("webhooks NAME"))
    lines = () if found else (words.say("hooks_none"),)
    return Said(title=words.say("hooks_title"), lines=lines, pairs=pairs, small=(small,))


def _one(context: Context, words: Words, name: str) -> Said:
    stated, zone = webhooks.get(context, name), _zone(context)
    page = webhook_log.page(context, name, after="", state=None, limit=NEWEST)
    pairs = tuple(
        (f"{one.type}, {words.instant(one.created_at, zone)}", _came(one, words, zone))
        for one in page.deliveries
    )
    log = words.say("hooks_newest") if pairs else words.say("hooks_nothing")
    kinds = words.tell("hooks_told", events=", ".join(stated.events))
    lines = (_standing(stated, words, zone), kinds, log)
    return Said(title=name, lines=lines, pairs=pairs, small=(words.say("hooks_replay"),))


def _standing(one: Stated, words: Words, zone: str) -> str:
    parts = [words.say("hooks_on" if one.enabled else "hooks_off")]
    if one.disabled is not None:
        at = words.instant(one.disabled.at, zone)
        parts = [words.tell(f"hooks_{one.disabled.why}", at=at)]
    elif one.failing_since is not None:
        parts.append(words.tell("hooks_fails", since=words.instant(one.failing_since, zone)))
    if one.waiting:
        parts.append(words.count("n_hooks_waiting", one.waiting))
    if one.dead:
        parts.append(words.count("n_hooks_dead", one.dead))
    return "; ".join(parts)


def _came(one: Delivery, words: Words, zone: str) -> str:
    """Where an event stands, and what the last try came to."""
    state = words.say(f"hooks_{one.state}")
    if one.due_at is not None and one.attempts:
        state = words.tell("hooks_again", at=words.instant(one.due_at, zone))
    if not one.attempts:
        return state
    last = one.attempts[-1]
    answer = str(last.status) if last.status is not None else (last.error or "").replace("_", " ")
    tries = words.count("n_tries", len(one.attempts))
    return f"{state}; {tries}, {words.tell('hooks_last', answer=answer)}"


def _zone(context: Context) -> str:
    return context.policy().catalogue.product.time_zone
