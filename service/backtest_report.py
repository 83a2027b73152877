"""Turns what a backtest found into the figures people read: the summary, as text, JSON and HTML."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from engine.alert import AlertClass
from service.backtest_against import Difference
from service.backtest_choice import Chosen
from service.backtest_results import Bin
from service.backtest_run import Findings, Outcome
from service.backtest_truth import AHEAD
from service.backtest_work import Side
from templates import backtest as words
from templates.backtest_view import BacktestView, Change, Figures, Point, Shown, Timeline


def view(
    findings: Findings,
    sides: Sequence[Side],
    names: Sequence[str],
    *,
    bad_rows: int,
    made_at: datetime,
) -> BacktestView:
    """Everything a report shows."""
    figures = tuple(
        _figures(outcome, side, (findings.end - findings.first).days + 1)
        for outcome, side in zip(findings.sides, sides, strict=True)
    )
    moved = [d for d in findings.differences if d.here is not None]
    return BacktestView(
        product=sides[0].catalogue.product.name,
        locale=sides[0].catalogue.product.locale,
        first=findings.first.date(),
        last=findings.end.date(),
        made_at=made_at,
        names=tuple(names),
        sides=figures,
        changes=tuple(_change(one) for one in findings.differences),
        same=figures[0].asks - len(moved) if len(figures) > 1 else 0,
        shown=tuple(_shown(chosen, timelines) for chosen, timelines in findings.drawn),
        bad_rows=bad_rows,
    )


def page(view: BacktestView) -> str:
    """The report as one HTML page."""
    return words.page(view)


def text(view: BacktestView) -> str:
    """The summary for a terminal."""
    return words.summary(view)


def document(view: BacktestView) -> dict[str, Any]:
    """The summary as JSON values."""
    policies = []
    for name, figures in zip(view.names, view.sides, strict=True):
        fields = asdict(figures)
        fields["moments"] = [
            {"class": kind, "moment": moment, "count": n} for kind, moment, n in figures.moments
        ]
        fields["silences"] = [
            {"reason": reason, "days": days, "accounts": accounts}
            for reason, days, accounts in figures.silences
        ]
        fields["asks_in_a_year"] = {str(asks): years for asks, years in fields.pop("years")}
        fields.pop("leads")
        shares = ("precision", "stayed_share", "in_time", "lead")
        policies.append(
            {"policy": name, **fields} | {share: getattr(figures, share) for share in shares}
        )
    changes = [asdict(change) for change in view.changes]
    for change in changes:
        for end in ("here", "there"):
            change[end] = change[end].isoformat() if change[end] else None
    return {
        "first": view.first.isoformat(),
        "last": view.last.isoformat(),
        "bad_rows": view.bad_rows,
        "policies": policies,
        **({"same_asks": view.same, "differences": changes} if len(policies) > 1 else {}),
    }


def _figures(outcome: Outcome, side: Side, span: int) -> Figures:
    totals, score = outcome.totals, outcome.reliability
    count = dict.fromkeys(AlertClass, 0)
    for (kind, _), n in totals.said.items():
        count[kind] += n
    passed = [v.passed for v in totals.verdicts if v.passed is not None]
    stayed = [v.stayed for v in totals.verdicts if v.stayed is not None]
    leads = [one.lead for one in totals.outgrown]
    in_time = sum(lead is not None and lead >= AHEAD[0] for lead in leads)
    return Figures(
        preset=side.policy.preset,
        span=span,
        accounts=totals.accounts,
        days=totals.days,
        asks=count[AlertClass.ASK],
        reflections=count[AlertClass.REFLECTION],
        notices=count[AlertClass.NOTICE],
        asks_per_year=365 * count[AlertClass.ASK] / totals.days if totals.days else 0.0,
        moments=tuple(
            (kind, moment, n)
            for (kind, moment), n in sorted(
                totals.said.items(), key=lambda item: (list(AlertClass).index(item[0][0]), -item[1])
            )
        ),
        judged=len(passed),
        passed=sum(passed),
        stayed_judged=len(stayed),
        stayed=sum(stayed),
        leads=tuple(v.lead for v in totals.verdicts if v.lead is not None),
        outgrew=len(leads),
        outgrew_in_time=in_time,
        outgrew_late=sum(lead is not None for lead in leads) - in_time,
        experimenters=totals.experimenters,
        bothered=totals.bothered,
        without_moment=totals.without_moment,
        untold=totals.untold,
        silences=tuple(
            (reason, days, totals.silent_accounts[reason])
            for reason, days in totals.silent_days.most_common()
        ),
        years=tuple(sorted(totals.years.items())),
        least=side.policy.forecast.calibrate_from,
        resolved=score.resolved,
        scored=score.scored,
        raw=_points(score.raw),
        calibrated=_points(score.calibrated),
        brier_raw=score.brier_raw,
        brier_calibrated=score.brier_calibrated,
        brier_base=score.brier_base,
    )


def _points(bins: Sequence[Bin]) -> tuple[Point, ...]:
    return tuple(Point(said=b.said, happened=b.happened, count=b.count) for b in bins)


def _change(one: Difference) -> Change:
    return Change(
        account=one.account,
        moment=one.moment,
        here=one.here,
        there=one.there,
        days=one.days,
        reason=one.reasons[0] if one.reasons else None,
    )


def _shown(chosen: Chosen, timelines: Sequence[Timeline]) -> Shown:
    return Shown(
        choice=chosen.choice,
        timeline=timelines[0],
        lead=chosen.lead,
        outgrew=chosen.outgrew.date() if chosen.outgrew else None,
        held=chosen.held,
        there=timelines[1] if len(timelines) > 1 else None,
    )
