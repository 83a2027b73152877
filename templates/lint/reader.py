"""Whether this reader may read it: prices, offers, and what is said of single people."""

import re
from collections.abc import Iterable

from engine.alert import AlertClass
from templates.facts import FactKind
from templates.lint.patterns import found, rule
from templates.lint.piece import Piece, Problem
from templates.masks import whole, without
from templates.message import Audience

_CODES = "EUR|USD|GBP|CHF|JPY|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|INR|BRL"
_MONEY = re.compile(rf"\S*(?:[$€£¥₹₩₽₺₪₫₴₦฿¢]|\b(?:{_CODES})\b)\S*", re.IGNORECASE)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.\w+")
_PLAN_PRICES = ("price", "next_price")
_APPROVERS = (Audience.MANAGER, Audience.FINANCE)


def prices(piece: Piece) -> Iterable[Problem]:
    """TL13: a price is for asks, for who may see it, and says what period it is for."""
    if piece.priced and piece.alert_class is AlertClass.ASK:
        yield from _periods(piece)
        return
    amounts = (match.group() for match in _MONEY.finditer(piece.spoken))
    for text in (*amounts, *found(piece.words, piece.spoken, "prices", "words")):
        yield Problem("TL13", text, "no price for this reader or class")
    facts = piece.facts or {}
    secret = {f.cited for f in facts.values() if f.kind is FactKind.PRICE}
    for cited in piece.cited:
        if cited in secret and not piece.shown & {cited.value}:
            yield Problem("TL13", cited.value, "no price among the facts of this reader")


def _periods(piece: Piece) -> Iterable[Problem]:
    period = rule(piece.words, "prices", "period")
    facts = piece.facts or {}
    plans = [facts[name].cited for name in _PLAN_PRICES if piece.per_period and name in facts]
    for value in dict.fromkeys(cited.value for cited in plans):
        places = list(re.finditer(whole(value), piece.raw))
        bare = [p for p in places if not period.match(piece.fold(piece.raw[p.end() :]))]
        # What is paid for one unit may be the same text, and is for no period.
        alike = {cited for cited in piece.cited if cited.value == value}
        if alike - set(plans) and (not alike & set(plans) or len(bare) < len(places)):
            continue
        for place in bare:
            yield Problem("TL13", place.group(), "a price says what period it is for")


def offers(piece: Piece) -> Iterable[Problem]:
    """TL13: outside an ask nothing is offered, and a notice names no plan."""
    if piece.alert_class is AlertClass.ASK:
        return
    for name in sorted(_said(piece, piece.next_plan, piece.plan)):
        yield Problem("TL13", name[:40], "no next plan outside an ask")
    if piece.alert_class is AlertClass.NOTICE:
        for name in sorted(_said(piece, piece.plan, piece.next_plan)):
            yield Problem("TL13", name[:40], "no plan's name in a notice")
    for match in rule(piece.words, "offer", "patterns").finditer(piece.spoken):
        yield Problem("TL13", match.group(), "nothing is offered outside an ask")


def _said(piece: Piece, wanted: Iterable[str], other: Iterable[str]) -> set[str]:
    """Which of these names are in the text where no other name explains them."""
    left = without(piece.raw, {*piece.names, *piece.people, *other})
    return {name for name in wanted if name and re.search(whole(name), left)}


def people(piece: Piece) -> Iterable[Problem]:
    """TL14: approvers read nothing about one person or two; nobody reads an address."""
    for match in _ADDRESS.finditer(piece.spoken):
        yield Problem("TL14", match.group(), "no address in a text")
    if piece.audience not in _APPROVERS:
        return
    for text in found(piece.words, piece.spoken, "personal", "patterns"):
        yield Problem("TL14", text, "no single person's activity for an approver")
    if piece.few_people:
        for cited in piece.cited:
            if cited.id.endswith(".people"):
                yield Problem("TL14", cited.value, "a group of fewer than three is a person")
    yield from _named(piece)


def _named(piece: Piece) -> Iterable[Problem]:
    # A person may be called as the account, a plan or a month is: those are not about them. And
    # Grace is no grace period: a name is met with its capital only.
    others = {*piece.names, *piece.plan, *piece.next_plan} | piece.values
    left = piece.fold(without(piece.raw, others))
    for name in piece.people:
        for part in dict.fromkeys((name, *name.split())):
            spoken = piece.fold(part)
            if len(spoken) > 1 and re.search(rf"{_open(spoken)}(?:'?s)?(?!\w)", left):
                yield Problem("TL14", part, "no person's activity in an approver's text")
                break


def _open(part: str) -> str:
    """A name at the head of a word; its end is for who asks to say."""
    return (r"(?<!\w)" if part[0].isalnum() else "") + re.escape(part)
