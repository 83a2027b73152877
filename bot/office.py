"""What admins type where the vendor works, carried out: the same in every chat."""

from collections.abc import Callable, Mapping

from bot import changes, desk, desk_hooks
from bot.changes import Order
from bot.grammar import Command, Misread, Place, parse
from bot.said import Said
from bot.sorry import sorry_desk
from bot.waiting import Waiting
from bot.words import Words
from engine.errors import SegueError, Unavailable
from service.context import Context

_LOOKS: Mapping[str, desk.Verb] = {
    "status": desk.status,
    "meters": desk.meters,
    "plans": desk.plans,
    "why": desk.why,
    "holdout": desk.holdout,
    "report": desk.report,
    "doctor": desk.examine,
}
_CHANGES: Mapping[str, Callable[[Context, Words, Order], Said]] = {
    "policy": changes.policy,
    "quiet-hours": changes.quiet_hours,
    "mute": changes.mute_account,
    "unmute": changes.unmute_account,
    "pause": changes.pause_all,
    "resume": changes.resume_all,
    "keys": changes.list_keys,
    "webhooks": desk_hooks.webhooks_of,
}
OWN = frozenset({"link", "preview", "test", "simulate"})
"""What each chat does in its own way; the form of `policy` is another."""


def wants_form(command: Command) -> bool:
    """Whether the form with the settings is asked for."""
    return command.verb.name == "policy" and command.key is None


def answer(context: Context, words: Words, order: Order) -> Said:
    """Look something up, or propose a change.

    Raises:
        SegueError: it can't be; `sorry_desk` has words for it.
    """
    command, name = order.command, order.command.verb.name
    if name == "policy" and command.value is None:
        return desk.policy_key(context, words, command)
    if name == "quiet-hours" and not command.hours:
        return desk.quiet_hours(context, words, command)
    if name in _LOOKS:
        return _LOOKS[name](context, words, command)
    return _CHANGES[name](context, words, order)


def confirmed(context: Context, words: Words, wanted: Waiting, by: str) -> Said:
    """Carry out what was proposed, read again from the command that it was typed as."""
    command = parse(wanted.line, Place.HOME)
    if isinstance(command, Misread) or command.verb.name not in _CHANGES:
        return Said(lines=(words.say("stale"),))
    order = Order(command=command, line=wanted.line, by=by, sure=True, version=wanted.version)
    try:
        return _CHANGES[command.verb.name](context, words, order)
    except Unavailable:
        raise
    except SegueError as error:
        return sorry_desk(error, command, words)
