"""The report of a backtest as one self-contained page: no script, nothing loaded from elsewhere."""

from collections.abc import Iterator, Sequence
from typing import Any

from engine.alert import AlertClass, Moment
from engine.decision import Stage
from templates.backtest_plot import reliability
from templates.backtest_summary import summary
from templates.backtest_svg import FAMILIES, family
from templates.backtest_timeline import timeline
from templates.backtest_view import BacktestView, Change, Choice, Figures, Shown
from templates.backtest_words import Words, words
from templates.plain import plain
from templates.render import environment, isolated

__all__ = ["page", "summary"]

_FORESEEN = (Moment.PACE, Moment.APPROACHING)
"""Asks that rest on a forecast."""
_NAME = 60
_REASONS = 10
_CHANGES = 40
"""Reasons and differences that are listed; of further ones only how many."""


def page(view: BacktestView) -> str:
    """The whole report as HTML."""
    text = words(view.locale)
    figures = view.sides[0]
    other = _file(view.names[1]) if len(view.names) > 1 else ""
    made = "page.made_against" if other else "page.made"
    context: dict[str, Any] = {
        "lang": text.pack.babel.language,
        "rtl": text.pack.babel.text_direction == "rtl",
        "say": text.say,
        "title": text.say("page.title", product=isolated(plain(view.product, 32))),
        "tab": text.say("page.tab", product=plain(view.product, 32), **_range(view, text)),
        "range": text.say("page.range", **_range(view, text)),
        "headline": _headline(figures, text),
        "lead": _lead(figures, text),
        "made": text.say(
            made, made=text.day(view.made_at.date()), policy=_file(view.names[0]), other=other
        ),
        "bad_rows": text.say("page.bad_rows", count=text.number(view.bad_rows))
        if view.bad_rows
        else "",
        "tiles": list(_tiles(view, text, other)),
        "against": _against(view, text) if other else None,
        "said": list(_said(view.sides, text)),
        "often": _often(figures, text),
        "silence": _silence(figures, text),
        "plot": reliability(figures.raw, figures.calibrated, text) if figures.raw else "",
        "calibrated": bool(figures.calibrated),
        "scores": _scores(figures, text),
        "resolved": _resolved(figures, text),
        "groups": list(_groups(view.shown, text)),
        "shown_intro": _shown_intro(view, text),
        "stages": [{"key": stage.value, "name": text.stage(stage)} for stage in Stage],
        "families": [
            {"key": key, "name": text.say(f"families.{key}")} for key in (*FAMILIES, "other")
        ],
        "notes": text.table["foot"]["lines"],
    }
    return environment(html=True).get_template("backtest/page.j2").render(context)


def _range(view: BacktestView, text: Words) -> dict[str, str]:
    return {"first": text.day(view.first), "last": text.day(view.last)}


def _file(name: str) -> str:
    return isolated(plain(name, _NAME))


def _headline(figures: Figures, text: Words) -> str:
    return text.say(
        "page.headline" if figures.asks else "page.headline_none",
        asks=text.count("count.asks", figures.asks),
        days=text.number(figures.span),
        accounts=text.number(figures.accounts),
    )


def _lead(figures: Figures, text: Words) -> str:
    judged = ""
    if figures.judged:
        judged = text.say(
            "lead.judged",
            judged=text.number(figures.judged),
            passed=text.number(figures.passed),
            stayed=text.number(figures.stayed),
        )
    elif figures.asks:
        judged = text.say("lead.unjudged")
    outgrew = text.say(
        "lead.outgrew" if figures.outgrew else "lead.outgrew_none",
        outgrew=text.count("count.accounts", figures.outgrew),
        in_time=text.number(figures.outgrew_in_time),
    )
    return f"{judged} {outgrew}".strip()


def _values(figures: Figures, text: Words) -> dict[str, str]:
    """The figures of the tiles, as they are shown."""
    nothing = text.say("page.nothing")
    lead = figures.lead
    return {
        "asks": text.number(figures.asks),
        "per_year": text.number(figures.asks_per_year, 3 if figures.asks_per_year < 0.1 else 2),
        "precision": text.percent(figures.precision),
        "stayed": text.percent(figures.stayed_share),
        "lead": nothing if lead is None else text.number(lead, 1),
        "in_time": text.percent(figures.in_time),
        "untold": text.percent(figures.untold / figures.accounts if figures.accounts else None),
        "bothered": f"{text.number(figures.bothered)} / {text.number(figures.experimenters)}",
    }


def _tiles(view: BacktestView, text: Words, other: str) -> Iterator[dict[str, str]]:
    shown = [_values(figures, text) for figures in view.sides]
    for key, value in shown[0].items():
        against = ""
        if other:
            against = text.say("tiles.against", value=shown[1][key], other=other)
        yield {"value": value, "label": text.say(f"tiles.{key}"), "against": against}


def _said(sides: Sequence[Figures], text: Words) -> Iterator[dict[str, Any]]:
    """How often each moment was spoken of, by class; beside it, under the other policy."""
    counts = [{(kind, moment): n for kind, moment, n in side.moments} for side in sides]
    most = max((n for side in counts for n in side.values()), default=1)
    keys = list(dict.fromkeys(key for side in counts for key in side))
    for kind in AlertClass:
        rows = [
            {
                "name": text.moment(moment),
                "count": text.number(counts[0].get((kind, moment), 0)),
                "there": text.number(counts[-1].get((kind, moment), 0)),
                "share": counts[0].get((kind, moment), 0) / most,
            }
            for of, moment in keys
            if of is kind
        ]
        if rows:
            yield {"key": kind.value, "name": text.say(f"said.{kind}"), "rows": rows}


def _often(figures: Figures, text: Words) -> list[dict[str, Any]]:
    most = max((years for _, years in figures.years), default=1)
    return [
        {
            "asks": asks,
            "name": text.count("often.bar", asks) if asks else text.say("often.none"),
            "count": text.number(years),
            "share": years / most,
        }
        for asks, years in figures.years
    ]


def _silence(figures: Figures, text: Words) -> dict[str, Any]:
    rows = [row for row in figures.silences if row[0] != "no_moment"]
    quiet = sum(days for reason, days, _ in figures.silences if reason == "no_moment")
    most, rest = max((days for _, days, _ in rows), default=1), rows[_REASONS:]
    return {
        "intro": text.say(
            "silence.intro",
            share=text.percent(quiet / figures.days if figures.days else None),
            days=text.number(figures.days),
        ),
        "rows": [
            {
                "name": text.reason(reason),
                "family": family(reason),
                "days": text.number(days),
                "accounts": text.number(accounts),
                "share": days / max(most, 1),
            }
            for reason, days, accounts in rows[:_REASONS]
        ],
        "more": text.say(
            "silence.more",
            count=text.number(len(rest)),
            days=text.number(sum(days for _, days, _ in rest)),
        )
        if rest
        else "",
        "never": text.say(
            "silence.never", count=text.count("count.accounts", figures.without_moment)
        )
        if figures.without_moment
        else "",
    }


def _scores(figures: Figures, text: Words) -> dict[str, Any] | None:
    scores = {
        "brier_raw": figures.brier_raw,
        "brier_calibrated": figures.brier_calibrated,
        "brier_base": figures.brier_base,
    }
    if figures.scored == 0:
        return None
    return {
        "head": text.say(
            "reliability.brier",
            scored=text.number(figures.scored),
            least=text.number(figures.least),
        ),
        "rows": [
            {"name": text.say(f"reliability.{key}"), "value": text.number(value, 3)}
            for key, value in scores.items()
            if value is not None
        ],
    }


def _resolved(figures: Figures, text: Words) -> str:
    key = "reliability.resolved" if figures.scored else "reliability.too_few"
    return text.say(key, resolved=text.number(figures.resolved), least=text.number(figures.least))


def _against(view: BacktestView, text: Words) -> dict[str, Any]:
    policy, other = (_file(name) for name in view.names)
    named = {"policy": policy, "other": other}
    moved = sum(change.days is not None for change in view.changes)
    here = sum(change.there is None for change in view.changes)
    there = sum(change.here is None for change in view.changes)
    counts = {"same": view.same, "moved": moved, "only_here": here, "only_there": there}
    more = len(view.changes) - _CHANGES
    return {
        "head": text.say("against.head", **named),
        "tiles": [
            {"value": text.number(n), "label": text.say(f"against.{key}", **named)}
            for key, n in counts.items()
        ],
        "columns": [
            text.say("against.col_account"),
            text.say("against.col_moment"),
            text.say("against.col_here", **named),
            text.say("against.col_there", **named),
            text.say("against.col_what"),
        ],
        "rows": [_change(change, text) for change in view.changes[:_CHANGES]],
        "more": text.say("against.more", count=text.number(more)) if more > 0 else "",
    }


def _change(change: Change, text: Words) -> dict[str, str]:
    none = text.say("against.no_ask")
    what = text.reason(change.reason) if change.reason is not None else ""
    if change.days is not None:
        days = round(abs(change.days))
        side = "later" if change.days > 0 else "earlier"
        same = "against.same_day" if change.days > 0 else "against.same_day_before"
        what = text.count(f"against.{side}", days) if days else text.say(same)
    return {
        "account": isolated(plain(change.account, _NAME)),
        "moment": text.moment(change.moment),
        "here": text.day(change.here.date()) if change.here else none,
        "there": text.day(change.there.date()) if change.there else none,
        "what": what,
    }


def _groups(shown: Sequence[Shown], text: Words) -> Iterator[dict[str, Any]]:
    for choice in Choice:
        cards = [_card(one, text) for one in shown if one.choice is choice]
        if cards:
            yield {"name": text.say(f"shown.{choice}"), "cards": cards}


def _card(one: Shown, text: Words) -> dict[str, Any]:
    caption = " ".join(_caption(one, text))
    return {
        "account": isolated(plain(one.timeline.account, _NAME)),
        "caption": caption,
        "here": timeline(one.timeline, caption, text),
        "there": timeline(one.there, caption, text) if one.there else "",
    }


def _caption(one: Shown, text: Words) -> Iterator[str]:
    line = one.timeline
    asks = [mark for mark in line.marks if mark.alert_class is AlertClass.ASK]
    if asks:
        told = asks[0].moment in _FORESEEN and asks[0].p is not None
        p = text.say("shown.p", p=text.number(asks[0].p or 0.0, 2)) if told else ""
        yield text.say(
            "shown.asked", day=text.day(asks[0].at.date()), moment=text.moment(asks[0].moment), p=p
        )
        yield from _came(one, text)
        if len(asks) > 1:
            yield text.count("shown.asked_more", len(asks) - 1)
    if one.outgrew is not None:
        yield text.say("shown.outgrew", day=text.day(one.outgrew))
    if one.held is not None:
        reason, days = one.held
        yield text.count("shown.held", days, reason=text.reason(reason))


def _came(one: Shown, text: Words) -> Iterator[str]:
    """What came of the ask."""
    if one.lead is None:
        if one.choice is Choice.WRONG:
            yield text.say("shown.not_passed")
        return
    days = round(abs(one.lead))
    key = "shown.lead" if one.lead > 0 else "shown.lead_before"
    yield text.count(key, days) if days else text.say("shown.lead_same")


def _shown_intro(view: BacktestView, text: Words) -> str:
    there = {one.choice for one in view.shown}
    return text.say(
        "shown.intro",
        count=text.number(len(view.shown)),
        accounts=text.number(view.sides[0].accounts),
        rules="; ".join(text.say(f"shown.rule_{choice}") for choice in Choice if choice in there),
    )
