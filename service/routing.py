"""The best path to a person: Slack where it reaches them, else e-mail, else a draft to send."""

from collections.abc import Sequence

from sqlmodel import Session

from engine.snapshot import Person
from store import people

DRAFT = "draft"


def best(
    session: Session,
    account: str,
    person: Person,
    channels: Sequence[str],
    *,
    without: Sequence[str] = (),
) -> str:
    """The channel a forward to this person takes; `draft`: the champion sends it themselves."""
    for channel in person.reachable:
        if channel not in without:
            return channel
    if "email" in channels and "email" not in without and person.email:
        return "email"
    return DRAFT


def verified(session: Session, account: str, email: str) -> bool:
    """Whether an address belongs to a domain that the vendor verified for the account."""
    domain = email.rpartition("@")[2].lower()
    return bool(domain) and domain in people.domains(session, account)
