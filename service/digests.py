"""The digest: what an account got done, mailed once a period to its champions without a chat.

Who is due is a query; what became of it is a row, written together with the delivery, so that
nobody is told of a period twice. It goes out by the outbox like everything else.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from engine.accomplished import Accomplished, Stretch, accomplished, not_told, told_of
from engine.alert import AlertClass, AlertKey, Moment
from engine.audience import Audience
from engine.decide import decide
from engine.decision import Candidate, Decision
from engine.errors import NotFound
from engine.policy import Digest, Mode
from engine.release import Defer, Ended, Expire, Push, Reader, release
from engine.snapshot import Person, Role, Snapshot
from engine.story import Story
from engine.tell import tell
from service import dispatch, frozen, links, quiet, routing, snapshot, wording
from service.calendar import DAILY
from service.channel import DeliveryKind, Outgoing
from service.config import Applied
from service.context import Context
from service.people import named
from service.secrets import new_id
from store import accounts, digests, outbox
from store.digests import Champion, StoredDigest
from store.outbox import DeliveryState, StoredDelivery
from templates import digest as words

log = logging.getLogger(__name__)
LATEST = timedelta(days=5)
"""How long after the end of a period it is still worth telling of."""
_AGAIN = timedelta(hours=20)
"""How soon somebody held back is looked at anew: once a day."""
_KEPT = timedelta(days=400)
_AT_ONCE = 500
_SHOWN = 8
NOTHING, NOBODY, LATELY, UNSAYABLE = "nothing_done", "no_recipient", "mailed_lately", "copy_blocked"
"""Why nobody is told, beside what holds back everything: see `engine/accomplished`."""
_FINAL = (None, NOTHING)


def run(context: Context) -> int:
    """Write to everybody who is due; says to how many."""
    try:
        applied = context.policy()
    except NotFound:  # Nobody went live yet.
        return 0
    how_often, now = applied.policy.email.digest, context.clock.now()
    if not _switched_on(context, applied):
        return 0
    chats = [name for name in context.channels if name != routing.EMAIL]
    after, written = ("", ""), 0
    while True:
        with context.database.read() as session:
            found = digests.champions(session, chats, after, _AT_ONCE)
        for one in found:
            zone = one.zone or applied.catalogue.product.time_zone
            stretch = due(how_often, zone, now)
            if stretch is not None and not _settled(one.last, stretch, now):
                written += _write(context, one, stretch, applied, now)
        if len(found) < _AT_ONCE:
            break
        after = (found[-1].account, found[-1].person)
    if written:
        log.info("%d digests written", written)
    return written


def of_account(context: Context, account: str) -> Sequence[StoredDigest]:
    """What became of an account's newest digests, and why."""
    with context.database.read() as session:
        return digests.of_account(session, account, _SHOWN)


def tidy(context: Context) -> None:
    """Forget what became of periods that are long over."""
    with context.database.write() as session:
        digests.forget_before(session, (context.clock.now() - _KEPT).date())


def due(how_often: Digest, zone: str, now: datetime) -> Stretch | None:
    """The days to be told of at this instant, from the morning after them on; None: none are."""
    local = now.astimezone(ZoneInfo(zone))
    stretch = told_of(how_often, local.date())
    opens = datetime.combine(stretch.end, DAILY, local.tzinfo)
    return stretch if opens <= local < opens + LATEST else None


def prepare(
    context: Context, session: Session, delivery: StoredDelivery, applied: Applied, now: datetime
) -> Outgoing | None:
    """Decide again at the moment of sending; None where it does not go now."""
    facts = snapshot.load(context, session, delivery.account, now, applied)
    person = named(facts.people, delivery.person) if facts else None
    if facts is None or person is None:
        state, reason = DeliveryState.CANCELLED, "erased"
        outbox.finish(session, delivery, state, at=now, reason=reason, tried=False)
        return None
    why = _not_told(context, session, facts, person, applied, now)[0]
    push = Push(
        alert_class=AlertClass.REFLECTION,
        raised_at=delivery.created_at,
        reader=_reader(session, facts, person, now),
        ended=Ended.BLOCKED if why else None,
    )
    match release(push, applied.policy.quiet, now):
        case Defer(until=until, reason=reason):
            outbox.later(session, delivery, until, reason=reason, tried=False)
        case Expire(reason=reason):
            outbox.finish(
                session, delivery, DeliveryState.EXPIRED, at=now, reason=why or reason, tried=False
            )
        case _:
            return _outgoing(context, delivery, facts, person)
    return None


def _switched_on(context: Context, applied: Applied) -> bool:
    policy = applied.policy
    wanted = policy.email.digest is not Digest.OFF and policy.mode is Mode.LIVE
    return wanted and routing.EMAIL in context.channels


def _settled(known: StoredDigest | None, stretch: Stretch, now: datetime) -> bool:
    """Whether there is nothing to be done about these days, or not before a day has passed."""
    if known is None or known.period != stretch.start:
        return False
    return known.reason in _FINAL or known.at <= now < known.at + _AGAIN


def _write(
    context: Context, one: Champion, stretch: Stretch, applied: Applied, now: datetime
) -> bool:
    """Note what becomes of it, and put it in the outbox, in one commit; whether it is there."""
    account, person, period = one.account, one.person, stretch.start
    with context.database.write() as session:
        accounts.hold(session, account)
        if _settled(digests.get(session, account, person, period), stretch, now):
            return False
        facts = snapshot.load(context, session, account, now, applied)
        who = named(facts.people, person) if facts else None
        if facts is None or who is None:
            return False
        why, decision = _not_told(context, session, facts, who, applied, now)
        spacing = timedelta(days=applied.policy.email.digest_spacing_days)
        if why is None and outbox.went(session, account, person, routing.EMAIL, now - spacing):
            why = LATELY
        done = _done(facts, stretch, applied, now) if why is None else None
        why = NOTHING if why is None and done is None else why
        body = _body(facts, who, done, decision, applied) if done else None
        why = UNSAYABLE if done is not None and body is None else why
        noted = StoredDigest(account=account, person=person, period=period, at=now, reason=why)
        digests.note(session, noted)
        if body is None:
            return False
        delivery = StoredDelivery(
            account=account,
            id=new_id("delivery"),
            alert="",
            kind=DeliveryKind.DIGEST,
            person=person,
            channel=routing.EMAIL,
            body=body,
            due_at=now,
            created_at=now,
        )
        outbox.add(session, delivery)
    context.signals.changed(account)
    return True


def _not_told(
    context: Context,
    session: Session,
    facts: Snapshot,
    person: Person,
    applied: Applied,
    now: datetime,
) -> tuple[str | None, Decision]:
    """Why this person is told nothing now, and the decision that says so."""
    policy = applied.policy
    decision = decide(facts, policy, now)
    if not _switched_on(context, applied):
        return routing.SWITCHED_OFF, decision
    audience = Audience(facts, policy, now)
    if person.role is not Role.CHAMPION or not person.email or not audience.settled(person.id):
        return NOBODY, decision
    if any(channel != routing.EMAIL for channel in person.reachable):
        return routing.BY_CHAT, decision
    refused = routing.refusal(session, facts.account.id, person, now)
    left = routing.has_left(session, facts.account.id, person.id)
    if refused is None and (left or person.id in audience.muted):
        refused = routing.MUTED
    return refused or not_told(facts, decision, policy, now), decision


def _done(
    facts: Snapshot, stretch: Stretch, applied: Applied, now: datetime
) -> Accomplished | None:
    product = applied.catalogue.product.name
    return accomplished(facts, product, applied.policy.email.digest, stretch, now)


def _body(
    facts: Snapshot, person: Person, done: Accomplished, decision: Decision, applied: Applied
) -> dict[str, object] | None:
    """What is frozen of it; None where it can't be said well in the reader's language."""
    story = _story(facts, done, decision, applied)
    if words.blocked(done, story, wording.locale_of(person, facts)):
        return None
    return {"done": frozen.freeze(done), "story": frozen.freeze(story)}


def _story(facts: Snapshot, done: Accomplished, decision: Decision, applied: Applied) -> Story:
    """The story of the meter it begins with, as of a reflection: names, and what may be said."""
    key = AlertKey(
        account=facts.account.id,
        meter=done.done[0].meter,
        moment=Moment.MILESTONE,
        alert_class=AlertClass.REFLECTION,
        period="0",
    )
    as_such = Candidate(key=key, p=None, evidence=(), reasons=())
    return tell(facts, applied.catalogue, as_such, decision)


def _reader(session: Session, facts: Snapshot, person: Person, now: datetime) -> Reader:
    zone = dispatch.zone_of(facts, person.id)
    return Reader(
        time_zone=zone,
        holidays=dispatch.public_holidays(facts.account.country, now.year),
        do_not_disturb_until=quiet.undisturbed_until(
            session, facts.account.id, person.id, zone, now
        ),
    )


def _outgoing(
    context: Context, delivery: StoredDelivery, facts: Snapshot, person: Person
) -> Outgoing:
    return Outgoing(
        id=delivery.id,
        kind=DeliveryKind.DIGEST,
        alert="",
        account=delivery.account,
        person=person,
        address=person.email,
        story=frozen.story(delivery.body["story"]),
        done=frozen.accomplished(delivery.body["done"]),
        audience=Role.CHAMPION,
        locale=wording.locale_of(person, facts),
        unsubscribe_url=links.unsubscribe(context, delivery.account, person.id),
    )
