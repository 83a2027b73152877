"""The best path to a person: Slack where it reaches them, else e-mail, else a draft to send."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlmodel import Session

from engine.snapshot import Person
from store import people, unreachable
from store.unreachable import StoredRefusal

DRAFT, EMAIL, TEAMS = "draft", "email", "teams"
UNSUBSCRIBED, MUTED = "unsubscribed", "muted"
SWITCHED_OFF, BY_CHAT = "email_off", "reached_by_chat"
"""Why a push that was to be mailed is not: the policy says so by now, or a chat reaches them."""
_REMEMBERED = timedelta(days=30)
"""An address that was refused is tried again after that; relays have bad days, too."""
BOUNCED = "bounced"
_OF_THE_ADDRESS = ("refused: recipient", "address_invalid", BOUNCED)
"""What a failure begins with that will happen again, whatever is sent there."""


def best(
    session: Session,
    account: str,
    person: Person,
    channels: Sequence[str],
    *,
    now: datetime,
    without: Sequence[str] = (),
) -> str:
    """The channel a forward to this person takes; `draft`: the champion sends it themselves."""
    for channel in person.reachable:
        if channel not in without:
            return channel
    mailed = EMAIL in channels and EMAIL not in without and person.email
    if mailed and refusal(session, account, person, now) is None:
        return EMAIL
    return DRAFT


def refusal(session: Session, account: str, person: Person, now: datetime) -> str | None:
    """Why nothing is mailed to a person: they want none, or their address was refused lately."""
    return _refused(unreachable.get(session, account, person.id, EMAIL), person, now)


def _refused(known: StoredRefusal | None, person: Person, now: datetime) -> str | None:
    if known is not None and known.reason == UNSUBSCRIBED:
        return UNSUBSCRIBED
    if person.muted or known is None:
        return MUTED if person.muted else None
    same = known.address == person.email and now - known.at < _REMEMBERED
    return known.reason if same else None


def by_mail(
    session: Session, people: Mapping[str, tuple[Person, ...]], now: datetime
) -> dict[str, tuple[Person, ...]]:
    """The people of these accounts, with e-mail as the last way to whom it may be pushed."""
    known = unreachable.of_accounts(session, people, EMAIL)
    left = unreachable.of_accounts(session, people, TEAMS)

    def reached(account: str, person: Person) -> Person:
        if not person.email or _refused(known.get((account, person.id)), person, now):
            return person
        if (account, person.id) in left:
            return person  # Who blocked the app in their chat is not written to another way.
        return replace(person, reachable=(*person.reachable, EMAIL))

    return {account: tuple(reached(account, p) for p in some) for account, some in people.items()}


def not_by_mail(person: Person, tried: Sequence[str]) -> str | None:
    """Why a push does not go out by e-mail now: another way comes first, or there is no such way.

    `tried`: ways that led nowhere.
    """
    if EMAIL not in person.reachable:
        return SWITCHED_OFF
    return None if next_way(person, tried) == EMAIL else BY_CHAT


def next_way(person: Person, tried: Sequence[str]) -> str | None:
    """The first way to push something to a person that was not tried."""
    return next((channel for channel in person.reachable if channel not in tried), None)


def remember(
    session: Session, account: str, person: Person, channel: str, reason: str, now: datetime
) -> None:
    """Note an address that will be refused again; all other failures say nothing of it."""
    if channel != EMAIL or not reason.startswith(_OF_THE_ADDRESS):
        return
    known = unreachable.get(session, account, person.id, channel)
    if known is not None and known.reason == UNSUBSCRIBED:
        return
    unreachable.note(
        session,
        StoredRefusal(
            account=account,
            person=person.id,
            channel=channel,
            reason=reason,
            address=person.email,
            at=now,
        ),
    )


def leave(
    session: Session, account: str, person: str, channel: str, why: str, now: datetime
) -> None:
    """Somebody blocked the app in a chat or took it out: that is a no to what it would push."""
    left = StoredRefusal(account=account, person=person, channel=channel, reason=why, at=now)
    unreachable.note(session, left)


def has_left(session: Session, account: str, person: str) -> bool:
    """Whether somebody said no that way."""
    return unreachable.get(session, account, person, TEAMS) is not None


def come_back(session: Session, account: str, person: str, channel: str) -> None:
    """They let the app in again."""
    unreachable.forget(session, account, person, channel)


def try_again(session: Session, account: str, person: str) -> None:
    """The vendor states a person anew, so the address may be right now; a "no" stays one."""
    known = unreachable.get(session, account, person, EMAIL)
    if known is not None and known.reason != UNSUBSCRIBED:
        unreachable.forget(session, account, person, EMAIL)


def unsubscribe(session: Session, account: str, person: str, now: datetime) -> None:
    """Nothing is mailed to this person any more."""
    refused = StoredRefusal(
        account=account, person=person, channel=EMAIL, reason=UNSUBSCRIBED, at=now
    )
    unreachable.note(session, refused)


def subscribe(session: Session, account: str, person: str) -> None:
    """The person takes their "no" back."""
    unreachable.forget(session, account, person, EMAIL)


def unsubscribed_by(session: Session, account: str, person: str, at: datetime) -> bool:
    """Whether they wanted nothing mailed already before an instant."""
    known = unreachable.get(session, account, person, EMAIL)
    return known is not None and known.reason == UNSUBSCRIBED and known.at < at


def verified(session: Session, account: str, email: str) -> bool:
    """Whether an address belongs to a domain that the vendor verified for the account."""
    domain = email.rpartition("@")[2].lower()
    return bool(domain) and domain in people.domains(session, account)
