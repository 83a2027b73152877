"""Why not to speak: an ordered row of gates, all of them asked, the first that fails is the reason.

GATES says which classes of alert each gate holds back: asks pass all of them, reflections those
that are not about proposing, notices only those about truth.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from math import inf

import numpy as np

from engine.alert import AlertClass, Moment, Reason, ReasonCode
from engine.blockers import BLOCKERS
from engine.decision import Stage
from engine.gate import Check, Context, Finding, Gate, no
from engine.history import MONTH, is_flow
from engine.ledger import mutes_in_force
from engine.moments import last_closed_share, last_shares
from engine.policy import Mode, Policy
from engine.snapshot import Arm, Snapshot
from engine.spacing import ASKS, ask_annual_cap, backoff, duplicate, spaced
from engine.stage import onboarded

SUSPECT_BEFORE = 56
"""Days that a day is held against before it counts as standing out."""
_ALL = tuple(AlertClass)
_PROPOSING = (AlertClass.ASK, AlertClass.REFLECTION)
_REFLECTIONS = (AlertClass.REFLECTION,)
_CURRENT = (Moment.AT_LIMIT, Moment.PACE, Moment.APPROACHING)
"""Moments that rest on this period's use, where one day may deceive."""


def reasons(context: Context, policy: Policy, now: datetime) -> tuple[Reason, ...]:
    """Every reason against this moment, in the order of the gates; none: it may speak."""
    found = []
    for gate in _gates(context.due.key.alert_class, _open_topics(context.snapshot, policy)):
        finding = gate.check(context, policy, now)
        if finding is not None:
            found.append(Reason(code=gate.code, evidence=finding.evidence, until=finding.until))
    return tuple(found)


def _policy_off(context: Context, policy: Policy, now: datetime) -> Finding | None:
    if policy.mode is Mode.OFF:
        return no("mode", policy.mode)
    since = context.snapshot.paused
    if since is None or context.due.key.alert_class is AlertClass.NOTICE:
        return None
    return no("paused", context.day(since).isoformat())


def _shadow(context: Context, policy: Policy, now: datetime) -> Finding | None:
    if policy.mode is Mode.SHADOW:
        return no("mode", policy.mode)
    if context.due.key.alert_class is AlertClass.NOTICE or context.snapshot.rollout_open:
        return None
    return no("rollout_days", policy.rollout_days)


def _data_stale(context: Context, policy: Policy, now: datetime) -> Finding | None:
    last = context.meter.last_at
    # A limit that was met is a fact whoever told it; to propose something takes a live report.
    if last and context.imported and context.due.key.alert_class is not AlertClass.NOTICE:
        return no("last_report", last.isoformat())
    last = context.snapshot.last_report
    if not context.snapshot.daily_source:
        return None
    if last is None:
        return no("last_report", "never")
    late = now - last > timedelta(hours=policy.data.stale_hours)
    return no("last_report", last.isoformat()) if late else None


def _data_suspect(context: Context, policy: Policy, now: datetime) -> Finding | None:
    meter = context.meter
    if meter.used < 0:
        return no("used", meter.used)
    if context.steady:
        return None
    first = meter.first_day
    if first is None or (context.today - first).days < policy.data.suspect_history_days:
        return None
    days = context.days
    # The days that `used` and the forecast rest on: this period's, the last four weeks at most.
    lately = min((context.today - context.meter.period.start).days + 1, MONTH, len(days))
    if lately <= 0:
        return None
    top = len(days) - lately + int(np.argmax(days[-lately:]))
    before = days[max(top - SUSPECT_BEFORE, 0) : top]
    if top < policy.data.suspect_history_days or not len(before) or before.max() <= 0:
        return None
    if days[top] <= policy.data.suspect_jump * before.max():
        return None
    day = context.today - timedelta(len(days) - 1 - top)
    evidence = (("day", day.isoformat()), ("amount", f"{days[top]:g}"))
    return Finding((*evidence, ("highest_before", f"{before.max():g}")))


def _data_thin(context: Context, policy: Policy, now: datetime) -> Finding | None:
    # Only what rests on this period's use needs its own meter's days.
    if context.due.key.moment in _CURRENT:
        days = context.complete.get(context.meter.key, 0)
    else:
        days = max(context.complete.values())
    missing = policy.forecast.min_days - days
    return no("complete_days", days, context.today + timedelta(missing)) if missing > 0 else None


def _limit_unknown(context: Context, policy: Policy, now: datetime) -> Finding | None:
    return None if context.meter.limit_known else no("meter", context.meter.key)


def _no_next_plan(context: Context, policy: Policy, now: datetime) -> Finding | None:
    account = context.snapshot.account
    return None if account.next_plan else no("plan", account.plan or "unknown")


def _custom_contract(context: Context, policy: Policy, now: datetime) -> Finding | None:
    return Finding() if context.snapshot.account.custom else None


def _objected(context: Context, policy: Policy, now: datetime) -> Finding | None:
    return Finding() if context.snapshot.account.objected else None


def _account_muted(context: Context, policy: Policy, now: datetime) -> Finding | None:
    mutes = mutes_in_force(context.snapshot, now, context.today)
    if not mutes:
        return None
    last = max(mutes, key=lambda mute: mute.until or date.max)
    return no("muted", context.day(last.at).isoformat(), last.until)


def _pull_only(context: Context, policy: Policy, now: datetime) -> Finding | None:
    refusals = context.balance.refusals
    return no("refusals", f"{refusals:g}") if refusals >= policy.ask.pull_only_at else None


def _dormant(context: Context, policy: Policy, now: datetime) -> Finding | None:
    return no("gap", f"{context.standing.gap} d") if context.standing.view.dormant else None


def _stage_is(stage: Stage, context: Context, policy: Policy, now: datetime) -> Finding | None:
    view = context.standing.view
    return Finding(view.evidence) if view.stage is stage else None


def _onboarding(context: Context, policy: Policy, now: datetime) -> Finding | None:
    end = onboarded(context.standing, policy.stage)
    if end is None:
        return no("since", "unknown")
    return no("since", context.standing.since, end) if context.today < end else None


def _declining(context: Context, policy: Policy, now: datetime) -> Finding | None:
    over = context.moment is Moment.SUSTAINED_OVER
    least = policy.stage.declining_ratio_over if over else policy.stage.declining_ratio
    ratio = context.standing.ratio28
    return no("ratio28", f"{ratio:.2f}") if ratio < least else None


def _one_off(context: Context, policy: Policy, now: datetime) -> Finding | None:
    if context.moment not in _CURRENT:
        return None
    end = context.meter.period.end
    one_day = context.forecast is not None and context.forecast.one_off
    if one_day and not (context.moment is Moment.AT_LIMIT and _keeps_going(context, policy)):
        return no("meter", context.meter.key, end)
    if not is_flow(context.meter) or not context.meter.limit:
        return None
    shares = last_shares(context.meter, context.standing.since)
    if not _seasoned(shares, context, policy):
        return no("last_periods", ", ".join(f"{share:.2f}" for share in shares), end)
    pace = _pace_kept(context)
    return no("week_kept_up", f"{pace:.2f}", end) if pace < policy.lasting.pace else None


def _seasoned(shares: Sequence[float], context: Context, policy: Policy) -> bool:
    """Whether a period before this one counted for something, or there was hardly one yet."""
    age = context.standing.age(context.today)
    if not shares or (age is not None and age < policy.lasting.young_days):
        return True
    return max(shares) >= policy.lasting.level


def _pace_kept(context: Context) -> float:
    """What the last seven days, kept up, bring this and a whole period to, whichever is less.

    As a share of the limit.
    """
    meter, end = context.meter, context.meter.period.end
    if end is None:
        return inf
    days = context.days[-8:].tolist()
    # Today, unfinished, counts where it helps.
    day = max(_sum(days[-7:]), _sum(days[:-1])) / 7
    whole = day * (end - meter.period.start).days
    this = float(meter.used) + day * ((end - context.today).days - 1)
    return min(whole, this) / float(meter.limit or 1)


def _sum(days: Iterable[float]) -> float:
    """One after the other: `sum` adds in another way on some versions of Python."""
    total = 0.0
    for amount in days:
        total += amount
    return total


def _keeps_going(context: Context, policy: Policy) -> bool:
    """At the limit, after a period that counted, and this week's pace would pass it by far."""
    meter = context.meter
    if not meter.limit or meter.period.end is None:
        return False
    if last_closed_share(meter) < policy.at_limit.level:
        return False
    week = _sum(context.days[-7:].tolist()) / 7
    left = (meter.period.end - context.today).days - 1
    return float(meter.used) + week * left >= policy.at_limit.pace * float(meter.limit)


def _ramp(context: Context, policy: Policy, now: datetime) -> Finding | None:
    ramp = context.forecast is not None and context.forecast.ramp
    return no("meter", context.meter.key) if ramp and context.moment is Moment.PACE else None


def _trust_low(context: Context, policy: Policy, now: datetime) -> Finding | None:
    ask = context.due.key.alert_class is AlertClass.ASK
    needs = policy.trust.ask_needs if ask else policy.trust.reflection_needs
    trust = context.balance.trust
    return no("trust", f"{trust:g} of {needs:g}") if trust < needs else None


def _no_recipient(context: Context, policy: Policy, now: datetime) -> Finding | None:
    audience, alert_class = context.audience, context.due.key.alert_class
    shown = context.snapshot.widget_on and audience.somebody(alert_class)
    if shown or audience.recipient(alert_class):
        return None
    return no("people", len(context.snapshot.people))


def _held_out(context: Context, policy: Policy, now: datetime) -> Finding | None:
    return Finding() if context.snapshot.arm is Arm.HOLDOUT else None


def _of_account(
    check: Callable[[Snapshot, Policy, datetime], Finding | None],
) -> Check:
    return lambda context, policy, now: check(context.snapshot, policy, now)


GATES: tuple[Gate, ...] = (
    Gate(ReasonCode.POLICY_OFF, _ALL, _policy_off),
    Gate(ReasonCode.SHADOW, _ALL, _shadow),
    Gate(ReasonCode.DATA_STALE, _ALL, _data_stale),
    Gate(ReasonCode.DATA_SUSPECT, _ALL, _data_suspect),
    Gate(ReasonCode.DATA_THIN, _PROPOSING, _data_thin),
    Gate(ReasonCode.LIMIT_UNKNOWN, _ALL, _limit_unknown),
    Gate(ReasonCode.NO_NEXT_PLAN, ASKS, _no_next_plan),
    Gate(ReasonCode.CUSTOM_CONTRACT, ASKS, _custom_contract),
    Gate(ReasonCode.OBJECTED, _PROPOSING, _objected),
    Gate(ReasonCode.ACCOUNT_MUTED, _PROPOSING, _account_muted),
    Gate(ReasonCode.PULL_ONLY, _PROPOSING, _pull_only),
    *(Gate(code, _PROPOSING, _of_account(check)) for code, check in BLOCKERS),
    Gate(ReasonCode.DORMANT, _PROPOSING, _dormant),
    Gate(ReasonCode.STAGE_EXPERIMENTING, _PROPOSING, partial(_stage_is, Stage.EXPERIMENTING)),
    Gate(ReasonCode.STAGE_LEARNING, ASKS, partial(_stage_is, Stage.LEARNING)),
    Gate(ReasonCode.ONBOARDING, ASKS, _onboarding),
    Gate(ReasonCode.DECLINING, ASKS, _declining),
    Gate(ReasonCode.ONE_OFF, ASKS, _one_off),
    Gate(ReasonCode.RAMP, ASKS, _ramp),
    Gate(ReasonCode.DUPLICATE, _ALL, duplicate),
    Gate(ReasonCode.ASK_SPACING, ASKS, partial(spaced, ASKS, lambda p: p.ask.spacing_days)),
    Gate(ReasonCode.ASK_ANNUAL_CAP, ASKS, ask_annual_cap),
    Gate(ReasonCode.BACKOFF, ASKS, backoff),
    Gate(
        ReasonCode.REFLECTION_SPACING,
        _REFLECTIONS,
        partial(spaced, _PROPOSING, lambda p: p.ask.reflection_spacing_days),
    ),
    Gate(ReasonCode.TRUST_LOW, _PROPOSING, _trust_low),
    Gate(ReasonCode.NO_RECIPIENT, _PROPOSING, _no_recipient),
    Gate(ReasonCode.HELD_OUT, _PROPOSING, _held_out),
)

_SPACED = (ReasonCode.ASK_SPACING, ReasonCode.ASK_ANNUAL_CAP, ReasonCode.REFLECTION_SPACING)
_TOPICS: tuple[frozenset[ReasonCode], ...] = (
    frozenset((ReasonCode.POLICY_OFF, ReasonCode.SHADOW)),
    frozenset((ReasonCode.DATA_STALE,)),
    frozenset((ReasonCode.NO_NEXT_PLAN, ReasonCode.CUSTOM_CONTRACT, ReasonCode.OBJECTED)),
    frozenset((ReasonCode.ACCOUNT_MUTED,)),
    frozenset(code for code, _ in BLOCKERS),
    frozenset((ReasonCode.DUPLICATE, *_SPACED)),
    frozenset((ReasonCode.NO_RECIPIENT,)),
    frozenset((ReasonCode.HELD_OUT,)),
)
"""Gates that cannot fail where nothing is known of their topic."""


def _open_topics(snapshot: Snapshot, policy: Policy) -> tuple[bool, ...]:
    """Of which of the topics anything is known."""
    account = snapshot.account
    return (
        policy.mode is not Mode.LIVE or not snapshot.rollout_open or snapshot.paused is not None,
        snapshot.daily_source or any(meter.backfilled for meter in snapshot.meters),
        not account.next_plan or account.custom or account.objected,
        bool(snapshot.answers),
        bool(snapshot.blockers or snapshot.plan_changes or account.renewal),
        bool(snapshot.alerts),
        snapshot.readers_known or not snapshot.widget_on,
        snapshot.arm is Arm.HOLDOUT,
    )


@lru_cache(maxsize=1024)
def _gates(kind: AlertClass, topics: tuple[bool, ...]) -> tuple[Gate, ...]:
    """The gates that could hold back this class of alert."""
    shut = {
        code for codes, known in zip(_TOPICS, topics, strict=True) if not known for code in codes
    }
    return tuple(gate for gate in GATES if kind in gate.classes and gate.code not in shut)
