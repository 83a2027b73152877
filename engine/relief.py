"""Takes one reason out of the facts: the same account, but for what that reason rests on.

Each relief changes as little as it can: a fact is gone, time has passed, or something is there
that is missing. Deciding anew then says what that alone does.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from itertools import combinations
from math import ceil
from statistics import median

from engine.alert import FeedbackKind, Reason, ReasonCode
from engine.decision import Stage
from engine.policy import Mode, StagePolicy
from engine.snapshot import Answer, Arm, BlockerKind, Role
from engine.trial import Change, Relief, Trial, aged, with_day

_COMMITTED = frozenset((Stage.ADOPTED, Stage.EMBEDDED))
_REFUSALS = frozenset(
    (
        FeedbackKind.DISMISSED,
        FeedbackKind.SNOOZED,
        FeedbackKind.DECLINED,
        FeedbackKind.NOT_USEFUL,
    )
)


def relief(trial: Trial, reason: Reason) -> Relief:
    """The facts without `reason`."""
    if reason.until is not None and reason.code in _PASSING:
        return Relief(
            change=Change.ON_DAY,
            trial=aged(trial, reason.until),
            evidence=reason.evidence,
            on=reason.until,
        )
    return _RELIEFS.get(reason.code, _none)(trial, reason)


def _none(trial: Trial, reason: Reason) -> Relief:
    return Relief(change=Change.WITHOUT, trial=None, evidence=reason.evidence, on=reason.until)


def _without(change: Callable[[Trial], Trial], trial: Trial, reason: Reason) -> Relief:
    return Relief(
        change=Change.WITHOUT, trial=change(trial), evidence=reason.evidence, on=reason.until
    )


def _with(change: Callable[[Trial], Trial], trial: Trial, reason: Reason) -> Relief:
    return Relief(change=Change.WITH, trial=change(trial), evidence=reason.evidence)


def _blockers(kind: BlockerKind, trial: Trial) -> Trial:
    rest = tuple(b for b in trial.snapshot.blockers if b.kind is not kind)
    return trial.facts(blockers=rest)


def _answers(gone: Callable[[Answer], bool], trial: Trial) -> Trial:
    return trial.facts(answers=tuple(a for a in trial.snapshot.answers if not gone(a)))


def _refusals(trial: Trial) -> Trial:
    kept = _answers(lambda a: a.kind in _REFUSALS, trial)
    return kept.table("trust", ignored_k=0.0)


def _reserved(trial: Trial) -> Trial:
    """Without what was raised and has not reached anybody yet."""
    rest = tuple(a for a in trial.snapshot.alerts if a.charged_at or a.closed_at or a.ghost)
    return trial.facts(alerts=rest)


def _reader(trial: Trial) -> Trial:
    """With somebody who may see a banner."""
    return trial.facts(widget_on=True, readers_known=False)


def _live(trial: Trial) -> Trial:
    policy = replace(trial.policy, mode=Mode.LIVE)
    return replace(trial.facts(rollout_open=True, paused=None), policy=policy)


def _duplicate(trial: Trial, reason: Reason) -> Relief:
    """In a new period the same may be said; that it was said stays in the account's memory."""
    if reason.until is None:
        return Relief(change=Change.NEW_PERIOD, trial=None, evidence=reason.evidence)
    before, answers = [], list(trial.snapshot.answers)
    for alert in trial.snapshot.alerts:
        key = replace(alert.key, period=f"before {alert.key.period}")
        before.append(replace(alert, key=key))
        answers = [replace(a, alert=str(key)) if a.alert == str(alert.key) else a for a in answers]
    return Relief(
        change=Change.NEW_PERIOD,
        trial=trial.facts(alerts=tuple(before), answers=tuple(answers)),
        evidence=reason.evidence,
        on=reason.until,
    )


def _data_suspect(trial: Trial, reason: Reason) -> Relief:
    known = dict(reason.evidence)
    if trial.meter is None or "day" not in known:
        return _none(trial, reason)
    day, usual = date.fromisoformat(known["day"]), float(known["highest_before"])
    return _without(partial(with_day, trial.meter, day, usual), trial, reason)


def _one_off(trial: Trial, reason: Reason) -> Relief:
    """Had the highest day of the period been like the others."""
    meter = trial.meter
    if meter is None or meter.first_day is None:
        return _none(trial, reason)
    skip, daily = max((meter.period.start - meter.first_day).days, 0), list(meter.daily)
    lately = daily[skip:]
    busy = [amount for amount in daily[-29:] if amount > 0]
    if not lately or not busy:
        return _none(trial, reason)
    top = max(range(len(lately)), key=lately.__getitem__)
    day = meter.first_day + timedelta(skip + top)
    rest = sorted(busy)[:-1]
    changed = with_day(meter, day, median(rest) if rest else 0.0, trial)
    evidence = (("day", day.isoformat()), ("amount", f"{lately[top]:g}"))
    return Relief(change=Change.WITHOUT, trial=changed, evidence=evidence, on=reason.until)


def _data_thin(trial: Trial, reason: Reason) -> Relief:
    days = int(dict(reason.evidence).get("complete_days", "0"))
    least = min(max(days, 3), trial.policy.forecast.min_days)
    changed = trial.table("forecast", min_days=least) if days >= 3 else None
    return Relief(change=Change.ON_DAY, trial=changed, evidence=reason.evidence, on=reason.until)


def _dormant(trial: Trial) -> Trial:
    """With use today as on a usual day."""
    for meter in trial.snapshot.meters:
        busy = [amount for amount in meter.daily if amount > 0]
        if meter.meaningful and busy:
            trial = with_day(meter, trial.today, median(busy), trial)
    return trial


def _stage(trial: Trial, reason: Reason) -> Relief:
    """The fewest rules of the stage that would have to hold as well."""
    if not trial.asks:
        learning = trial.table("stage", learning_value_days=1, learning_weeks=1).again()
        if learning.decision.stage.stage is Stage.EXPERIMENTING:
            return _none(trial, reason)
        needs = (("value_days", str(trial.policy.stage.learning_value_days)),)
        return Relief(change=Change.WITH, trial=learning, evidence=needs)
    for missing in _sets():
        changes = {key: value for rule in missing for key, value in _RULES[rule].items()}
        there = trial.table("stage", **changes).again()
        if there.decision.stage.stage in _COMMITTED:
            evidence = tuple((rule, _needed(rule, trial.policy.stage)) for rule in missing)
            return Relief(change=Change.WITH, trial=there, evidence=evidence)
    return _none(trial, reason)


_RULES: dict[str, dict[str, int]] = {
    "breadth28": {"adopted_people": 0},
    "value_days28": {"rhythm_value_days": 2, "rhythm_weeks": 0},
    "depth28": {"adopted_features": 0},
    "age": {"onboarding_days": 1},
}
"""What adopted asks for, by the name of its evidence, and the policy under which it holds."""


def _sets() -> Iterator[tuple[str, ...]]:
    for size in range(1, len(_RULES) + 1):
        yield from combinations(_RULES, size)


def _needed(rule: str, policy: StagePolicy) -> str:
    match rule:
        case "breadth28":
            return str(policy.adopted_people)
        case "value_days28":
            return str(policy.rhythm_value_days)
        case "depth28":
            return str(policy.adopted_features)
        case _:
            return f"{policy.onboarding_days} d"


def _declining(trial: Trial, reason: Reason) -> Relief:
    held = trial.table("stage", declining_ratio=0.0, declining_ratio_over=0.0)
    return Relief(change=Change.WITH, trial=held, evidence=reason.evidence)


def _ramp(trial: Trial, reason: Reason) -> Relief:
    """Once the meter has been in use for as long as onboarding takes."""
    meter, days = trial.meter, trial.policy.stage.onboarding_days
    used = [i for i, amount in enumerate(meter.daily) if amount] if meter else []
    if meter is None or meter.first_day is None or not used:
        return _none(trial, reason)
    return Relief(
        change=Change.ON_DAY,
        trial=trial.table("stage", onboarding_days=1),
        evidence=reason.evidence,
        on=meter.first_day + timedelta(used[0] + days),
    )


def _trust(trial: Trial, reason: Reason) -> Relief:
    """With so many more days of use that the attention suffices."""
    trust, have = trial.policy.trust, trial.decision.balance.trust
    missing = (trust.ask_needs if trial.asks else trust.reflection_needs) - have
    if trust.value_day <= 0 or have + missing > 100:
        return _none(trial, reason)
    days = ceil(missing / trust.value_day)
    # What those days would earn, as if somebody had said so at once.
    earned = Answer(alert="", kind=FeedbackKind.USEFUL, at=trial.now, person="", role=Role.CHAMPION)
    there = trial.table("trust", useful=max(trust.useful, days * trust.value_day))
    return Relief(
        change=Change.WITH,
        trial=there.facts(answers=(*trial.snapshot.answers, earned)),
        evidence=(*reason.evidence, ("value_days", str(days))),
    )


def _reported(trial: Trial) -> Trial:
    """With a live report of every meter, just now."""
    live = (
        replace(m, last_at=trial.now, backfilled=m.backfilled - {trial.today})
        for m in trial.snapshot.meters
    )
    return trial.facts(last_report=trial.now, meters=tuple(live))


def _same(trial: Trial) -> Trial:
    return trial


_PASSING = frozenset(
    (
        ReasonCode.ACCOUNT_MUTED,
        ReasonCode.PAYMENT_FAILED,
        ReasonCode.INCIDENT,
        ReasonCode.SECURITY_NOTICE,
        ReasonCode.TICKET_RECENT,
        ReasonCode.PRICE_CHANGE,
        ReasonCode.UPGRADE_RECENT,
        ReasonCode.DOWNGRADE_RECENT,
        ReasonCode.RENEWAL_OWNER,
        ReasonCode.CANCEL_PENDING,
        ReasonCode.TICKET_OPEN,
        ReasonCode.SALES_ACTIVE,
        ReasonCode.CARE_FLAG,
        ReasonCode.ONBOARDING,
        ReasonCode.ASK_SPACING,
        ReasonCode.ASK_ANNUAL_CAP,
        ReasonCode.BACKOFF,
        ReasonCode.REFLECTION_SPACING,
    )
)
"""Reasons that time takes away, where their day is known."""

_RELIEFS: dict[ReasonCode, Callable[[Trial, Reason], Relief]] = {
    ReasonCode.POLICY_OFF: partial(_with, _live),
    ReasonCode.SHADOW: partial(_with, _live),
    ReasonCode.DATA_STALE: partial(_with, _reported),
    ReasonCode.DATA_SUSPECT: _data_suspect,
    ReasonCode.DATA_THIN: _data_thin,
    ReasonCode.NO_NEXT_PLAN: partial(_with, lambda trial: trial.account(next_plan="larger")),
    ReasonCode.CUSTOM_CONTRACT: partial(_without, lambda trial: trial.account(custom=False)),
    ReasonCode.OBJECTED: partial(_without, lambda trial: trial.account(objected=False)),
    ReasonCode.ACCOUNT_MUTED: partial(_without, partial(_answers, lambda a: a.whole_account)),
    ReasonCode.PULL_ONLY: partial(_without, _refusals),
    ReasonCode.CANCEL_PENDING: partial(_without, partial(_blockers, BlockerKind.CANCELLATION)),
    ReasonCode.PAYMENT_FAILED: partial(_without, partial(_blockers, BlockerKind.PAYMENT)),
    ReasonCode.INCIDENT: partial(_without, partial(_blockers, BlockerKind.INCIDENT)),
    ReasonCode.TICKET_OPEN: partial(_without, partial(_blockers, BlockerKind.TICKET)),
    ReasonCode.SALES_ACTIVE: partial(_without, partial(_blockers, BlockerKind.SALES)),
    ReasonCode.CARE_FLAG: partial(_without, partial(_blockers, BlockerKind.CARE)),
    ReasonCode.DORMANT: partial(_with, _dormant),
    ReasonCode.STAGE_EXPERIMENTING: _stage,
    ReasonCode.STAGE_LEARNING: _stage,
    ReasonCode.DECLINING: _declining,
    ReasonCode.ONE_OFF: _one_off,
    ReasonCode.RAMP: _ramp,
    ReasonCode.DUPLICATE: _duplicate,
    ReasonCode.ASK_SPACING: partial(_without, _reserved),
    ReasonCode.REFLECTION_SPACING: partial(_without, _reserved),
    ReasonCode.TRUST_LOW: _trust,
    ReasonCode.NO_RECIPIENT: partial(_with, _reader),
    ReasonCode.COPY_BLOCKED: partial(_without, _same),
    ReasonCode.LOCALE_MISSING: partial(_without, _same),
    ReasonCode.HELD_OUT: partial(_without, lambda trial: trial.facts(arm=Arm.TREATED)),
}
