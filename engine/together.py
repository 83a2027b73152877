"""All meters of an account make one message: which of them it tells of, and what is pushed."""

from engine.alert import AlertClass, ReasonCode
from engine.decision import Candidate, Decision
from engine.snapshot import Snapshot
from engine.usage import AtLimit


def in_order(snapshot: Snapshot, decision: Decision) -> tuple[Candidate, ...]:
    """The notices as they are told: the first is pushed for all, one where work stops before."""
    stopping = {meter.key for meter in snapshot.meters if meter.at_limit is AtLimit.STOPS}
    return tuple(sorted(decision.notices, key=lambda notice: notice.key.meter not in stopping))


def beside(snapshot: Snapshot, decision: Decision, candidate: Candidate) -> tuple[str, ...]:
    """The other meters whose limits the message about `candidate` tells of as well.

    For the notice that is pushed, those of the other notices; for the ask, those that nothing but
    this ask keeps from their own.
    """
    if candidate.alert_class is AlertClass.NOTICE:
        first, *rest = in_order(snapshot, decision) or (None,)
        found = rest if candidate == first else []
    elif candidate.alert_class is AlertClass.ASK and candidate == decision.chosen:
        found = [c for c in decision.candidates if _free(c)]
    else:
        found = []
    limited = {meter.key for meter in snapshot.meters if meter.limit is not None}
    keys = dict.fromkeys(c.key.meter for c in found)
    return tuple(key for key in keys if key in limited and key != candidate.key.meter)


def _free(candidate: Candidate) -> bool:
    held = (reason.code is ReasonCode.HELD_OUT for reason in candidate.reasons)
    return candidate.alert_class is AlertClass.ASK and all(held)
