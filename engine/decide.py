"""Start reading here: everything known about one account goes in, one decision comes out.

    history -> stage -> forecasts -> moments -> reasons against each -> the one that survives

Pure and deterministic: the same snapshot, policy and now give the same decision, live, in a
backtest or in a replay. What is not said is decided as carefully as what is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from engine.alert import AlertClass, Moment, Outcome, Reason, ReasonCode
from engine.audience import Audience
from engine.decision import Candidate, Decision, StageView
from engine.digest import digest, policy_digest
from engine.gate import Context
from engine.guard import guards
from engine.history import amounts
from engine.ledger import Kept, balance
from engine.moments import Due, moments
from engine.policy import Policy
from engine.reading import Reading, imported, read_all
from engine.restraint import reasons
from engine.snapshot import Snapshot
from engine.stage import COMMITTED, Standing

_RANK = {moment: place for place, moment in enumerate(Moment)}
_PRESSURE = (Moment.SUSTAINED_OVER, Moment.RECURRING_FRICTION, Moment.AT_LIMIT, Moment.PACE)
_SPIKES = (ReasonCode.ONE_OFF, ReasonCode.RAMP)


def decide(snapshot: Snapshot, policy: Policy, now: datetime) -> Decision:
    """Whether to speak to this account at `now`, about what, to whom, and every reason why not."""
    return decide_all((snapshot,), policy, now)[0]


def decide_all(snapshots: Sequence[Snapshot], policy: Policy, now: datetime) -> list[Decision]:
    """Decide for many accounts together: the same as one by one, and much faster."""
    every, of_policy = read_all(snapshots, policy, now), policy_digest(policy)
    return [
        weigh(
            one,
            known,
            policy,
            now,
            digest=digest(one, of_policy, known.today),
            guard=tuple(
                guards(one.meters, known.ever, known.best, policy, imported=imported(one)).items()
            ),
        )
        for one, known in zip(snapshots, every, strict=True)
    ]


def weigh(
    snapshot: Snapshot,
    known: Reading,
    policy: Policy,
    now: datetime,
    kept: Kept | None = None,
    *,
    guard: tuple[tuple[str, float], ...] = (),
    digest: str = "",
) -> Decision:
    """The decision from what was read; a replay reads days at once, and keeps the ledger."""
    today, stands, forecasts = known.today, known.standing, known.forecasts
    trust = balance(snapshot, known.value_days, policy, now, kept)
    audience = Audience(snapshot, policy, now)
    due = moments(snapshot, known, policy)
    meters = {meter.key: meter for meter in snapshot.meters} if due else {}
    days = {key: amounts(meters[key], today) for key in {moment.key.meter for moment in due}}
    judged = tuple(
        [
            _candidate(
                Context(
                    snapshot=snapshot,
                    due=moment,
                    meter=meters[moment.key.meter],
                    days=days[moment.key.meter],
                    standing=stands,
                    forecast=forecasts.get(moment.key.meter),
                    balance=trust,
                    audience=audience,
                    today=today,
                    complete=known.complete,
                    steady=moment.key.meter in known.steady,
                ),
                policy,
                now,
            )
            for moment in due
        ]
    )
    said = _choose(snapshot, judged, due)
    chosen = said.chosen
    return Decision(
        account=snapshot.account.id,
        at=now,
        outcome=said.outcome,
        reason=said.reasons[0].code if said.reasons else None,
        reasons=said.reasons,
        chosen=chosen,
        notices=said.notices,
        candidates=judged,
        stage=_view(stands, judged, policy),
        forecasts=tuple(forecasts.values()),
        balance=trust,
        recipient=audience.recipient(chosen.alert_class) if chosen else None,
        audience=audience.banner(chosen.alert_class) if chosen else (),
        exposed=said.exposed,
        next_possible=_next_possible(said.reasons),
        guard=guard,
        digest=digest,
        notice_recipient=audience.recipient(AlertClass.NOTICE) if said.notices else None,
    )


def _candidate(context: Context, policy: Policy, now: datetime) -> Candidate:
    due = context.due
    return Candidate(
        key=due.key, p=due.p, evidence=due.evidence, reasons=reasons(context, policy, now)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What survives of the candidates, and why not more."""

    outcome: Outcome
    chosen: Candidate | None
    notices: tuple[Candidate, ...]
    reasons: tuple[Reason, ...]
    exposed: bool


def _choose(snapshot: Snapshot, judged: Sequence[Candidate], due: Sequence[Due]) -> _Said:
    """One ask or reflection survives; notices go out beside it."""
    told = [c for c in judged if c.key.alert_class is AlertClass.NOTICE]
    told.sort(key=lambda c: (_RANK[c.moment], c.key.meter))
    ranked = [
        (c, moment.people)
        for c, moment in zip(judged, due, strict=True)
        if c.key.alert_class is not AlertClass.NOTICE
    ]
    ranked.sort(key=_rank)
    notices = tuple([c for c in told if not c.reasons])
    free = [c for c, _ in ranked if not c.reasons or c.reasons[0].code is ReasonCode.HELD_OUT]
    chosen = free[0] if free else ranked[0][0] if ranked else None
    why = chosen.reasons if chosen else _silence(snapshot, told, notices)
    if chosen and not chosen.reasons:
        asks = chosen.alert_class is AlertClass.ASK
        outcome = Outcome.ASK if asks else Outcome.REFLECT
    elif free:
        outcome = Outcome.HELD_OUT
    else:
        outcome = Outcome.NOTICE if notices else Outcome.SILENT
    return _Said(outcome=outcome, chosen=chosen, notices=notices, reasons=why, exposed=bool(free))


def _rank(judged: tuple[Candidate, int]) -> tuple[bool, int, float, int, str]:
    """An ask before a reflection, then by moment, by chance, by people, by meter."""
    candidate, people = judged
    asks = candidate.alert_class is AlertClass.ASK
    return not asks, _RANK[candidate.moment], -(candidate.p or 0.0), -people, candidate.key.meter


def _silence(
    snapshot: Snapshot, told: Sequence[Candidate], notices: Sequence[Candidate]
) -> tuple[Reason, ...]:
    """Why nothing was said, where there was nothing to propose."""
    if notices or told:
        return () if notices else told[0].reasons
    meters = [meter for meter in snapshot.meters if meter.meaningful]
    nothing = Reason(code=ReasonCode.NO_MOMENT)
    if meters and not any(meter.limit_known for meter in meters):
        # Without a single limit it can't be said that nothing was due.
        return (Reason(code=ReasonCode.LIMIT_UNKNOWN), nothing)
    return (nothing,)


def _view(stands: Standing, judged: Sequence[Candidate], policy: Policy) -> StageView:
    view = stands.view
    return replace(view, outgrowing=True) if _outgrowing(stands, judged, policy) else view


def _outgrowing(stands: Standing, judged: Iterable[Candidate], policy: Policy) -> bool:
    """A committed account that holds its use up while a limit presses on it."""
    if stands.ratio28 < policy.stage.outgrowing_ratio or stands.view.stage not in COMMITTED:
        return False
    pressing = [c for c in judged if c.alert_class is AlertClass.ASK and c.moment in _PRESSURE]
    return any(not any(reason.code in _SPIKES for reason in c.reasons) for c in pressing)


def _next_possible(why: Sequence[Reason]) -> date | None:
    """The first day on which none of these reasons need hold any more, where all of them end."""
    ends = [reason.until for reason in why if reason.until is not None]
    return max(ends) if ends and len(ends) == len(why) else None
