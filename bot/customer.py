"""What people at an account type, carried out: about their own account alone, in every chat."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.grammar import Command
from bot.said import Said
from bot.words import Words
from engine.errors import Forbidden, Invalid
from service import champion, people, quiet, report
from service.champion import Glance
from service.channel import Recipient
from service.context import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One command of somebody at an account."""

    context: Context
    words: Words
    command: Command
    account: str
    person: str
    channel: str


def answer(asked: Asked) -> Said | None:
    """What is answered; None where the chat opens a form for it.

    Raises:
        SegueError: it can't be; `sorry` has words for it.
    """
    found = _VERBS.get(asked.command.verb.name)
    return found(asked) if found else None


def known_lines(named: Sequence[Recipient], words: Words) -> list[str]:
    """Who is known to decide, in or outside of the chat."""
    return [words.say("approver", name=r.name, role=words.role(r.role)) for r in named]


def link(
    context: Context,
    words: Words,
    *,
    channel: str,
    team: str,
    user: str,
    email: str | None,
    name: str | None,
) -> Said:
    """Say who somebody is at the account, and let them in where their address is of it."""
    try:
        _, person, fresh = champion.link(
            context, channel=channel, team=team, user=user, email=email, name=name
        )
    except Forbidden:
        return Said(lines=(words.say("link_domain"),))
    except Invalid:
        return Said(lines=(words.say("link_no_address"),))
    label = "linked_now" if fresh else "linked"
    shown = person.name or person.email or person.id
    return Said(lines=(words.say(label, name=shown, role=words.role(person.role)),))


def again(context: Context, words: Words, account: str, person: str) -> str:
    """Take back a "stop"."""
    champion.stop(context, account, person, stopped=False)
    return words.say("started")


def quiet_line(glance: Glance, usual: tuple[str, str], words: Words) -> str:
    """When this person is pushed nothing."""
    lines = [words.say("quiet_none", start=usual[0], end=usual[1])]
    if glance.quiet.hours:
        start, end = glance.quiet.hours
        lines = [words.say("quiet_own", start=f"{start:%H:%M}", end=f"{end:%H:%M}")]
    if glance.quiet.until:
        lines.append(words.tell("quiet_rest", until=words.instant(glance.quiet.until, glance.zone)))
    return " ".join(lines)


def _usage(asked: Asked) -> Said:
    lines = report.usage(asked.context, account=asked.account, person=asked.person)
    return Said(lines=tuple(lines) or (asked.words.say("no_usage"),))


def _why(asked: Asked) -> Said:
    lines = report.why(asked.context, account=asked.account, person=asked.person)
    return Said(lines=tuple(lines))


def _quiet(asked: Asked) -> Said:
    command, words = asked.command, asked.words
    who = (asked.context, asked.account, asked.person)
    try:
        if command.off:
            quiet.lift(*who)
        elif command.hours:
            quiet.hours(*who, (command.hours[0], command.hours[1]))
        elif command.span:
            quiet.rest(*who, command.span)
    except Invalid:
        return Said(lines=(words.say("quiet_too_long"),))
    usual = asked.context.policy().policy.quiet.hours
    lines = [words.say("quiet_lifted")] if command.off else []
    lines.append(quiet_line(champion.glance(*who), usual, words))
    return Said(lines=tuple(lines), small=(words.say("quiet_small"),))


def _doctor(asked: Asked) -> Said:
    """Who one is here, and whether one can be written to: what is asked when nothing comes."""
    words, who = asked.words, people.of_token(asked.context, asked.account, asked.person)
    reached = asked.channel in who.reachable and not who.muted
    you = words.say(
        "doctor_you" if reached else "doctor_you_not",
        name=people.display(who),
        role=words.role(who.role),
    )
    name = people.account_name(asked.context, asked.account)
    lines = [words.say("doctor_here", account=name), you]
    return Said(lines=(*lines, words.say("doctor_muted")) if who.muted else tuple(lines))


def _stop(asked: Asked) -> Said:
    done = champion.stop(asked.context, asked.account, asked.person, stopped=True)
    return Said(lines=(asked.words.say("stopped" if done else "stopped_already"),))


_VERBS: Mapping[str, Callable[[Asked], Said]] = {
    "usage": _usage,
    "why": _why,
    "quiet": _quiet,
    "stop": _stop,
    "doctor": _doctor,
}
