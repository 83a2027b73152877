"""The business case as a PDF for archives and signatures: tagged, so that it can be read aloud.

The same words and facts as the page, laid out by Typst, which comes with `segue[pdf]`.
"""

import importlib.util
import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from engine.errors import NotFound
from templates.case import CELL, Sourced, told
from templates.case_view import CaseView
from templates.chart import FONTS, alt, svg
from templates.pack import HERE, pack
from templates.render import environment

_PAGE = HERE / "case" / "page.typ"
_WIDE, _HIGH = 640, 230


class Printed(Sourced):
    """Numbers as plain text; the number of a source stands in brackets that are raised later."""

    def shown(self, value: str) -> str:
        """A number as it is."""
        return value

    def mark(self, name: str) -> str:
        """The number of a fact's source, to be raised."""
        return f"\u27e6{self.number(name)}\u27e7"


def available() -> bool:
    """Whether what lays it out is installed."""
    return importlib.util.find_spec("typst") is not None


def pdf(view: CaseView, locale: str) -> bytes:
    """The case as PDF/UA-1, the same bytes each time.

    Raises:
        NotFound: what lays it out is not installed.
    """
    return printed(written(view, locale), view.created_at)


def printed(written: str, at: datetime) -> bytes:
    """As `pdf`, of what `written` gave and was frozen `at`."""
    made: bytes = laid_out(written, pdf_standards=["ua-1"], timestamp=int(at.timestamp()))
    return made


def written(view: CaseView, locale: str) -> str:
    """All that is on the pages of a case, as Typst takes it in."""
    return json.dumps(_case(view, locale))


def laid_out(written: str, **how: Any) -> Any:
    """A case as Typst makes it; `how`: its own options. Errors as for `pdf`."""
    if not available():
        raise NotFound("PDFs need an extra: pip install 'segue[pdf]'")
    import typst

    return typst.compile(
        _PAGE,
        root=_PAGE.parent,
        font_paths=[FONTS],
        sys_inputs={"case": written},
        **how,
    )


def _case(view: CaseView, locale: str) -> dict[str, Any]:
    """Everything on the pages, as text, in the order of the page."""
    context, words = told(view, locale, Printed), pack(locale)
    texts = environment(html=False).get_template(f"{words.name}/case.j2")
    say: Any = texts.make_module(context)
    parts = {
        "plans": lambda: _plans(say, context),
        "outcome": lambda: _outcome(say, context),
        "value": lambda: _value(say, context, view, locale),
        "growth": lambda: _growth(say, context),
    }
    order = ("plans", "outcome", "value", "growth")
    if not context["finance"]:
        order = ("value", "growth", "outcome", "plans")
    head = {
        "title": _line(say.headline()),
        "lead": _line(say.summary()),
        "who": _line(say.prepared()),
        "product": context["product"],
        "account": _line(say.for_account()),
        "note": context["note"],
        "champion": context["champion"],
        "said": [_line(say.given(a, i)) for i, a in enumerate(context["answers"])],
        "changed": [_line(say.changed_head()), _line(say.changed())] if view.previous else [],
        "sections": [part for name in order for part in parts[name]()],
        "lang": words.babel.language,
        "rtl": words.babel.text_direction == "rtl",
    }
    sources = [_line(say.source(source.value)) for source in context["sources"]]
    end = [_line(say.validity()), _line(say.binding_printed())]
    return head | {"sources_head": _line(say.sources_head()), "sources": sources, "end": end}


def _plans(say: Any, context: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if not (context["plan"] and context["asks"]):
        return
    fact = context["fact"]
    cards = [
        _card(say, context, "now", say.stay(), "now_price", context["each"]),
        _card(say, context, "next", say.move(), "next_price", context["next_each"]),
    ]
    if "next_annual" in fact:
        each = context["annual_each"]
        cards.append(_card(say, context, "annual", say.move_by_year(), "next_annual", each))
    texts = [say.effect_said()] if context["effect"] else []
    yield {
        "kind": "plans",
        "head": _line(say.plans_head()),
        "cards": cards,
        "texts": [_line(text) for text in (*texts, say.comparison()) if _line(text)],
        "small": _line(say.terms()),
    }


def _card(
    say: Any, context: dict[str, Any], side: str, title: str, price: str, each: str
) -> dict[str, Any]:
    fact = context["fact"]
    lines = [line.split(CELL) for line in say.plan_lines(side).split("\n") if CELL in line]
    return {
        "title": _line(title),
        "price": fact[price] if price in fact else "",  # noqa: SIM401 - these are cited facts
        "each": each,
        "rows": [[_line(name), _line(amount)] for name, amount in lines],
    }


def _outcome(say: Any, context: dict[str, Any]) -> Iterator[dict[str, Any]]:
    texts = [say.nothing_done(), *([say.changes()] if context["asks"] else [])]
    head = _line(say.outcome_head())
    yield {"kind": "text", "head": head, "texts": [_line(text) for text in texts]}


def _value(
    say: Any, context: dict[str, Any], view: CaseView, locale: str
) -> Iterator[dict[str, Any]]:
    fact, others = context["fact"], range(len(view.story.others))
    yield {
        "kind": "chart",
        "head": _line(say.value_head()),
        "drawing": svg(view.story, locale=locale, width=_WIDE, height=_HIGH),
        "alt": alt(view.story, locale=locale),
        "small": [_line(say.chart_caption()), *(_line(fact[f"other_{n}"]) for n in others)],
    }


def _growth(say: Any, context: dict[str, Any]) -> Iterator[dict[str, Any]]:
    bars, bare = context["bars"], context["bare"]
    if len(bars) < 2:
        return
    past = [[bare[f"past_{n}"], bare[f"past_{n}_used"]] for n in range(len(bars) - 1)]
    rows = [*past, [_line(say.so_far()), bare["used"]]]
    yield {
        "kind": "bars",
        "head": _line(say.growth_head()),
        "caption": _line(say.growth_caption()),
        "rows": [[*row, length] for row, length in zip(rows, bars, strict=True)],
    }


def _line(text: Any) -> str:
    return re.sub(r"[ \n]+", " ", str(text)).strip()
