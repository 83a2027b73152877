"""The facts of a push at the moment of sending, for the engine's release."""

from datetime import date, datetime
from functools import lru_cache

from sqlmodel import Session

from engine.alert import AlertClass
from engine.audience import Audience
from engine.policy import Mode, Policy
from engine.release import Defer, Ended, Expire, Push, Reader, Send, ended, release
from engine.snapshot import Snapshot
from engine.usage import AtLimit
from service.people import named
from service.secrets import new_id
from store import alerts, outbox
from store.alerts import StoredAlert
from store.outbox import StoredDelivery

Release = Send | Defer | Expire
OVER = (Ended.PLAN_CHANGED, Ended.MOMENT_OVER)
"""Ends that close the alert itself; the others drop the push alone."""


def release_push(
    facts: Snapshot,
    alert: StoredAlert,
    delivery: StoredDelivery,
    policy: Policy,
    now: datetime,
    *,
    undisturbed_until: datetime | None = None,
) -> Release:
    """Whether a push may go now: its moment still holds, its reader wants it, and has time.

    `undisturbed_until`: the reader asked for rest until then, by `service/quiet` or in their chat.
    """
    person = named(facts.people, delivery.person)
    meter = next((m for m in facts.meters if m.key == alert.key.meter), None)
    unwanted = person is None or muted(person.id, facts, policy, now)
    reader = Reader(
        time_zone=zone_of(facts, delivery.person),
        holidays=public_holidays(facts.account.country, now.year),
        do_not_disturb_until=undisturbed_until,
    )
    push = Push(
        alert_class=alert.key.alert_class,
        raised_at=alert.raised_at,
        reader=reader,
        stops=meter is not None and meter.at_limit is AtLimit.STOPS,
        ended=_ended(alert, facts, policy, now) or (Ended.BLOCKED if unwanted else None),
    )
    return release(push, policy.quiet, now)


def zone_of(facts: Snapshot, person: str) -> str:
    """Whose day it is: a person's own time zone, else the account's."""
    found = named(facts.people, person)
    return (found.time_zone if found else None) or facts.account.time_zone


def over(alert: StoredAlert, facts: Snapshot, policy: Policy, now: datetime) -> Ended | None:
    """Why an open alert is to be closed by itself; None: it is still worth saying."""
    why = _ended(alert, facts, policy, now)
    return why if why in OVER else None


def shows(alert: StoredAlert, facts: Snapshot, policy: Policy, now: datetime) -> bool:
    """Whether an open alert shows as a banner: a notice until it is over, where Segue is live.

    An ask or a reflection only while its push could go out too.
    """
    why = _ended(alert, facts, policy, now)
    if alert.key.alert_class is AlertClass.NOTICE:
        return policy.mode is Mode.LIVE and why not in OVER
    return why is None


def muted(person: str, facts: Snapshot, policy: Policy, now: datetime) -> bool:
    """Whether they want to hear nothing: the vendor stated it, or they said so themselves."""
    return person in Audience(facts, policy, now).muted


def _ended(alert: StoredAlert, facts: Snapshot, policy: Policy, now: datetime) -> Ended | None:
    """Why it is not said now: it is over, this is no time for it, or all like it are held back."""
    # The snapshot knows nothing later than now, though the clock may have been put back.
    raised_at = min(alert.raised_at, now)
    why = ended(alert.key, raised_at, facts, policy, now)
    return why or (Ended.BLOCKED if _held_back(alert, facts, policy) else None)


def _held_back(alert: StoredAlert, facts: Snapshot, policy: Policy) -> bool:
    """Whether nothing like it is said at all; a pause of asks holds no notice."""
    if policy.mode is not Mode.LIVE:
        return True
    return facts.paused is not None and alert.key.alert_class is not AlertClass.NOTICE


def pass_on(
    session: Session,
    alert: StoredAlert,
    delivery: StoredDelivery,
    facts: Snapshot,
    policy: Policy,
    now: datetime,
) -> None:
    """Where a notice is over before its push went out, push one it would have told of as well."""
    if alert.key.alert_class is not AlertClass.NOTICE:
        return
    for other in alerts.open_of(session, alert.account):
        together = other.id != alert.id and other.raised_at == alert.raised_at
        if not together or other.key.alert_class is not AlertClass.NOTICE:
            continue
        if _ended(other, facts, policy, now) is None:
            push = StoredDelivery(
                account=alert.account,
                id=new_id("delivery"),
                alert=other.id,
                kind=delivery.kind,
                person=delivery.person,
                channel=delivery.channel,
                due_at=now,
                created_at=now,
            )
            outbox.add(session, push)
            return


@lru_cache(maxsize=256)
def public_holidays(country: str | None, year: int) -> frozenset[date]:
    """The public holidays of a country around a year; none where it is not known."""
    import holidays  # Every calendar there is: slow to import, and read when something is sent.

    if not country or country.upper() not in holidays.list_supported_countries():
        return frozenset()
    days = holidays.country_holidays(country.upper(), years=(year, year + 1))
    return frozenset(days.keys())
