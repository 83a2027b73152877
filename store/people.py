"""People and where channels reach them."""

from sqlalchemy import func
from sqlmodel import Session, col, select

from store import tables


def account_of_team(session: Session, platform: str, team: str) -> str | None:
    """The account a workspace is bound to."""
    install = session.get(tables.Install, (platform, team))
    return install.account if install is not None and install.revoked_at is None else None


def by_address(session: Session, account: str, channel: str, address: str) -> str | None:
    """Who is reached at an address."""
    return session.exec(
        select(tables.Address.person).where(
            col(tables.Address.account) == account,
            col(tables.Address.channel) == channel,
            col(tables.Address.address) == address,
        )
    ).first()


def by_email(session: Session, account: str, email: str) -> str | None:
    """Who has this e-mail address, whatever its case."""
    return session.exec(
        select(tables.Person.id).where(
            col(tables.Person.account) == account,
            func.lower(col(tables.Person.email)) == email.lower(),
        )
    ).first()


def address(session: Session, account: str, person: str, channel: str) -> str | None:
    """Where a channel reaches a person."""
    row = session.get(tables.Address, (account, person, channel))
    return row.address if row else None


def set_address(session: Session, account: str, person: str, channel: str, address: str) -> None:
    """Remember where a channel reaches a person."""
    session.merge(tables.Address(account=account, person=person, channel=channel, address=address))
    session.flush()


def add(
    session: Session,
    account: str,
    person: str,
    *,
    role: str,
    name: str | None = None,
    email: str | None = None,
) -> None:
    """Keep somebody new; one who is there already keeps what they have."""
    if session.get(tables.Person, (account, person)) is None:
        session.add(tables.Person(account=account, id=person, role=role, name=name, email=email))
        session.flush()


def mute(session: Session, account: str, person: str, *, muted: bool) -> None:
    """The person wants to hear nothing any more, or again."""
    row = session.get(tables.Person, (account, person))
    if row is None:
        row = tables.Person(account=account, id=person)
    row.muted = muted
    session.add(row)
    session.flush()


def domains(session: Session, account: str) -> tuple[str, ...]:
    """The account's verified e-mail domains."""
    row = session.get(tables.Account, account)
    return tuple(d.lower() for d in row.domains) if row else ()
