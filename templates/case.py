"""The business case: the page an approver opens without a login, and its small pages."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import quote

from babel import Locale
from markupsafe import Markup

from engine.alert import AlertClass
from engine.story import PlanStory, Story
from engine.usage import MeterKind, PeriodKind
from templates.case_facts import PRICES, Source, case_facts, effect_of, expected_use, source_of
from templates.case_view import (
    NAMED,
    SAID,
    AnswerKind,
    CaseAnswer,
    CaseStatus,
    CaseView,
    Offer,
    Sender,
)
from templates.chart import alt, svg
from templates.facts import Fact, plan_per
from templates.message import NOTE, Audience
from templates.pack import HERE, Pack, languages, pack
from templates.plain import plain
from templates.render import Cited, context_of, environment, isolated

_OVER = (CaseStatus.APPROVED, CaseStatus.DECLINED, CaseStatus.SETTLED)
CELL = "\x1f"  # Divides the cells of a row; plain text never holds it.
_UNBROKEN = 24  # Longer values, whole sentences among them, may break over lines.
CSS = (HERE / "case" / "style.css").read_text("utf-8").rstrip()

__all__ = [
    "CSS",
    "AnswerKind",
    "CaseAnswer",
    "CaseStatus",
    "CaseView",
    "Offer",
    "Sender",
    "answered",
    "gone",
    "not_found",
    "page",
    "style_hash",
]


@cache
def style_hash() -> str:
    """The style's digest for a Content-Security-Policy: style-src 'sha256-...'."""
    digest = hashlib.sha256(CSS.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


class Sourced(Cited):
    """Cited facts of a page: printing one also says, by a raised figure, where it comes from."""

    def __init__(self, facts: dict[str, Fact], sources: list[Source], *, marked: bool) -> None:
        super().__init__(facts)
        self._sources, self._marked = sources, marked

    def __getitem__(self, name: str) -> str:
        value = super().__getitem__(name)
        if not any(character.isdigit() for character in value):
            return value
        return self.shown(value) + (self.mark(name) if self._marked else "")

    def shown(self, value: str) -> str:
        """A number, which is not broken over lines unless it is long."""
        if len(value) >= _UNBROKEN:
            return Markup("{}").format(value)
        return Markup('<span class="n">{}</span>').format(value)

    def mark(self, name: str) -> str:
        """The raised figure that leads from a fact to its source."""
        number = self.number(name)
        return Markup('<a class="s" href="#source-{n}">{n}</a>').format(n=number)

    def number(self, name: str) -> int:
        """The number of a fact's source, given out in the order of the page."""
        source = source_of(name, self._facts[name])
        if source not in self._sources:
            self._sources.append(source)
        return self._sources.index(source) + 1


def page(view: CaseView, locale: str) -> str:
    """The whole page as HTML, for a manager (outcome first) or for finance (cost first)."""
    over = view.status is CaseStatus.EXPIRED and view.sender is None
    if over or view.status is CaseStatus.REVOKED:
        return gone(view.story.product, locale)
    context = told(view, locale, Sourced)
    words = pack(locale)
    context |= {
        "charts": _charts(view.story, locale),
        "chart_alt": alt(view.story, locale=locale),
        "tongues": [(t, Locale(t).get_display_name()) for t in languages() if t != words.name],
        "days": range(len(view.story.main.daily)),
        "totals": view.story.main.kind is not MeterKind.CUMULATIVE,
        "not_before": (view.created_at + timedelta(days=1)).date().isoformat(),
    }
    return _render("case/case.j2", locale, context)


def told(view: CaseView, locale: str, cited: type[Sourced]) -> dict[str, Any]:
    """All that the words of a case may use; `cited`: how a number and its source are written."""
    words = pack(locale)
    facts = case_facts(view, words)
    sources: list[Source] = []
    fact = cited(facts, sources, marked=True)
    return context_of(view.story, words, room="full") | {
        "fact": fact,
        "mark": fact.mark,
        "bare": cited(facts, sources, marked=False),
        "sources": sources,
        "view": view,
        "cell": CELL,
        "audience": view.audience.value,
        "finance": view.audience is Audience.FINANCE,
        "priced": True,
        "unlimited": view.story.next_plan is not None and view.story.main.next_limit is None,
        "champion": _who(view.champion_name, words),
        "recipient": _who(view.recipient_name, words),
        "note": plain(view.note, NOTE),
        "answers": [_answer(answer) for answer in view.answers],
        "asks": view.story.alert_class is AlertClass.ASK and view.story.next_plan is not None,
        "open": view.status in (CaseStatus.OPEN, CaseStatus.QUESTION) and view.sender is None,
        "decided": view.status in _OVER and view.sender is None,
        "refused": view.refused,
        "typed": view.refused.typed if view.refused else {},
        "unsent": view.refused.typed.get("question", "") if view.refused else "",
        "said": SAID,
        "named": NAMED,
        "mail": quote(view.champion_email, safe="@"),
        "bars": _bars(view.story),
        "at_pace": expected_use(view.story) is not None,
        "costed": not facts.keys().isdisjoint(PRICES),
        "effect": effect_of(view),
        "tiers": max(
            len(offer.overage) if isinstance(offer.overage, Sequence) else 0
            for offer in (view.now, view.next)
        ),
        "next_per_period": words.words["per"][view.story.next_plan.period]
        if view.story.next_plan
        else "",
        "annual_each": plan_per(_by_year(view.story.next_plan), words),
    }


def answered(
    product: str, kind: AnswerKind, *, locale: str, champion_name: str, back_url: str
) -> str:
    """What is shown after an answer: what was recorded, and that nothing was bought."""
    champion = _who(champion_name, pack(locale))
    return _small("answered", product, locale, kind=kind, champion=champion, back_url=back_url)


def _who(name: str, words: Pack) -> str:
    """A name, made safe; somebody whose name is not known any more is called so."""
    if name:
        return isolated(plain(name, NAMED))
    texts: Any = environment(html=False).get_template(f"{words.name}/case.j2").module
    return str(texts.somebody()).strip()


def withdrawn(product: str, locale: str) -> str:
    """The page of a case that was withdrawn, for who sent it."""
    return _small("withdrawn", product, locale)


def gone(product: str, locale: str) -> str:
    """The page of a case that expired or was withdrawn."""
    return _small("gone", product, locale)


def not_found(product: str, locale: str) -> str:
    """The page for a link that leads nowhere."""
    return _small("not_found", product, locale)


def _small(name: str, product: str, locale: str, **context: Any) -> str:
    safe = {"product": isolated(plain(product, 32)), "page": name}
    return _render("case/small.j2", locale, safe | context)


def _render(name: str, locale: str, context: dict[str, Any]) -> str:
    words = pack(locale)
    shared: dict[str, Any] = {
        "lang": words.babel.language,
        "rtl": words.babel.text_direction == "rtl",
        "words_file": f"{words.name}/case.j2",
    }
    return environment(html=True).get_template(name).render(shared | context)


def _by_year(plan: PlanStory | None) -> PlanStory | None:
    return plan and replace(plan, period=PeriodKind.YEAR)


def _charts(story: Story, locale: str) -> dict[str, str]:
    """One drawing for wide screens and paper, one for phones, where the first would be tiny."""
    return {
        "wide": svg(story, locale=locale, width=720, height=300),
        "slim": svg(story, locale=locale, width=340, height=240),
    }


def _answer(answer: CaseAnswer) -> dict[str, str]:
    text, name = plain(answer.text, SAID), plain(answer.name, NAMED)
    return {"kind": answer.kind.value, "text": isolated(text), "name": isolated(name)}


def _bars(story: Story) -> list[int]:
    """The lengths of the past periods' bars and of this one's, in thousandths of the longest."""
    amounts = [stretch.used for stretch in story.main.past[-6:]] + [story.main.used]
    longest = max(amounts) or Decimal(1)
    return [int(amount * 1000 / longest) for amount in amounts]
