"""One account's history for the chart: use, limit, forecast, stages, decisions and the ledger."""

import re
from datetime import date, datetime, timedelta
from typing import Any

from engine.alert import Outcome, Reason
from engine.decision import Balance, Decision
from engine.policy import TrustPolicy
from segue.demo.sight import Sight
from service import frozen, wording
from service.context import Context
from service.ledger import of_account
from store import decisions
from templates.labels import overlay_name, stage_name

_DECISIONS = 400
_VALUE_DAYS = re.compile(r"\d+ value days?")


def timeline(context: Context, sight: Sight) -> dict[str, Any]:
    """Everything the chart draws."""
    with context.database.read() as session:
        stored = decisions.of_account(session, sight.player.id, limit=_DECISIONS)
    balance = of_account(context, sight.player.id)
    rows = [_Row(sight, one) for one in reversed(stored)]
    return {
        "days": _days(sight),
        "limits": _limits(sight),
        "used": float(sight.meter.used),
        "limit": float(sight.meter.limit or 0),
        "period_start": sight.meter.period.start.isoformat(),
        "forecast": _forecast(rows),
        "stages": _stages(rows, sight),
        "decisions": [row.shown() for row in rows],
        "ledger": _ledger(balance),
        "trust": _trust(sight, balance, context.policy().policy.trust),
    }


class _Row:
    """A stored decision, read again."""

    def __init__(self, sight: Sight, stored: decisions.StoredDecision) -> None:
        self.stored, self._sight = stored, sight
        self.decision: Decision = frozen.decision(stored.body)
        self.dormant = self.decision.stage.dormant

    @property
    def stage(self) -> str:
        return "dormant" if self.dormant else self.decision.stage.stage

    @property
    def stage_name(self) -> str:
        view = self.decision.stage
        return overlay_name("dormant", "en") if self.dormant else stage_name(view.stage, "en")

    def day(self, at: datetime) -> str:
        return at.astimezone(self._sight.zone).date().isoformat()

    @property
    def last(self) -> datetime:
        return self.stored.until or self.stored.at

    def shown(self) -> dict[str, Any]:
        decision = self.decision
        chosen = decision.chosen or next(iter(decision.notices), None)
        return {
            "from": self.day(self.stored.at),
            "to": self.day(self.last),
            "at": self.stored.at.isoformat(),
            "outcome": decision.outcome,
            "stage": self.stage_name,
            "class": chosen.alert_class if chosen else None,
            "moment": chosen.moment if chosen else None,
            "notice": bool(decision.notices),
            "text": self._text(),
            "evidence": [list(line) for line in wording.evidence(decision, "en")],
        }

    def _text(self) -> str:
        decision, today = self.decision, self.last.astimezone(self._sight.zone).date()
        if decision.outcome in (Outcome.ASK, Outcome.REFLECT, Outcome.NOTICE):
            return wording.outcome(decision, "en")
        plain = [Reason(code=r.code, until=r.until) for r in decision.reasons]
        return wording.silence(plain, "en", for_admin=True, today=today)


def _days(sight: Sight) -> list[list[Any]]:
    meter, first = sight.meter, sight.meter.first_day
    if first is None:
        return []
    return [
        [(first + timedelta(days=n)).isoformat(), amount]
        for n, amount in enumerate(meter.daily)
        if first + timedelta(days=n) <= sight.today
    ]


def _limits(sight: Sight) -> list[list[Any]]:
    """[from, limit]: of each closed period, and now."""
    found: list[tuple[date, Any]] = [(p.start, p.limit) for p in sight.meter.closed]
    since = sight.meter.limit_since
    start = max(
        sight.meter.period.start, since.astimezone(sight.zone).date() if since else date.min
    )
    if start > sight.meter.period.start and found:
        found.append((sight.meter.period.start, found[-1][1]))
    found.append((start, sight.meter.limit))
    return [[day.isoformat(), float(limit)] for day, limit in found if limit is not None]


def _forecast(rows: list[_Row]) -> dict[str, Any] | None:
    """The newest forecast that names days."""
    if not rows:
        return None
    newest = next(iter(rows[-1].decision.forecasts), None)
    if newest is None or newest.low is None or newest.mid is None or newest.high is None:
        return None
    return {
        "low": newest.low.isoformat(),
        "mid": newest.mid.isoformat(),
        "high": newest.high.isoformat(),
        "p": newest.p,
    }


def _stages(rows: list[_Row], sight: Sight) -> list[dict[str, Any]]:
    """Spans of days with one stage each."""
    spans: list[dict[str, Any]] = []
    for row in rows:
        if spans and spans[-1]["stage"] == row.stage:
            spans[-1]["to"] = row.day(row.last)
            continue
        start = row.day(row.stored.at)
        if spans:
            spans[-1]["to"] = start
        spans.append(
            {
                "stage": row.stage,
                "name": row.stage_name,
                "from": start,
                "to": row.day(row.last),
            }
        )
    if spans:
        spans[-1]["to"] = sight.today.isoformat()
    return spans


def _ledger(balance: Balance) -> list[dict[str, Any]]:
    """Every entry with the balance after it; it never leaves 0 to 100."""
    entries, trust = [], 0.0
    for at, cause, amount in balance.entries:
        trust = _within(trust + amount)
        entries.append(
            {"at": at.isoformat(), "cause": cause, "amount": amount, "trust": round(trust, 2)}
        )
    return entries


def _trust(sight: Sight, balance: Balance, policy: TrustPolicy) -> list[list[Any]]:
    """The balance day by day; the ledger's entries for several value days are taken apart."""
    used = [day for day, amount in _days(sight) if amount > 0]
    points, trust, told = [], 0.0, 0
    for at, cause, amount in balance.entries:
        today = at.astimezone(sight.zone).date().isoformat()
        days = round(amount / policy.value_day) if _VALUE_DAYS.fullmatch(cause) else 0
        for day in used[told : told + days]:
            trust = _within(trust + policy.value_day)
            points.append([day, round(trust, 2)])
        told += days
        if not days:
            trust = _within(trust + amount)
            points.append([today, round(trust, 2)])
    return points


def _within(trust: float) -> float:
    return min(100.0, max(0.0, trust))
