"""Which buttons a message has, for whom and when, before any chat draws them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.clicks import Click
from bot.refs import Ref
from bot.words import Words
from engine.alert import AlertClass
from service.channel import ForwardState, Outgoing, Recipient

_UNDER_WAY = ("waiting", "sent")
_KNOWN_SHOWN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """Something to press: it comes back to us with `ref`, or it opens `url`.

    `name`: its click, with a number where there are several of a kind.
    """

    name: str
    label: str
    ref: Ref | None = None
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Buttons beside each other."""

    name: str
    buttons: tuple[Button, ...]


def choices(outgoing: Outgoing, ref: Ref, words: Words, *, useful: bool) -> tuple[Row, ...]:
    """What a champion can press; `useful`: they said already that it is."""
    if outgoing.closed_as:
        return ()
    answers = _answers(ref, words, useful=useful)
    match outgoing.story.alert_class:
        case AlertClass.NOTICE:
            return row("choices", [_opt_out(ref, words)])
        case AlertClass.REFLECTION:
            return row("choices", answers)
        case AlertClass.ASK:
            sending = _sending(ref, words, outgoing.recipients, outgoing.forwards)
            send = row("send", [*sending, *_plan_link(outgoing, words)])
            return (*send, *row("choices", answers))


def decisions(outgoing: Outgoing, ref: Ref, words: Words) -> list[Button]:
    """Approving happens on the page, where everything is visible; the rest here."""
    pages = [
        *link(1, words.say("open_case"), outgoing.case_url),
        *link(2, words.say("approve_question"), outgoing.case_url),
    ]
    if not ref.case:
        return [*pages, _opt_out(ref, words)]
    return [
        *pages,
        Button(name=Click.QUESTION, label=words.say("ask_question"), ref=ref),
        Button(name=Click.DECLINE, label=words.say("not_now"), ref=ref),
        _opt_out(ref, words),
    ]


def _sending(
    ref: Ref, words: Words, recipients: tuple[Recipient, ...], forwards: tuple[ForwardState, ...]
) -> list[Button]:
    """One for each approver not told yet, one for somebody else, and what they would get."""
    told = {f.to_id for f in forwards if f.state in _UNDER_WAY}
    known = [
        Button(
            name=f"{Click.SEND}.{n}",
            label=words.say("send_to", name=r.name),
            ref=replace(ref, to=r.id),
        )
        for n, r in enumerate(r for r in recipients if r.id not in told)
    ]
    return [
        *known[:_KNOWN_SHOWN],
        Button(name=Click.CHOOSE, label=words.say("send_to_somebody"), ref=ref),
        Button(name=Click.PREVIEW, label=words.say("preview"), ref=ref),
    ]


def _answers(ref: Ref, words: Words, *, useful: bool) -> list[Button]:
    """The answers a champion has; what was said already isn't asked again."""
    return [
        *([] if useful else [Button(name=Click.USEFUL, label=words.say("useful"), ref=ref)]),
        Button(name=Click.NOT_NOW, label=words.say("not_now"), ref=ref),
        Button(name=Click.NEVER, label=words.say("dont_suggest"), ref=ref),
    ]


def _opt_out(ref: Ref, words: Words) -> Button:
    """The way out of a notice."""
    return Button(name=Click.NEVER, label=words.say("stop"), ref=ref)


def _plan_link(outgoing: Outgoing, words: Words) -> list[Button]:
    """What the next plan looks like, for who may buy it."""
    if not outgoing.person.can_buy:
        return []
    plan = outgoing.story.next_plan
    label = words.say("see_plan", plan=plan.name) if plan else words.say("see_next_plan")
    return link(1, label, outgoing.upgrade_url)


def link(number: int, label: str, url: str | None) -> list[Button]:
    """A button that opens a page, if there is one."""
    return [Button(name=f"{Click.LINK}.{number}", label=label, url=url)] if url else []


def row(name: str, buttons: Iterable[Button]) -> tuple[Row, ...]:
    """A row, where there is anything in it."""
    found = tuple(buttons)
    return (Row(name=name, buttons=found),) if found else ()
