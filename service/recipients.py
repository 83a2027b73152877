"""Who decides at an account: known, remembered when named, and not too many new ones in a day."""

import re
from datetime import datetime, timedelta

from sqlmodel import Session

from engine.errors import Forbidden, Invalid, TooMany
from engine.snapshot import Snapshot, Staff
from service import routing, snapshot
from service.channel import Recipient
from service.context import Context
from service.people import APPROVERS, display
from service.secrets import new_id
from store import accounts, forwards, people

NEW_PER_DAY = 5
_EMAIL = re.compile(r"[^@\s<>,;:\"()\[\]]+@[^@\s<>,;:\"()\[\]]+\.[^@\s<>,;:\"()\[\]]+")


def known(context: Context, *, account: str, person: str) -> tuple[Recipient, ...]:
    """The manager and finance lead known at the account, and how each would be reached."""
    now, applied = context.clock.now(), context.policy()
    with context.database.read() as session:
        facts = snapshot.staff(context, session, account, now, applied)
        return known_in(context, session, facts, person, now) if facts else ()


def known_in(
    context: Context, session: Session, facts: Snapshot | Staff, person: str, now: datetime
) -> tuple[Recipient, ...]:
    """As `known`, inside a unit of work that knows the account's people."""
    return tuple(
        Recipient(
            id=p.id,
            name=display(p),
            role=p.role,
            channel=routing.best(session, facts.account.id, p, context.channels, now=now),
        )
        for role in APPROVERS
        for p in facts.people
        if p.role is role and p.id != person
    )


def add(
    context: Context,
    *,
    account: str,
    role: str,
    chat: tuple[str, str] | None = None,
    email: str | None = None,
    name: str | None = None,
    champion: str | None = None,
) -> str:
    """Remember who the manager or finance lead is; says their person id.

    `chat`: the channel and their address there. `champion`: who is about to forward to them;
    nobody is remembered whom they may not send to.

    Raises:
        Invalid: neither a chat user nor an e-mail address, or a role that decides nothing.
        Forbidden: the e-mail's domain is not verified for the account.
        TooMany: more than five new recipients in a day.
    """
    if role not in APPROVERS:
        raise Invalid("choose manager or finance", pointer="/role")
    if email is not None and not _EMAIL.fullmatch(email):
        raise Invalid("this is not an e-mail address", pointer="/email")
    if email is None and chat is None:
        raise Invalid("say who: a person in the chat, or an e-mail address", pointer="/to")
    with context.database.write() as session:
        accounts.hold(session, account)
        found = people.by_email(session, account, email) if email else None
        if found is None and chat is not None:
            found = people.by_address(session, account, *chat)
        outside = email is not None and not routing.verified(session, account, email)
        if found is None and chat is None and outside:
            raise Forbidden(
                "this address is outside the domains verified for the account: "
                "copy the link or send it from your own mailbox"
            )
        person = found or new_id("person")
        if champion is not None:
            hold_to_cap(session, account, champion, person, context.clock.now())
        people.add(session, account, person, role=role, name=name, email=email)
        if chat is not None:
            people.set_address(session, account, person, *chat)
    context.signals.changed(account)
    return person


def hold_to_cap(session: Session, account: str, champion: str, to: str, now: datetime) -> None:
    """Let a forward pass while its champion has not had enough new recipients for a day.

    Raises:
        TooMany: they have.
    """
    had = forwards.since(session, account, champion, now - timedelta(days=1))
    if to not in had and len(had) >= NEW_PER_DAY:
        raise TooMany("five new recipients a day are enough", retry_after=86_400)
