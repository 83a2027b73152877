"""Parts of a message: what is told, the meter, the facts, and why the reader sees it. Pure."""

from decimal import Decimal
from ipaddress import ip_address
from urllib.parse import urlsplit

from bot.card import Gauge, Told
from bot.slack.limits import Limit
from bot.slack.text import Block, pair, plain

_CELLS = 20
_FULL, _EMPTY, _ABOVE = "█", "░", "▶"


def told(of: Told) -> list[Block]:
    """Title, one paragraph, chart, meter, facts and where they come from."""
    return [
        header(of.title),
        section(of.body, "body"),
        *chart(of.chart_url, of.chart_alt),
        *meter(of.gauge),
        *facts(of.facts),
        context([of.source], "source"),
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


def meter(gauge: Gauge | None) -> list[Block]:
    """How full the meter is, as a bar made of text: it survives where pictures don't."""
    if gauge is None:
        return []
    return [context([f"{bar(gauge.used, gauge.limit)} {gauge.shown}"], "meter")]


def bar(used: Decimal, limit: Decimal) -> str:
    """A bar of blocks; above the limit it ends in an arrow."""
    share = max(Decimal(0), used / limit)
    full = min(_CELLS, int(share * _CELLS))
    return _FULL * full + _EMPTY * (_CELLS - full) + (_ABOVE if share > 1 else "")


def facts(of: tuple[tuple[str, str], ...]) -> list[Block]:
    """Each fact above its label."""
    shown = [pair(value, label, Limit.FIELD) for value, label in of]
    return [{"type": "section", "block_id": "facts", "fields": shown}] if shown else []


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
