"""Looks at the accounts that are due: snapshot, decision, words, and all of it in one commit."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from engine.alert import AlertClass, Outcome, Reason
from engine.decide import decide
from engine.decision import Candidate, Decision
from engine.snapshot import Snapshot
from engine.story import Story
from engine.tell import tell
from engine.together import in_order
from service import arm, cards, dispatch, foreseen, frozen, snapshot, wording
from service.calendar import next_daily
from service.channel import DeliveryKind
from service.config import Applied
from service.context import Context
from service.secrets import new_id
from store import alerts, decisions, due, outbox

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An alert about to be written: its candidate and its frozen story.

    `pushed` False: another notice of the same decision is pushed, and tells of this one too.
    """

    candidate: Candidate
    story: Story
    pushed: bool = True


def run_due(context: Context, *, limit: int = 20) -> int:
    """Evaluate accounts that are due; says how many were looked at."""
    now = context.clock.now()
    with context.database.write() as session:
        due.mark_daily(session, now)
        claimed = due.claim(session, now, limit=limit)
    if not claimed:
        return 0
    applied = context.policy()
    for account, mark in claimed:
        try:
            evaluate(context, account, now, applied, mark=mark)
        except Exception:
            # One account's trouble must not silence the others; its claim runs out, then it is due.
            log.exception("%s could not be evaluated; it is tried again", account)
    return len(claimed)


def evaluate(
    context: Context, account: str, now: datetime, applied: Applied, *, mark: int = 0
) -> Decision | None:
    """Decide for one account and keep the outcome; None where nothing could have changed."""
    with context.database.read() as session:
        facts = snapshot.load(context, session, account, now, applied)
        look = facts is not None and _worth_a_look(session, facts, now)
    if facts is None or not look:
        with context.database.write() as session:
            due.done(session, account, mark)
        return None
    decision, raised = conclude(facts, applied, now)
    with context.database.write() as session:
        foreseen.keep(session, facts, decision, applied.policy, now)
        _keep(session, facts, decision, applied)
        if decision.exposed:
            arm.keep(context, session, facts, now, applied)
        over = _close_over(session, facts, applied, now)
        for one in raised:
            _raise(session, facts, decision, one, applied, now)
        due.looked(
            session,
            account,
            next_daily=next_daily(facts.account.time_zone, now),
            guard=dict(decision.guard),
        )
        due.done(session, account, mark)
    if raised or over:
        context.signals.changed(account)
    if raised:
        log.info("%s: %s", account, ", ".join(str(r.candidate.key) for r in raised))
    return decision


def conclude(facts: Snapshot, applied: Applied, now: datetime) -> tuple[Decision, list[Raised]]:
    """The decision with its words checked: what can't be said well is not said."""
    decision = decide(facts, applied.policy, now)
    raised = [
        Raised(
            candidate=notice,
            story=tell(facts, applied.catalogue, notice, decision),
            pushed=not place,
        )
        for place, notice in enumerate(in_order(facts, decision))
    ]
    if decision.chosen is not None and decision.outcome in (
        Outcome.ASK,
        Outcome.REFLECT,
        Outcome.HELD_OUT,
    ):
        story = tell(facts, applied.catalogue, decision.chosen, decision)
        problem = wording.blocked(story, facts)
        if problem is None:
            raised.append(Raised(candidate=decision.chosen, story=story))
        else:
            decision = _blocked(decision, problem)
    return decision, raised


def _blocked(decision: Decision, problem: Reason) -> Decision:
    return replace(
        decision,
        outcome=Outcome.NOTICE if decision.notices else Outcome.SILENT,
        reason=problem.code,
        reasons=(*decision.reasons, problem),
        exposed=False,
    )


def _worth_a_look(session: Session, facts: Snapshot, now: datetime) -> bool:
    """The daily look always is; one brought by usage only past the guard of some meter."""
    daily, guard = due.watch(session, facts.account.id)
    if daily <= now or guard is None:
        return True
    for meter in facts.meters:
        bar = guard.get(meter.key)
        if bar is None or float(meter.used) >= bar:
            return True
    return False


def _keep(session: Session, facts: Snapshot, decision: Decision, applied: Applied) -> None:
    chosen = decision.chosen or next(iter(decision.notices), None)
    decisions.record(
        session,
        decisions.StoredDecision(
            account=decision.account,
            at=decision.at,
            until=None,
            outcome=decision.outcome,
            reason=decision.reason,
            meter=chosen.key.meter if chosen else None,
            moment=chosen.moment if chosen else None,
            stage=decision.stage.stage,
            p=chosen.p if chosen else None,
            exposed=decision.exposed,
            policy_version=applied.version,
            digest=decision.digest,
            body=frozen.freeze(decision),
            snapshot=frozen.pack(facts),
        ),
    )


def _close_over(session: Session, facts: Snapshot, applied: Applied, now: datetime) -> int:
    """Close what was worth saying and is so no longer: its period has ended, or its moment."""
    over = 0
    for alert in alerts.open_of(session, facts.account.id):
        why = dispatch.over(alert, facts, applied.policy, now)
        if why is not None:
            alerts.close(session, alert.account, alert.id, at=now, closed_as=why)
            cards.refresh(session, alert.account, alert.id, now)
            over += 1
    return over


def _raise(
    session: Session,
    facts: Snapshot,
    decision: Decision,
    raised: Raised,
    applied: Applied,
    now: datetime,
) -> None:
    """Write an alert and its push together; a held-out one is written closed, as a ghost."""
    key = raised.candidate.key
    notice = key.alert_class is AlertClass.NOTICE
    held = decision.outcome is Outcome.HELD_OUT and not notice
    recipient = decision.notice_recipient if notice else decision.recipient
    alert = alerts.StoredAlert(
        id=new_id("alert"),
        key=key,
        p=raised.candidate.p,
        person=recipient,
        audience=() if notice else decision.audience,
        story=frozen.freeze(raised.story),
        raised_at=now,
        closed_at=now if held else None,
        closed_as="held_out" if held else None,
        policy_version=applied.version,
        turn=sum(past.key == key for past in facts.alerts),
    )
    if not alerts.add(session, alert) or held or not raised.pushed:
        return
    person = next((p for p in facts.people if p.id == recipient), None)
    if person is None or not person.reachable or person.muted:
        return
    outbox.add(
        session,
        outbox.StoredDelivery(
            account=key.account,
            id=new_id("delivery"),
            alert=alert.id,
            kind=DeliveryKind.NOTICE if notice else DeliveryKind.SUMMARY,
            person=person.id,
            channel=person.reachable[0],
            due_at=now,
            created_at=now,
        ),
    )
