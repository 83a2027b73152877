"""From which usage on a meter is worth looking at again before the next daily evaluation."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from engine.alert import AlertClass, ReasonCode
from engine.decision import Candidate
from engine.history import is_flow
from engine.moments import best_month, milestone_below, uses, value_events
from engine.policy import Policy
from engine.usage import AtLimit, MeterUse

NEVER = 1e18
"""Beyond any usage: nothing that is counted today could change the answer."""

_USAGE_LIFTS = frozenset(
    (
        ReasonCode.DATA_STALE,
        ReasonCode.DORMANT,
        ReasonCode.STAGE_EXPERIMENTING,
        ReasonCode.STAGE_LEARNING,
        ReasonCode.DECLINING,
        ReasonCode.ONE_OFF,
        ReasonCode.TRUST_LOW,
    )
)
"""Reasons that more usage on the same day may lift."""


def guard(
    meter: MeterUse, candidates: Sequence[Candidate], policy: Policy, today: date
) -> float | None:
    """The least usage that could change the decision; None: any may."""
    if not meter.meaningful and meter.at_limit is not AtLimit.STOPS:
        return NEVER
    if meter.meaningful and any(_lifted_by_usage(candidate) for candidate in candidates):
        return None
    marks = [_milestone(meter, policy, today)] if meter.meaningful else []
    if meter.limit is not None and meter.limit_known and not uses(meter, 1.0):
        shares = sorted({policy.pace.used, policy.approaching.used, 1.0})
        if meter.meaningful and uses(meter, shares[0]):
            return None  # Every further use makes the forecast's case a little stronger.
        ahead = next(share for share in shares if not uses(meter, share))
        marks.append(float(meter.limit) * ahead)
    return min(marks, default=NEVER)


def _lifted_by_usage(candidate: Candidate) -> bool:
    if candidate.alert_class is AlertClass.NOTICE:
        return False
    return any(reason.code in _USAGE_LIFTS for reason in candidate.reasons)


def _milestone(meter: MeterUse, policy: Policy, today: date) -> float:
    if not is_flow(meter):
        return NEVER
    total = value_events(meter, today)
    following = (milestone_below(total) or Decimal(1)) * 10
    marks = [meter.used + following - total]
    best = best_month(meter)
    if best is not None:
        marks.append(best * Decimal(repr(policy.milestone.best_month)))
    return float(min((mark for mark in marks if mark > meter.used), default=Decimal(repr(NEVER))))
