"""A champion passes the story on: the case is frozen, the message waits ten seconds, then goes."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

from sqlmodel import Session

from engine.alert import AlertClass, FeedbackKind
from engine.errors import Invalid, NotFound
from engine.snapshot import Person, Role, Snapshot, Staff
from engine.story import Story
from service import cards, frozen, links, routing, snapshot, terms
from service.channel import DeliveryKind, ForwardState
from service.config import Applied
from service.context import Context
from service.feedback import require_open
from service.people import display, named
from service.recipients import hold_to_cap
from service.secrets import new_id
from store import accounts, alerts, feedback, forwards, outbox

WAIT = timedelta(seconds=10)
CASE_LIFE = timedelta(days=30)
NOTE_LENGTH = 280
_LINK = re.compile(
    r"\b[a-z][a-z0-9+.-]*://|\b(mailto|javascript):\S|\bwww\.\S"
    r"|\b[\w-]+\.[a-z]{2,}/\S|\b[\w-]+\.(com|net|org|io|de|co)\b",
    re.IGNORECASE,
)


def start(
    context: Context,
    *,
    account: str,
    alert: str,
    champion: str,
    to: str,
    note: str = "",
    by_hand: bool = False,
) -> ForwardState:
    """Send the story to `to` (a person id) in ten seconds; a second click finds the first.

    What is found keeps the note it went with: one written along the second time does not go.
    `by_hand`: nothing is sent, the champion passes the link on themselves.

    Raises:
        NotFound: no such alert or person.
        Invalid: the note is too long or holds a link.
        TooMany: more than five new recipients in a day.
    """
    now, applied = context.clock.now(), context.policy()
    note = check_note(note)
    with context.database.write() as session:
        accounts.hold(session, account)
        stored = require_open(alerts.get(session, account, alert))
        if stored.key.alert_class is AlertClass.NOTICE:
            raise Invalid("a notice is not forwarded", pointer="/alert")
        facts = snapshot.load(context, session, account, now, applied)
        person = named(facts.people, to) if facts else None
        if facts is None or person is None:
            raise NotFound(f"there is no {to!r} at this account")
        if to == champion:
            raise Invalid("this is you: choose somebody else", pointer="/to")
        earlier = _earlier(context, session, account, alert, champion, person, now, by_hand=by_hand)
        if earlier is not None:
            unsaid = bool(note) and note != earlier.note
            return replace(_state(earlier, facts, now), without_note=unsaid)
        hold_to_cap(session, account, champion, to, now)
        forward = write(
            context,
            session,
            stored,
            facts,
            person,
            champion,
            note,
            applied,
            now,
            by_hand=by_hand,
        )
        cards.refresh(session, account, alert, now)
        state = _state(forward, facts, now)
    context.signals.changed(account)
    return state


def _earlier(
    context: Context,
    session: Session,
    account: str,
    alert: str,
    champion: str,
    person: Person,
    now: datetime,
    *,
    by_hand: bool,
) -> forwards.StoredForward | None:
    """What this person was sent of an alert; a draft is its sender's alone, while it is one."""
    best = routing.best(session, account, person, context.channels, now=now)
    for earlier in forwards.of_alert(session, account, alert):
        own = earlier.champion == champion and (by_hand or best == routing.DRAFT)
        live = earlier.state in ("waiting", "sent") or (earlier.state == "draft" and own)
        case = forwards.case(session, account, earlier.case) if live else None
        if earlier.to == person.id and case is not None and not links.expired(case, now):
            return earlier
    return None


def undo(
    context: Context, *, account: str, forward: str, person: str, alert: str | None = None
) -> bool:
    """Take a forward back while it waits, or a draft's link; False where it has gone.

    Raises:
        NotFound: this person has no such forward (of `alert`, where that is said).
    """
    now = context.clock.now()
    with context.database.write() as session:
        accounts.hold(session, account)
        stored = forwards.get(session, account, forward)
        own = stored is not None and stored.champion == person
        if stored is None or not own or alert not in (None, stored.alert):
            raise NotFound("there is no such forward of yours")
        if stored.state == "undone":
            return True
        if not call_off(session, stored, now):
            return False
    context.signals.changed(account)
    return True


def call_off(session: Session, stored: forwards.StoredForward, now: datetime) -> bool:
    """As `undo`, inside a unit of work that holds the account."""
    account = stored.account
    draft = stored.state == "draft"
    if not draft and not outbox.cancel_forward(session, account, stored.id, now):
        return False
    forwards.move(session, account, stored.id, "undone")
    forwards.revoke(session, account, stored.case, now)
    feedback.undo(session, account, stored.id, now)
    cards.refresh(session, account, stored.alert, now)
    return True


def states(
    session: Session, facts: Snapshot | Staff, alert: str, now: datetime
) -> tuple[ForwardState, ...]:
    """Where the forwards of an alert stand, oldest first."""
    found = forwards.of_alert(session, facts.account.id, alert)
    return tuple(_state(f, facts, now) for f in found)


def check_note(note: str) -> str:
    """A note as it is sent.

    Raises:
        Invalid: it is too long, or holds a link.
    """
    note = " ".join(note.split())
    if len(note) > NOTE_LENGTH:
        raise Invalid(f"a note has at most {NOTE_LENGTH} characters", pointer="/note")
    if _LINK.search(note):
        raise Invalid("a note can't hold links: it goes out in your name", pointer="/note")
    return note


def write(
    context: Context,
    session: Session,
    stored: alerts.StoredAlert,
    facts: Snapshot,
    person: Person,
    champion: str,
    note: str,
    applied: Applied,
    now: datetime,
    *,
    anew: tuple[str, Story] | None = None,
    by_hand: bool = False,
) -> forwards.StoredForward:
    """Forward, case, delivery and feedback, all in the caller's commit.

    `anew`: the case that this one replaces, and the story of today.
    """
    previous, story = anew or (None, None)
    account = facts.account.id
    audience = Role.MANAGER if person.role is Role.MANAGER else Role.FINANCE
    best = routing.best(session, account, person, context.channels, now=now)
    channel = routing.DRAFT if by_hand else best
    drafted = channel == routing.DRAFT
    why = (
        routing.refusal(session, account, person, now)
        if best == routing.DRAFT and person.email
        else None
    )
    case = forwards.StoredCase(
        account=account,
        id=new_id("case"),
        alert=stored.id,
        audience=audience,
        recipient=person.id,
        champion=champion,
        note=note,
        story=frozen.freeze(story) if story else stored.story,
        previous=previous,
        terms=terms.freeze(facts, applied.catalogue, stored.key.meter),
        created_at=now,
        expires_at=now + CASE_LIFE,
    )
    forward = forwards.StoredForward(
        account=account,
        id=new_id("forward"),
        alert=stored.id,
        case=case.id,
        champion=champion,
        to=person.id,
        role=audience,
        note=note,
        channel=channel,
        created_at=now,
        due_at=now + WAIT,
        state="draft" if drafted else "waiting",
        detail=why or "",
    )
    forwards.add(session, forward, case)
    if not drafted:
        outbox.add(session, delivery_of(forward, channel))
    sender = named(facts.people, champion) or Person(id=champion)
    feedback.add(
        session,
        feedback.StoredFeedback(
            account=account,
            id=forward.id,
            alert=stored.id,
            person=champion,
            role=sender.role,
            kind=FeedbackKind.FORWARDED,
            at=now,
            channel=channel,
        ),
    )
    return forward


def delivery_of(forward: forwards.StoredForward, channel: str) -> outbox.StoredDelivery:
    """The delivery of a forward over a channel; its id names both, so it is there once."""
    return outbox.StoredDelivery(
        account=forward.account,
        id=f"{forward.id}.{channel}",
        alert=forward.alert,
        kind=DeliveryKind.FORWARD,
        person=forward.to,
        channel=channel,
        forward=forward.id,
        due_at=forward.due_at,
        created_at=forward.created_at,
    )


def _state(forward: forwards.StoredForward, facts: Snapshot | Staff, now: datetime) -> ForwardState:
    person = named(facts.people, forward.to) or Person(id=forward.to)
    waiting = forward.state == "waiting"
    return ForwardState(
        id=forward.id,
        case=forward.case,
        by=forward.champion,
        to_id=forward.to,
        to_name=display(person),
        role=forward.role,
        channel=forward.channel,
        state=forward.state,
        undo_until=forward.due_at if waiting and forward.due_at > now else None,
        sent_at=forward.sent_at,
        detail=forward.detail,
    )
