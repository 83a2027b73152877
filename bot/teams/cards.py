"""A message as an Adaptive Card, and small ones around it. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from bot.buttons import Button, Row
from bot.card import Card, Gauge, Line, Told
from bot.clicks import Click, click_of
from bot.refs import Ref, read
from bot.teams.limits import Limit, size
from bot.teams.text import Element, block, label, literal, small
from bot.teams.within import within

VERSION, UNFURLED = "1.5", "1.3"
"""Cards of bots, and those that a link shows."""
SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"
CLICK, FORM, REFRESH, COMMAND = "click", "form", "refresh", "command"
"""What an action comes back as, under `action`."""
_FORMS = (Click.CHOOSE, Click.PREVIEW, Click.QUESTION)
_CELLS = 20
_LAST_LINES = 4


def message(of: Card, *, refresh: Ref | None = None) -> Element:
    """A whole message. `refresh`: what it is about, so that it is drawn anew when it is opened.

    Small print goes first where it would be too large, the buttons never.
    """
    for made in _smaller(of):
        card = whole(_body(made))
        if refresh is not None:
            card["refresh"] = {"action": _execute(REFRESH, "", refresh, "")}
        if size(card) <= Limit.CARD_BYTES or size(_thin(card)) <= Limit.CARD_BYTES:
            return card
    return within(card)


def whole(
    body: Iterable[Element], *, version: str = VERSION, actions: Sequence[Element] = ()
) -> Element:
    """A card around its parts."""
    card = {"type": "AdaptiveCard", "$schema": SCHEMA, "version": version, "body": list(body)}
    return {**card, "actions": list(actions)} if actions else card


def attachment(card: Mapping[str, Any]) -> Element:
    """A card as something that is attached."""
    return {"contentType": "application/vnd.microsoft.card.adaptive", "content": dict(card)}


def _smaller(of: Card) -> Iterable[Card]:
    """The card, and what is left of it where it is too large."""
    yield of
    yield (of := replace(of, why=""))
    if (told := of.told) is not None:
        yield (of := replace(of, told=replace(told, facts=(), source="")))
    yield replace(of, lines=of.lines[-_LAST_LINES:])


def _thin(card: Element) -> Element:
    """The same whose buttons weigh less: nothing for clients of before 2021, ids escaped once."""
    made = [one for e in card["body"] if e["type"] == "ActionSet" for one in e["actions"]]
    for one in (*made, *([card["refresh"]["action"]] if "refresh" in card else ())):
        one.pop("fallback", None)
        if "ref" in one.get("data", ()):
            one["data"] = {**one["data"], "ref": json.loads(one["data"]["ref"])}
    return card


def _body(of: Card) -> list[Element]:
    lead = small(of.lead, Limit.LINE) if of.lead else None
    note = {"type": "Container", "style": "emphasis", "items": [block(of.note, Limit.LINE)]}
    return [
        *([lead] if lead else []),
        *([note] if of.note else []),
        *(told(of.told) if of.told else []),
        *([small(of.why, Limit.SMALL)] if of.why else []),
        *(element for line in of.lines for element in _line(line)),
        *(element for row in of.rows for element in actions(row)),
    ]


def told(of: Told) -> list[Element]:
    """Title, one paragraph, the meter, facts and where they come from."""
    heading = block(of.title, Limit.TITLE, size="Large", weight="Bolder", style="heading")
    return [
        heading,
        block(of.body, Limit.BODY),
        *(gauge(of.gauge, of.chart_url, of.chart_alt) if of.gauge else []),
        *facts(of.facts),
        *([small(of.source, Limit.SMALL)] if of.source else []),
    ]


def gauge(of: Gauge, chart_url: str | None, alt: str) -> list[Element]:
    """How full the meter is: drawn by Teams; where it can't, a picture, and always in words."""
    share = min(max(of.used / of.limit, Decimal(0)), Decimal(1))
    line = {"type": "TextBlock", "text": f"{bar(share)} {literal(of.shown, Limit.LINE)}"}
    fallback: list[Element] = [*picture(chart_url, alt), {**line, "wrap": True}]
    chart = {
        "type": "Chart.Gauge",
        "min": 0,
        "max": _number(of.limit),
        "value": _number(min(of.used, of.limit)),
        "valueFormat": "Percentage",
        "showLegend": False,
        "showMinMax": False,
        "subLabel": label(of.shown, Limit.FACT),
        "segments": [
            {"legend": label(of.label, Limit.FACT), "size": _number(of.limit), "color": "good"}
        ],
        "fallback": {"type": "Container", "items": fallback},
    }
    return [chart]


def picture(url: str | None, alt: str) -> list[Element]:
    """A chart, where Teams can fetch it."""
    if not url or not _may_be_fetched(url):
        return []
    return [{"type": "Image", "url": url, "altText": label(alt, Limit.SMALL)}]


def bar(share: Decimal) -> str:
    """A bar of text."""
    full = min(_CELLS, int(share * _CELLS))
    return "█" * full + "░" * (_CELLS - full)


def facts(of: Iterable[tuple[str, str]]) -> list[Element]:
    """Each fact beside its label."""
    shown = [
        {"title": literal(name, Limit.FACT), "value": literal(value, Limit.FACT)}
        for value, name in of
    ]
    return [{"type": "FactSet", "facts": shown}] if shown else []


def actions(row: Row) -> list[Element]:
    """A row of buttons: those beyond what Teams shows come up behind the last."""
    made = [one for one in map(action, row.buttons) if one is not None]
    if not made:
        return []
    for more in made[Limit.ACTIONS_SHOWN - 1 :]:
        more["mode"] = "secondary"
    return [{"type": "ActionSet", "actions": made}]


def action(of: Button) -> Element | None:
    """A button: it opens a page or a form, or it is carried out and the card drawn anew."""
    if of.ref is None:
        return page(of.label, of.url)
    if click_of(of.name) in _FORMS:
        return form(of.name, of.label, of.ref)
    return _execute(CLICK, of.name, of.ref, of.label)


def page(text: str, url: str) -> Element | None:
    """A button that opens a page; None where it is none of the web."""
    if len(url) > Limit.URL or _parts(url)[0] not in ("https", "http"):
        return None
    return {"type": "Action.OpenUrl", "title": label(text, Limit.BUTTON), "url": url}


def form(name: str, text: str, ref: Ref | None = None, **more: Any) -> Element:
    """A button that opens a dialog."""
    data = {"action": FORM, "name": name, **_carried(ref), **more}
    return {
        "type": "Action.Submit",
        "title": label(text, Limit.BUTTON),
        "data": {**data, "msteams": {"type": "task/fetch"}},
    }


def command(text: str, line: str, version: int = 0) -> Element:
    """A button that carries out what was typed."""
    return {
        "type": "Action.Execute",
        "title": label(text, Limit.BUTTON),
        "verb": COMMAND,
        "data": {"action": COMMAND, "line": line, "version": version},
    }


def still(card: Element) -> Element:
    """The same to be looked at: its buttons do nothing, and it is not drawn anew."""
    kept = {name: value for name, value in card.items() if name != "refresh"}
    body = [
        {**e, "actions": [{**_idle(a), "isEnabled": False} for a in e["actions"]]}
        if e["type"] == "ActionSet"
        else e
        for e in kept["body"]
    ]
    return {**kept, "body": body}


def _idle(of: Element) -> Element:
    return {"type": "Action.Submit", "title": of["title"], "data": {"action": "none"}}


def _execute(kind: str, name: str, ref: Ref, text: str) -> Element:
    """Carried out, and the card drawn anew; where a client knows no such action, it is sent."""
    data = {"action": kind, "name": name, **_carried(ref)}
    made: Element = {"type": "Action.Execute", "verb": name or kind, "data": data}
    if kind == REFRESH:
        return made
    title = label(text, Limit.BUTTON)
    fallback = {"type": "Action.Submit", "title": title, "data": data}
    return {**made, "title": title, "fallback": fallback}


def ref_in(data: Mapping[str, Any]) -> Ref:
    """What an action carries.

    Raises:
        Invalid: nothing of ours.
    """
    found = data.get("ref")
    return read(found if isinstance(found, str) else json.dumps(found))


def _carried(ref: Ref | None) -> Element:
    return {"ref": ref.value()} if ref is not None else {}


def _line(of: Line) -> list[Element]:
    """A line with what is beside or below it."""
    shown = small(of.text, Limit.LINE) if of.small else block(of.text, Limit.LINE)
    if of.button is not None:
        row = actions(Row(name=of.name, buttons=(of.button,)))
        return [shown, *row]
    return [shown, *(actions(of.row) if of.row else [])]


def _number(value: Decimal) -> int | float:
    whole = value.to_integral_value()
    return int(whole) if whole == value else float(value)


def _may_be_fetched(url: str) -> bool:
    """Teams fetches over https from anywhere it can reach; this machine it can't."""
    scheme, host = _parts(url)
    if scheme != "https" or not host or len(url) > Limit.URL:
        return False
    try:
        return not ip_address(host).is_private
    except ValueError:
        return host != "localhost"


def _parts(url: str) -> tuple[str, str]:
    """Scheme and host of an address; empty where it is none."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or ""
    except ValueError:
        return "", ""
