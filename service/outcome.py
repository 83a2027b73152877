"""Writes what looks came to, many in one commit, where they still hold."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session

from engine.alert import AlertClass, Outcome
from engine.decision import Decision
from engine.snapshot import Snapshot
from engine.usage import MeterKind
from service import arm, cards, dispatch, events, foreseen, frozen, snapshot
from service.calendar import next_daily
from service.channel import DeliveryKind
from service.conclude import Raised
from service.config import Applied
from service.context import Context
from service.foreseen import Foreseen
from service.people import named
from service.secrets import new_id
from service.snapshot import Common
from store import alerts, decisions, due, outbox, watch
from store.decisions import StoredDecision
from store.due import Claim
from store.watch import Looked, Standing

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a look came to, and what must not have changed when it is written.

    `row`: the decision as it is kept; None: one of this instant is there. `lasts_from`: when the
    same was decided first. `standings`: where the meters stood, by meter.
    """

    facts: Snapshot
    decision: Decision
    raised: tuple[Raised, ...]
    foreseen: Foreseen
    row: StoredDecision | None
    lasts_from: datetime | None
    turn: int
    common: Common
    standings: Mapping[str, Standing]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A look at an account; `seen` None: there is none of that name any more."""

    claim: Claim
    seen: Seen | None

    @property
    def account(self) -> str:
        """Who was looked at."""
        return self.claim.account


def write(context: Context, looks: Sequence[Look], now: datetime, applied: Applied) -> list[str]:
    """Keep what still holds and say whose alerts changed; the other accounts are due again.

    Another worker may have looked meanwhile, if this one took too long; people may have answered,
    and admins may have changed what was decided by.
    """
    with context.database.write() as session:
        turns = due.standing(session, [look.claim for look in looks])
        common = snapshot.common(session, now)
        mine = {look.account: look.seen for look in looks if look.account in turns and look.seen}
        kept = {
            account: seen
            for account, seen in mine.items()
            if seen.turn == turns[account]
            and seen.common == common
            and common.version == applied.version
        }
        changed = _keep(context, session, kept, now, applied)
        again = (mine.keys() - kept.keys()) | watch.guarded(session, _looked(kept, now))
        due.done(session, [look.claim for look in looks], again=again)
    for account, seen in kept.items():
        if seen.raised:
            log.info("%s: %s", account, ", ".join(str(one.candidate.key) for one in seen.raised))
    for account in changed:
        context.signals.changed(account)
    return changed


def _keep(
    context: Context, session: Session, kept: Mapping[str, Seen], now: datetime, applied: Applied
) -> list[str]:
    """All that follows from these looks; says at which accounts an alert was raised or closed."""
    if not kept:
        return []
    foreseen.keep(session, [seen.foreseen for seen in kept.values()], now)
    rows = [(seen.lasts_from, seen.row) for seen in kept.values() if seen.row is not None]
    decisions.add(session, [row for first, row in rows if first is None])
    decisions.prolong(session, [(first, row) for first, row in rows if first is not None])
    exposed = [seen.facts for seen in kept.values() if seen.decision.exposed]
    arm.keep(context, session, exposed, now, applied)
    changed = set(_close_over(session, kept, applied, now))
    raised = []
    for account, seen in kept.items():
        for one in seen.raised:
            raised.append(_raise(session, seen, one, applied, now))
            changed.add(account)
    events.tell(session, [events.alert(new) for new in raised if new is not None])
    days = {a: next_daily(seen.facts.account.time_zone, now) for a, seen in kept.items()}
    due.looked(session, days)
    return sorted(changed)


def _looked(kept: Mapping[str, Seen], now: datetime) -> Iterator[Looked]:
    """What looks found of meters that report usage, in the periods by which usage is kept."""
    for account, seen in kept.items():
        guard, zone = dict(seen.decision.guard), ZoneInfo(seen.facts.account.time_zone)
        today = now.astimezone(zone).date()
        for meter in seen.facts.meters:
            before = seen.standings.get(meter.key)
            # Some minutes ahead: what came in is of the next period, in which nobody looked yet.
            if before is None or before.period > today:
                continue
            endless = meter.kind is MeterKind.CUMULATIVE
            yield Looked(
                account=account,
                meter=meter.key,
                period=date.min if endless else meter.period.start,
                used=float(meter.used),
                guard=guard[meter.key],
                before=before,
            )


def _close_over(
    session: Session, kept: Mapping[str, Seen], applied: Applied, now: datetime
) -> Iterator[str]:
    """Close what was worth saying and is so no longer: its period has ended, or its moment."""
    for alert in alerts.open_of_all(session, kept):
        why = dispatch.over(alert, kept[alert.account].facts, applied.policy, now)
        if why is not None:
            alerts.close(session, alert.account, alert.id, at=now, closed_as=why)
            cards.refresh(session, alert.account, alert.id, now)
            yield alert.account


def _raise(
    session: Session, seen: Seen, raised: Raised, applied: Applied, now: datetime
) -> alerts.StoredAlert | None:
    """Write an alert and its push together; a held-out one is written closed, as a ghost.

    Gives it back, where it was not there already.
    """
    facts, decision, key = seen.facts, seen.decision, raised.candidate.key
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
    if not alerts.add(session, alert):
        return None
    person = named(facts.people, recipient) if recipient else None
    silent = held or not raised.pushed
    if silent or person is None or not person.reachable or person.muted:
        return alert
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
    return alert
