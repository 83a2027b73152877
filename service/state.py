"""What the widget shows: the meters, and the one alert this person should see now, if any."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from engine.alert import AlertClass, FeedbackKind
from engine.snapshot import Person, Role, Snapshot
from engine.tell import meter_story
from service import banner, dispatch, forward, frozen, links, recipients, snapshot, wording
from service.config import Applied
from service.context import Context
from service.people import named, of_token
from store import alerts, decisions, feedback

_STAYS = {FeedbackKind.SEEN, FeedbackKind.USEFUL, FeedbackKind.FORWARDED, FeedbackKind.ACTED}
MOMENT = timedelta(seconds=1)
"""How long facts may be shared: what goes by the clock changes no sooner."""
_ORDER = {AlertClass.NOTICE: 0, AlertClass.ASK: 1, AlertClass.REFLECTION: 2}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whose banner it is, and in which language."""

    person: Person
    locale: str


class Shared:
    """The facts of an account, loaded once for all who look at the same time."""

    def __init__(self) -> None:
        self._loading = threading.Lock()
        self._facts: Snapshot | None = None
        self._until: datetime | None = None

    def facts(self, load: Callable[[], Snapshot | None], now: datetime) -> Snapshot | None:
        """What was loaded a moment ago, or is loaded now."""
        with self._loading:
            if self._until is None or not self._until - MOMENT <= now < self._until:
                self._facts, self._until = load(), now + MOMENT
            return self._facts


def of(context: Context, account: str, sub: str, shared: Shared | None = None) -> dict[str, Any]:
    """The widget's state for one person at an account (an unknown account has no meters).

    `shared`: by those who look because of the same change.
    """
    now, applied = context.clock.now(), context.policy()
    with context.database.read() as session:
        facts = (shared or Shared()).facts(
            lambda: snapshot.load(context, session, account, now, applied), now
        )
        if facts is None:
            return {"account": account, "as_of": now.isoformat(), "meters": [], "alert": None}
        person = named(facts.people, sub) or Person(id=sub, role=Role.USER)
        viewer = Viewer(person, wording.locale_of(person, facts))
        latest = decisions.latest(session, account)
        decision = frozen.decision(latest.body) if latest else None
        alert = current(session, facts, person, applied, now)
        return {
            "account": account,
            "as_of": now.isoformat(),
            "meters": [
                banner.meter(
                    meter_story(m, facts, applied.catalogue, decision, now),
                    facts.account.time_zone,
                    viewer.locale,
                )
                for m in facts.meters
            ],
            "alert": _alert(context, session, alert, facts, applied, viewer) if alert else None,
            "time_zone": facts.account.time_zone,
            "locale": wording.language_tag(viewer.locale),
            "labels": dict(wording.widget_labels(viewer.locale)),
        }


def may_see(context: Context, account: str, sub: str, alert: str) -> bool:
    """Whether an alert was meant for this person, answered or not."""
    now, applied = context.clock.now(), context.policy()
    person = of_token(context, account, sub)
    with context.database.read() as session:
        facts = snapshot.load(context, session, account, now, applied)
        stored = alerts.get(session, account, alert)
        return (
            facts is not None
            and stored is not None
            and stored.closed_as != "held_out"
            and _meant_for(stored, facts, person, applied, now)
        )


def current(
    session: Session, facts: Snapshot, person: Person, applied: Applied, now: datetime
) -> alerts.StoredAlert | None:
    """The one open alert this person should see: a notice first, then the ask.

    Of notices raised together the one that tells of the others as well.
    """
    newest = now - timedelta(days=applied.policy.ask.open_days)
    shown = [
        a
        for a in alerts.open_of(session, facts.account.id)
        if a.raised_at >= newest
        and _meant_for(a, facts, person, applied, now)
        and not _answered(session, a, person)
        and dispatch.shows(a, facts, applied.policy, now)
    ]
    order = sorted(shown, key=lambda a: not a.story.get("beside"))
    return min(order, key=lambda a: (_ORDER[a.key.alert_class], a.raised_at), default=None)


def _meant_for(
    alert: alerts.StoredAlert, facts: Snapshot, person: Person, applied: Applied, now: datetime
) -> bool:
    """A notice is for everyone who works here; an ask for whom it was raised for.

    Where nobody was and is known, not even by usage, it is for whoever opens the app.
    """
    if alert.key.alert_class is AlertClass.NOTICE:
        return True
    if dispatch.muted(person.id, facts, applied.policy, now):
        return False
    if person.id in alert.audience or person.id == alert.person:
        return True
    return not (alert.audience or alert.person or facts.people or facts.user_days)


def _answered(session: Session, alert: alerts.StoredAlert, person: Person) -> bool:
    return any(
        f.person == person.id and f.kind not in _STAYS
        for f in feedback.of_alert(session, alert.account, alert.id)
    )


def _alert(
    context: Context,
    session: Session,
    alert: alerts.StoredAlert,
    facts: Snapshot,
    applied: Applied,
    viewer: Viewer,
) -> dict[str, Any]:
    story = frozen.story(alert.story)
    role, can_buy = viewer.person.role, viewer.person.can_buy
    audience = role if role in (Role.CHAMPION, Role.MANAGER, Role.FINANCE) else Role.USER
    now = context.clock.now()
    passed_on = [
        f for f in forward.states(session, facts, alert.id, now) if f.state in ("waiting", "sent")
    ]
    told = {f.to_id for f in passed_on}
    known = recipients.known_in(context, session, facts, viewer.person.id, now)
    actions = banner.actions(
        story,
        viewer.locale,
        url=links.upgrade(applied, facts, alert.id) if can_buy else None,
        to=[(r.id, r.name) for r in known if r.id not in told],
        known=bool(known),
    )
    shown = banner.alert(
        alert.id,
        story,
        audience,
        viewer.locale,
        can_buy=can_buy,
        actions=actions,
        why=wording.why(alert, story, applied.policy, viewer.locale),
        returns=alert.returns,
    )
    passed = [{"id": f.id, "to_name": f.to_name, "state": f.state} for f in passed_on]
    return {**shown, "meter": alert.key.meter, "forwards": passed}
