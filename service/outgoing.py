"""Makes what a channel sends out of frozen facts; case links are made here, at send time."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from engine.snapshot import Person, Role, Snapshot, Staff
from service import cards, forward, frozen, links, recipients, routing, wording
from service.channel import DeliveryKind, ForwardState, Outgoing
from service.config import Applied
from service.context import Context
from service.people import named
from store import feedback, forwards, outbox, people
from store.alerts import StoredAlert
from store.outbox import StoredDelivery

_FOLLOWS = timedelta(days=35)
"""How long what is said of a meter goes on in one thread: about a period."""


def build(
    context: Context,
    session: Session,
    delivery: StoredDelivery,
    alert: StoredAlert,
    facts: Snapshot | Staff,
    applied: Applied,
) -> Outgoing:
    """One delivery as its channel needs it."""
    person = named(facts.people, delivery.person) or Person(id=delivery.person)
    now = context.clock.now()
    locale = wording.locale_of(person, facts)
    passed_on = forwards.get(session, alert.account, delivery.forward) if delivery.forward else None
    forwarded = delivery.kind == DeliveryKind.FORWARD and passed_on is not None
    case = (
        forwards.case(session, alert.account, passed_on.case) if forwarded and passed_on else None
    )
    story = frozen.story(case.story if case else alert.story)
    audience = passed_on.role if forwarded and passed_on else Role.CHAMPION
    case_url, chart_url = (
        links.of_case(context, session, alert.account, passed_on.case)
        if forwarded and passed_on
        else (None, links.chart_of_alert(context, session, alert))
    )
    champion = named(facts.people, passed_on.champion) if passed_on else None
    look = None
    if delivery.kind == DeliveryKind.RECEIPT:
        case_url, look = _of_receipt(context, session, delivery)
    return Outgoing(
        id=delivery.id,
        kind=DeliveryKind(delivery.kind),
        alert=alert.id,
        account=alert.account,
        person=person,
        address=people.address(session, alert.account, person.id, delivery.channel)
        or (person.email if delivery.channel == "email" else None),
        story=story,
        audience=audience,
        locale=locale,
        reference=delivery.body.get("reference") or _thread(session, delivery, alert, now),
        chart_url=chart_url,
        case_url=case_url,
        look=look,
        page_url=links.summary(context, alert.account, alert.id, person.id)
        if delivery.channel == routing.EMAIL and delivery.kind in cards.PUSHED
        else None,
        upgrade_url=links.upgrade(applied, facts, alert.id) if person.can_buy else None,
        asked_by=champion,
        note=passed_on.note if passed_on else "",
        recipients=recipients.known_in(context, session, facts, person.id, now),
        forwards=tuple(_looked_at(context, session, facts, alert.id, person.id, now)),
        closed_as=alert.closed_as,
        returns=alert.returns.isoformat() if alert.returns else None,
        why=wording.why(alert, story, applied.policy, locale),
        unsubscribe_url=links.unsubscribe(context, alert.account, person.id)
        if delivery.channel == routing.EMAIL
        else None,
        extra=_extra(session, delivery, alert, facts, passed_on, now),
        unsure_since=delivery.created_at if outbox.unsure(session, delivery) else None,
    )


def _of_receipt(
    context: Context, session: Session, delivery: StoredDelivery
) -> tuple[str | None, str | None]:
    """Links to the case that a receipt is about: for who got it, or for who sent it."""
    case = forwards.case(session, delivery.account, str(delivery.body.get("case", "")))
    if case is None or case.revoked_at is not None:
        return None, None
    if delivery.person == case.champion:
        return None, links.sender(context, case.account, case.id)
    return links.of_case(context, session, case.account, case.id)[0], None


def _looked_at(
    context: Context,
    session: Session,
    facts: Snapshot | Staff,
    alert: str,
    person: str,
    now: datetime,
) -> Iterator[ForwardState]:
    """Where the forwards stand; what this person sent they can look at."""
    for state in forward.states(session, facts, alert, now):
        own = state.state == "sent" and state.by == person
        look = links.sender(context, facts.account.id, state.case) if own else ""
        yield replace(state, look=look)


def _thread(
    session: Session, delivery: StoredDelivery, alert: StoredAlert, now: datetime
) -> str | None:
    """Where a notice follows: on what was said of the meter lately. All else stands by itself."""
    if delivery.kind != DeliveryKind.NOTICE:
        return None
    return outbox.said_before(session, delivery, alert.key.meter, now - _FOLLOWS)


def _extra(
    session: Session,
    delivery: StoredDelivery,
    alert: StoredAlert,
    facts: Snapshot | Staff,
    passed_on: forwards.StoredForward | None,
    now: datetime,
) -> dict[str, str]:
    """Small values some channels need: zone, forward id, receipt text, the answer given."""
    person = named(facts.people, delivery.person)
    zone = (person.time_zone if person else None) or facts.account.time_zone
    given = feedback.of_alert(session, alert.account, alert.id)
    values = {
        "zone": zone,
        "now": now.astimezone(ZoneInfo(zone)).isoformat(),
        "product": str(alert.story.get("product", "")),
    }
    if passed_on is not None:
        values |= {"forward": passed_on.id, "case": passed_on.case}
    values |= {name: str(delivery.body[name]) for name in ("text", "case") if name in delivery.body}
    if given:
        values |= {k: str(asdict(given[-1])[k]) for k in ("id", "kind", "person")}
    return values
