"""From an alert to what came of it: who passed it on, what was answered, and the larger plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session

from engine.alert import AlertClass
from store import accounts, alerts, forwards
from store.accounts import StoredChange
from store.alerts import StoredAlert
from store.forwards import StoredAnswer, StoredForward

REACH = timedelta(days=90)
"""A move up within so long after an alert is told as what came of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What came of an alert: its forwards, the answers to each one's case, the move up."""

    forwards: Sequence[StoredForward] = ()
    answers: Mapping[str, Sequence[StoredAnswer]]
    upgrade: StoredChange | None = None


def before(
    session: Session, account: str, up: StoredChange, known: Sequence[StoredChange]
) -> str | None:
    """The alert that a move up is told as following: one that was said, an ask before the others.

    One alert leads to one move: what was said before the last move up led to that one.
    """
    last = [c.at for c in known if c.direction > 0 and c.at < up.at]
    since = max([up.at - REACH, *last])
    said = [
        alert
        for alert in alerts.since(session, account, since)
        if since < alert.raised_at <= up.at and alert.closed_as != "held_out"
    ]
    return max(said, key=_weight).id if said else None


def of(session: Session, account: str, found: Sequence[StoredAlert]) -> dict[str, Chain]:
    """What came of each of these alerts of an account."""
    passed = forwards.of_alerts(session, account, [alert.id for alert in found])
    cases = [forward.case for of_one in passed.values() for forward in of_one]
    answers = forwards.answers_of(session, account, cases)
    moves = {c.alert: c for c in accounts.changes(session, account) if c.alert}
    return {
        alert.id: Chain(
            forwards=passed.get(alert.id, ()),
            answers=answers,
            upgrade=moves.get(alert.id),
        )
        for alert in found
    }


def _weight(alert: StoredAlert) -> tuple[object, ...]:
    ask = alert.key.alert_class is AlertClass.ASK
    return alert.charged_at is not None, ask, alert.raised_at, alert.id
