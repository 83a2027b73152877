"""Parts of a message: what is told, the meter, the facts, and why the reader sees it. Pure."""

from decimal import Decimal
from ipaddress import ip_address
from urllib.parse import urlsplit

from bot.slack.limits import Limit
from bot.slack.text import Block, pair, plain
from bot.words import Words
from engine.story import Story
from service.channel import Outgoing
from templates.message import Audience, Message

FACTS_SHOWN = 3
_TELLING = ("used", "limit", "forecast", "milestone", "last", "next_limit", "next_price")
_TELLING_FINANCE = ("price", "next_price", "forecast", *_TELLING)
_CELLS = 20
_FULL, _EMPTY, _ABOVE = "█", "░", "▶"


def told(outgoing: Outgoing, text: Message, words: Words) -> list[Block]:
    """Title, one paragraph, chart, meter, facts and where they come from."""
    return [
        header(text.title),
        section(text.body, "body"),
        *chart(outgoing.chart_url, text.chart_alt),
        *meter(outgoing.story, words),
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


def meter(story: Story, words: Words) -> list[Block]:
    """How full the meter is, as a bar made of text: it survives where pictures don't."""
    amounts, limit = words.quantities(story), story.main.limit
    if amounts is None or not limit:
        return []
    used, included = amounts
    return [context([f"{bar(story.main.used, limit)} {used} / {included}"], "meter")]


def bar(used: Decimal, limit: Decimal) -> str:
    """A bar of blocks; above the limit it ends in an arrow."""
    share = max(Decimal(0), used / limit)
    full = min(_CELLS, int(share * _CELLS))
    return _FULL * full + _EMPTY * (_CELLS - full) + (_ABOVE if share > 1 else "")


def facts(text: Message) -> list[Block]:
    """The facts of the text that say most to its audience, each above its label."""
    telling = _TELLING_FINANCE if text.audience is Audience.FINANCE else _TELLING
    cited = {f.id.rpartition(".")[2]: f for f in text.facts}
    chosen = [cited[name] for name in telling if name in cited]
    shown = [
        pair(f.value, f.label[:1].upper() + f.label[1:], Limit.FIELD) for f in chosen[:FACTS_SHOWN]
    ]
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
