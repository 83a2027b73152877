"""What would change a decision: facts changed one after the other, each time decided anew.

Nothing is guessed. Every step says what was changed and what `decide` makes of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from engine.alert import Outcome, PastAlert, Reason, ReasonCode
from engine.decision import Decision
from engine.guard import NEVER
from engine.history import is_flow, is_level
from engine.policy import Policy
from engine.relief import relief
from engine.snapshot import Snapshot
from engine.trial import Change, Trial
from engine.usage import AtLimit, MeterUse

_SPOKEN = frozenset((Outcome.ASK, Outcome.REFLECT))
_WORDS = frozenset((ReasonCode.COPY_BLOCKED, ReasonCode.LOCALE_MISSING))
_LONGEST = 8
"""Steps that anybody would still read."""
_FAR = 2
"""Times today's use: more can't be told from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """One change, on top of those before it, and the decision it leads to.

    `reason`: what it takes away. `on`: the day it comes by itself, where that is known.
    `then` None: what would follow can't be told from today's facts.
    """

    change: Change
    reason: ReasonCode | None
    evidence: tuple[tuple[str, str], ...]
    on: date | None
    then: Decision | None


def what_if(
    snapshot: Snapshot, policy: Policy, now: datetime, decision: Decision
) -> tuple[WhatIf, ...]:
    """What would change `decision`, in steps until somebody would be spoken to.

    Args:
        snapshot: The facts it was made of.
        policy: The policy it was made under.
        now: Its instant.
        decision: What was decided, words checked.
    """
    trial = Trial(snapshot=snapshot, policy=policy, now=now, decision=decision)
    if decision.outcome in _SPOKEN:
        return (_said(trial),)
    if any(reason.code is not ReasonCode.NO_MOMENT for reason in decision.reasons):
        return tuple(_steps(trial))
    return tuple(step for meter in snapshot.meters for step in _more_use(trial, meter))


def _steps(trial: Trial) -> Iterator[WhatIf]:
    """Reason by reason, each change on top of the ones before."""
    lifted: set[ReasonCode] = set()
    # The words were checked last; without that reason the rest reads as the engine decided it.
    reasons = sorted(trial.decision.reasons, key=lambda reason: reason.code not in _WORDS)
    while len(lifted) < _LONGEST:
        reason = _first(reasons, lifted)
        if reason is None:
            return
        lifted.add(reason.code)
        change = relief(trial, reason)
        there = change.trial.again() if change.trial else None
        told = trial.real(Reason(code=reason.code, evidence=change.evidence, until=change.on))
        yield WhatIf(
            change=change.change,
            reason=reason.code,
            evidence=told.evidence,
            on=told.until,
            then=_really(there) if there else None,
        )
        if there is None or there.decision.outcome in _SPOKEN:
            return
        trial, reasons = there, list(there.decision.reasons)


def _really(trial: Trial) -> Decision:
    """The decision, its reasons with the days as they will be."""
    return replace(trial.decision, reasons=tuple(map(trial.real, trial.decision.reasons)))


def _first(reasons: Sequence[Reason], lifted: set[ReasonCode]) -> Reason | None:
    """The reason to take away next; none where it would not go away."""
    first = next(iter(reasons), None)
    if first is None or first.code is ReasonCode.NO_MOMENT or first.code in lifted:
        return None
    return first


def _said(trial: Trial) -> WhatIf:
    """The same facts a moment later: it was said, so it is not said again."""
    chosen, now = trial.decision.chosen, trial.now
    assert chosen is not None
    past = PastAlert(
        key=chosen.key,
        raised_at=now,
        charged_at=now,
        closed_at=None,
        person=trial.decision.recipient,
    )
    there = trial.facts(alerts=(*trial.snapshot.alerts, past)).again()
    same = next((c for c in there.decision.candidates if c.key == chosen.key), None)
    then = replace(there.decision, reasons=same.reasons if same else there.decision.reasons)
    ends = [reason.until for reason in then.reasons if reason.until]
    return WhatIf(
        change=Change.SAID,
        reason=None,
        evidence=(),
        on=max(ends, default=None),
        then=then,
    )


def _more_use(trial: Trial, meter: MeterUse) -> Iterator[WhatIf]:
    """The least use this period at which anything would be due, and at which anyone be asked.

    How a use far from today's would have come about nobody knows: of that only the guard is told.
    """
    found = False
    marks = _marks(trial, meter)
    if marks and marks[0] > _FAR * meter.used:
        evidence = (("meter", meter.key), ("used", str(marks[0])), ("now", str(meter.used)))
        yield WhatIf(change=Change.USED, reason=None, evidence=evidence, on=None, then=None)
        return
    for mark in marks:
        if mark > _FAR * meter.used:
            return
        decision = _used(trial, meter, mark).again().decision
        nothing = any(reason.code is ReasonCode.NO_MOMENT for reason in decision.reasons)
        spoken = decision.outcome in _SPOKEN
        if nothing or (found and not spoken):
            continue
        evidence = (("meter", meter.key), ("used", str(mark)), ("now", str(meter.used)))
        yield WhatIf(change=Change.USED, reason=None, evidence=evidence, on=None, then=decision)
        found = True
        if spoken:
            return


def _marks(trial: Trial, meter: MeterUse) -> list[Decimal]:
    """Uses at which the answer may be another one: the guard's, and the policy's shares."""
    if not meter.meaningful and meter.at_limit is not AtLimit.STOPS:
        return []
    marks = set()
    guard = dict(trial.decision.guard).get(meter.key)
    if guard is not None and guard < NEVER:
        marks.add(Decimal(repr(guard)))
    if meter.limit is not None and meter.limit_known:
        shares = (trial.policy.pace.used, trial.policy.approaching.used, 1.0)
        marks |= {meter.limit * Decimal(repr(share)) for share in shares}
    return sorted(Decimal(f"{mark.normalize():f}") for mark in marks if mark > meter.used)


def _used(trial: Trial, meter: MeterUse, mark: Decimal) -> Trial:
    """Had so much been used by now: every day of the period in the same measure more."""
    days = list(meter.daily)
    if is_flow(meter) and meter.first_day is not None:
        start = max((meter.period.start - meter.first_day).days, 0)
        days[start:] = [amount * float(mark / meter.used) for amount in days[start:]]
    elif days:
        added = float(mark - meter.used)
        days[-1] = float(mark) if is_level(meter) else days[-1] + added
    changed = replace(meter, daily=tuple(days), used=mark)
    meters = tuple(changed if m.key == meter.key else m for m in trial.snapshot.meters)
    return trial.facts(meters=meters)
