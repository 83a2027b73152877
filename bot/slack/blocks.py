"""Parts of a message: what is told, the meter, the facts, and why the reader sees it. Pure."""

from decimal import Decimal
from ipaddress import ip_address
from urllib.parse import urlsplit

from bot.slack.limits import Limit
from bot.slack.text import Block, pair, plain
from bot.words import Words
from engine.alert import AlertClass
from engine.story import MeterStory
from service import wording
from service.channel import Outgoing
from templates.message import Audience, Message, message

FACTS_SHOWN = 3
_TELLING = ("used", "limit", "forecast", "milestone", "last", "next_limit", "next_price")
_TELLING_FINANCE = ("price", "next_price", "forecast", *_TELLING)
_CELLS = 20
_FULL, _EMPTY, _ABOVE = "█", "░", "▶"


def message_of(outgoing: Outgoing) -> Message:
    """The delivery's story in the words of its reader."""
    if outgoing.story.alert_class is AlertClass.NOTICE:
        return wording.message(
            outgoing.story, outgoing.audience, outgoing.locale, can_buy=outgoing.person.can_buy
        )
    sender = outgoing.asked_by
    return message(
        outgoing.story,
        audience=Audience(outgoing.audience),
        locale=outgoing.locale,
        can_buy=outgoing.person.can_buy,
        recipient_name=outgoing.person.name,
        asked_by=(sender.name or sender.email or sender.id) if sender else None,
        note=outgoing.note,
    )


def told(outgoing: Outgoing, text: Message) -> list[Block]:
    """Title, one paragraph, chart, meter, facts and where they come from."""
    return [
        header(text.title),
        section(text.body, "body"),
        *chart(outgoing.chart_url, text.chart_alt),
        *meter(outgoing.story.main),
        *facts(text),
        context([text.source_line], "source"),
    ]


def header(text: str) -> Block:
    """The title line."""
    return {"type": "header", "block_id": "title", "text": plain(text, Limit.HEADER)}


def section(text: str, name: str) -> Block:
    """A paragraph."""
    return {"type": "section", "block_id": name, "text": plain(text, Limit.SECTION)}


def context(texts: list[str], name: str) -> Block:
    """Small print."""
    shown = [plain(t, Limit.FIELD) for t in texts[: Limit.CONTEXT_ELEMENTS]]
    return {"type": "context", "block_id": name, "elements": shown}


def chart(url: str | None, alt: str) -> list[Block]:
    """The chart, where Slack can fetch it."""
    if not url or not _may_be_fetched(url):
        return []
    alt_text = plain(alt, Limit.ALT)["text"]
    return [{"type": "image", "block_id": "chart", "image_url": url, "alt_text": alt_text}]


def meter(story: MeterStory) -> list[Block]:
    """How full the meter is, as a bar made of text: it survives where pictures don't."""
    if story.limit is None or story.limit <= 0:
        return []
    return [context([bar(story.used, story.limit)], "meter")]


def bar(used: Decimal, limit: Decimal) -> str:
    """A bar of blocks and the share it shows; above the limit it ends in an arrow."""
    share = max(Decimal(0), used / limit)
    full = min(_CELLS, int(share * _CELLS))
    cells = _FULL * full + _EMPTY * (_CELLS - full)
    return f"{cells}{_ABOVE if share > 1 else ''} {int(share * 100)} %"


def facts(text: Message) -> list[Block]:
    """The facts of the text that say most to its audience, each above its label."""
    telling = _TELLING_FINANCE if text.audience is Audience.FINANCE else _TELLING
    cited = {f.id.rpartition(".")[2]: f for f in text.facts}
    chosen = [cited[name] for name in telling if name in cited]
    shown = [pair(f.value, f.label, Limit.FIELD) for f in chosen[:FACTS_SHOWN]]
    return [{"type": "section", "block_id": "facts", "fields": shown}] if shown else []


def why(outgoing: Outgoing, words: Words) -> list[Block]:
    """Why the reader sees this, and when something like it may come again."""
    if not outgoing.why:
        return []
    return [context([" ".join((words.say("why"), *outgoing.why))], "why")]


def _may_be_fetched(url: str) -> bool:
    """https, or this machine itself (tests and the demo)."""
    parts = urlsplit(url)
    if len(url) > Limit.URL or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
