"""What a replay of stored usage came to, as admins read it: counts, reasons, weeks, a chart."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hmac import compare_digest
from typing import Any
from zoneinfo import ZoneInfo

from engine.alert import AlertClass, ReasonCode
from engine.errors import NotFound
from service import backtest_job
from service.context import Context
from store.backtests import DONE, FAILED
from templates import labels, replay_chart
from templates.replay_chart import Week

_REASONS = 5
_IMAGE = "replay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """One replay as it stands. `progress`: accounts done and in all; `why`: why it failed."""

    id: str
    done: bool
    progress: tuple[int, int]
    why: str | None = None
    first: date | None = None
    last: date | None = None
    accounts: int = 0
    counts: tuple[tuple[AlertClass, int], ...] = ()
    silences: tuple[tuple[ReasonCode, int], ...] = ()
    judged: int = 0
    passed: int = 0
    weeks: tuple[Week, ...] = ()


def replay(context: Context, id: str) -> Replay:
    """How far it is, and what it came to.

    Raises:
        NotFound: there is none of this id.
    """
    found, lines = backtest_job.get(context, id)
    progress = int(found.progress.get("accounts", 0)), int(found.progress.get("of", 0))
    if found.status != DONE:
        why = found.detail if found.status == FAILED else None
        return Replay(id=id, done=False, progress=progress, why=why)
    summary = found.summary
    figures: dict[str, Any] = summary["policies"][0]
    first, last = date.fromisoformat(summary["first"]), date.fromisoformat(summary["last"])
    zone = ZoneInfo(context.policy().catalogue.product.time_zone)
    return Replay(
        id=id,
        done=True,
        progress=progress,
        first=first,
        last=last,
        accounts=figures["accounts"],
        counts=tuple(
            (kind, figures[name])
            for kind, name in (
                (AlertClass.ASK, "asks"),
                (AlertClass.REFLECTION, "reflections"),
                (AlertClass.NOTICE, "notices"),
            )
        ),
        silences=tuple(
            (ReasonCode(one["reason"]), one["accounts"])
            for one in figures["silences"]
            if one["reason"] != ReasonCode.NO_MOMENT
        )[:_REASONS],
        judged=figures["judged"],
        passed=figures["passed"],
        weeks=_weeks([line.body for line in lines if line.kind == "alert"], first, last, zone),
    )


def chart_url(context: Context, id: str) -> str:
    """The address of the chart: nobody can guess it, and it shows nothing else."""
    return f"{context.public_url}/chart/replay/{id}.{context.secrets.token(_IMAGE, id)}.png"


def chart(context: Context, name: str) -> bytes:
    """The chart behind such an address.

    Raises:
        NotFound: there is no such chart.
    """
    id, _, token = name.removesuffix(".png").partition(".")
    if not compare_digest(token.encode(), context.secrets.token(_IMAGE, id).encode()):
        raise NotFound("there is no such chart")
    found, locale = replay(context, id), context.policy().catalogue.product.locale
    if not found.done:
        raise NotFound("there is no such chart")
    names = [(kind, labels.class_name(kind, locale)) for kind, _ in found.counts]
    return replay_chart.picture(found.weeks, names, labels.replay_title(locale), locale)


def _weeks(
    said: Sequence[dict[str, Any]], first: date, last: date, zone: ZoneInfo
) -> tuple[Week, ...]:
    """Every week from the first to the last, Mondays first, each with what fell into it."""
    counted: dict[date, Counter[AlertClass]] = {}
    monday = first - timedelta(days=first.weekday())
    while monday <= last:
        counted[monday] = Counter()
        monday += timedelta(days=7)
    for body in said:
        day = datetime.fromisoformat(body["at"]).astimezone(zone).date()
        week = counted.get(day - timedelta(days=day.weekday()))
        if week is not None:
            week[AlertClass(body["class"])] += 1
    order = (AlertClass.ASK, AlertClass.REFLECTION, AlertClass.NOTICE)
    return tuple(
        Week(first=start, counts=tuple((kind, counts[kind]) for kind in order))
        for start, counts in counted.items()
    )
