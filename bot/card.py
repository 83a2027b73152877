"""A message before it has the shape of any one chat: what is told, where it stands, what to press.

What is chosen to be said and which buttons there are is decided here, once for every chat.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bot.buttons import Button, Row, choices, decisions, link, row
from bot.clicks import Click
from bot.refs import Ref
from bot.words import SLACK, Words, message_of
from engine.errors import NotFound
from engine.story import Story
from service.channel import DeliveryKind, ForwardState, Outgoing
from service.people import display
from templates.message import Audience, Message

FACTS_SHOWN = 3
_TELLING = ("used", "limit", "forecast", "milestone", "last", "next_limit", "next_price")
_TELLING_FINANCE = ("price", "next_price", "forecast", *_TELLING)
_LOOKS = 10
"""Links to what was sent are counted from here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One more line, `small` or not, with a button beside it or a row of them below it."""

    name: str
    text: str
    small: bool = False
    button: Button | None = None
    row: Row | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """How full the meter is: `shown` says it ("8,412 / 10,000"), `label` what the limit is."""

    used: Decimal
    limit: Decimal
    shown: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The story itself: title, one paragraph, chart, meter, facts and where they come from."""

    title: str
    body: str
    chart_url: str | None
    chart_alt: str
    gauge: Gauge | None
    facts: tuple[tuple[str, str], ...]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A whole message: `summary` is what notifications and screen readers say.

    Without `told` it is a line or two and their buttons.
    """

    summary: str
    lead: str = ""
    note: str = ""
    told: Told | None = None
    why: str = ""
    lines: tuple[Line, ...] = ()
    rows: tuple[Row, ...] = ()


def card(outgoing: Outgoing, chat: str = SLACK) -> Card:
    """The message of one delivery, in the words of a chat."""
    words, text = Words(outgoing.locale, chat), message_of(outgoing)
    match outgoing.kind:
        case DeliveryKind.FORWARD:
            return forwarded(outgoing, chat)
        case DeliveryKind.RECEIPT:
            return _receipt(outgoing, outgoing.extra.get("text") or text.title, words)
        case DeliveryKind.WITHDRAWAL:
            gone = words.say("withdrawn_here", name=display(outgoing.asked_by or outgoing.person))
            return Card(summary=gone, lines=(Line(name="withdrawn", text=gone),))
        case DeliveryKind.SUMMARY | DeliveryKind.NOTICE | DeliveryKind.CARD:
            return _champions(outgoing, text, words)
        case DeliveryKind.DIGEST:
            raise NotFound("a digest is mailed alone")


def forwarded(outgoing: Outgoing, chat: str = SLACK) -> Card:
    """What manager or finance gets: from the app, saying who asked, with everything to answer."""
    words, text = Words(outgoing.locale, chat), message_of(outgoing)
    ref = Ref(account=outgoing.account, alert=outgoing.alert, case=outgoing.extra.get("case", ""))
    page = link(1, words.say("open_case"), outgoing.case_url)
    pressed = page if outgoing.closed_as else decisions(outgoing, ref, words)
    return Card(
        summary=f"{text.lead} {text.title}",
        lead=text.lead or "",
        note=f"“{text.note}”" if text.note else "",
        told=told(outgoing, text, words),
        why=why(outgoing, words),
        lines=_answered(outgoing, words),
        rows=row("decide", pressed),
    )


def told(outgoing: Outgoing, text: Message, words: Words) -> Told:
    """The story in the words of its reader."""
    return Told(
        title=text.title,
        body=text.body,
        chart_url=outgoing.chart_url,
        chart_alt=text.chart_alt,
        gauge=gauge(outgoing.story, words),
        facts=facts(text),
        source=text.source_line,
    )


def gauge(story: Story, words: Words) -> Gauge | None:
    """How full the meter is, where there is a limit."""
    amounts, limit = words.quantities(story), story.main.limit
    if amounts is None or not limit:
        return None
    used, included, label = amounts
    return Gauge(
        used=story.main.used,
        limit=limit,
        shown=f"{used} / {included}",
        label=label[:1].upper() + label[1:],
    )


def facts(text: Message) -> tuple[tuple[str, str], ...]:
    """The facts of the text that say most to its audience: each value with its label."""
    telling = _TELLING_FINANCE if text.audience is Audience.FINANCE else _TELLING
    cited = {f.id.rpartition(".")[2]: f for f in text.facts}
    chosen = list(dict.fromkeys(name for name in telling if name in cited))
    return tuple(
        (cited[name].value, cited[name].label[:1].upper() + cited[name].label[1:])
        for name in chosen[:FACTS_SHOWN]
    )


def why(outgoing: Outgoing, words: Words) -> str:
    """Why the reader sees this, and when something like it may come again."""
    return " ".join((words.say("why"), *outgoing.why)) if outgoing.why else ""


def _champions(outgoing: Outgoing, text: Message, words: Words) -> Card:
    """The champion's message in its present state: open, being sent, sent, answered."""
    ref = Ref(account=outgoing.account, alert=outgoing.alert)
    lines = [_forward_line(outgoing, f, n, words) for n, f in enumerate(outgoing.forwards)]
    return Card(
        summary=f"{text.title}. {text.body}",
        told=told(outgoing, text, words),
        why=why(outgoing, words),
        lines=(*lines, *_answered(outgoing, words)),
        rows=choices(outgoing, ref, words, useful=_found_useful(outgoing)),
    )


def _receipt(outgoing: Outgoing, said: str, words: Words) -> Card:
    look = link(_LOOKS, words.say("look"), outgoing.look)
    page = link(1, words.say("open_case"), outgoing.case_url)
    return Card(
        summary=said,
        lines=(Line(name="receipt", text=said),),
        rows=row("pages", [*look, *page]),
    )


def _forward_line(outgoing: Outgoing, forward: ForwardState, n: int, words: Words) -> Line:
    """One line on where a forward stands; while it waits it can be taken back."""
    name, where = forward.to_name, f"forward.{forward.id}"
    match forward.state:
        case "waiting":
            ref = Ref(account=outgoing.account, alert=outgoing.alert, forward=forward.id)
            undo = Button(name=f"{Click.UNDO_FORWARD}.{n}", label=words.say("undo"), ref=ref)
            text = words.say("sending_to", name=name)
            return Line(name=where, text=text, button=undo if forward.undo_until else None)
        case "sent":
            return _sent_line(outgoing, forward, n, where, words)
        case "withdrawn":
            return Line(name=where, text=words.say("forward_withdrawn", name=name), small=True)
        case "undone":
            return Line(name=where, text=words.say("forward_undone", name=name), small=True)
        case _:
            return Line(name=where, text=words.say("not_sent_to", name=name))


def _sent_line(outgoing: Outgoing, forward: ForwardState, n: int, where: str, words: Words) -> Line:
    """When it went and to whom; until the alert is over it can be looked at and withdrawn."""
    zone = outgoing.person.time_zone or outgoing.story.time_zone
    text = words.sent_to(forward.to_name, forward.sent_at or outgoing.story.as_of, zone)
    if outgoing.closed_as:
        return Line(name=where, text=text)
    ref = Ref(account=outgoing.account, alert=outgoing.alert, forward=forward.id)
    back = Button(name=f"{Click.WITHDRAW}.{n}", label=words.say("withdraw"), ref=ref)
    if not forward.look:
        return Line(name=where, text=text, button=back)
    look = link(_LOOKS + n, words.say("look"), forward.look)
    row = Row(name=f"sent.{n}", buttons=(*look, back))
    return Line(name=where, text=text, row=row)


def _answered(outgoing: Outgoing, words: Words) -> tuple[Line, ...]:
    """What the alert was closed by, or that it was found useful."""
    answer = outgoing.closed_as or ("useful" if _found_useful(outgoing) else None)
    if answer is None:
        return ()
    until = date.fromisoformat(outgoing.returns) if outgoing.returns else None
    line = words.answered(answer, until, outgoing.story.as_of.date())
    return (Line(name="answer", text=line),)


def _found_useful(outgoing: Outgoing) -> bool:
    """Whether the reader's own last answer was "Useful"."""
    own = outgoing.extra.get("person") == outgoing.person.id
    return own and outgoing.extra.get("kind") == "useful"
