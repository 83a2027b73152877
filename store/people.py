"""People and where channels reach them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any

from sqlalchemy import delete, func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from engine.snapshot import Person, Role
from store import tables
from store.rows import add_once, among, as_list, by_account, dialect_of, put, table

KNOWN_ONLY = ("teams",)
"""Channels that find nobody by their e-mail address: who is not known there is not reached."""


def everybody(
    session: Session,
    accounts: Mapping[str, Mapping[str, datetime]],
    *,
    channels: Sequence[str] = (),
) -> dict[str, tuple[Person, ...]]:
    """Everybody stored at these accounts, with the push channels that can reach them.

    Of each account it is given when people there were last asked. A time zone nobody stated is what
    the platform of a channel says.
    """
    wanted, dialect = as_list([[account] for account in accounts]), dialect_of(session)
    rows = by_account(session.execute(_people(dialect), wanted))
    addresses, installed = dict[Any, str | None](), set[Any]()
    if channels:
        addresses = {
            (row.account, row.person, row.channel): row.time_zone
            for row in session.execute(_addresses(dialect), wanted)
        }
        installed = {tuple(row) for row in session.execute(_installed(dialect), wanted)}

    zones = {(key[0], key[1]): zone for key, zone in addresses.items() if zone}

    def reached(row: Any, channel: str) -> bool:
        known = (row.account, row.id, channel) in addresses
        found = row.email is not None and channel not in KNOWN_ONLY
        return (known or found) and (row.account, channel) in installed

    return {
        account: tuple(
            Person(
                id=row.id,
                role=Role(row.role),
                name=row.name,
                email=row.email,
                can_buy=row.can_buy,
                locale=row.locale,
                time_zone=row.time_zone or zones.get((row.account, row.id)),
                joined=row.joined,
                muted=row.muted,
                reachable=tuple(channel for channel in channels if reached(row, channel)),
                last_asked=accounts[account].get(row.id),
            )
            for row in sorted(of, key=attrgetter("id"))
        )
        for account, of in rows.items()
    }


@lru_cache
def _people(dialect: str) -> Any:
    p = table(tables.Person).c
    return select_columns(*p).where(among(dialect, p.account))


@lru_cache
def _addresses(dialect: str) -> Any:
    a = table(tables.Address).c
    asked = select_columns(a.account, a.person, a.channel, a.time_zone)
    return asked.where(among(dialect, a.account))


@lru_cache
def _installed(dialect: str) -> Any:
    i = table(tables.Install).c
    return select_columns(i.account, i.platform).where(
        among(dialect, i.account), i.revoked_at.is_(None)
    )


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


def with_email(session: Session, email: str) -> list[tuple[str, str]]:
    """(account, person) of everybody who has this e-mail address, whatever its case."""
    p = table(tables.Person).c
    asked = select_columns(p.account, p.id).where(func.lower(p.email) == email.lower())
    rows = session.execute(asked.order_by(p.account, p.id))
    return [(row.account, row.id) for row in rows]


def address(session: Session, account: str, person: str, channel: str) -> str | None:
    """Where a channel reaches a person."""
    row = session.get(tables.Address, (account, person, channel))
    return row.address if row else None


def set_address(session: Session, account: str, person: str, channel: str, address: str) -> None:
    """Remember where a channel reaches a person."""
    row = {"account": account, "person": person, "channel": channel, "address": address}
    put(session, tables.Address, row)


def forget_address(session: Session, account: str, person: str, channel: str) -> None:
    """A channel reaches this person no more."""
    row = session.get(tables.Address, (account, person, channel))
    if row is not None:
        session.delete(row)


def forget_team(session: Session, account: str, channel: str, team: str) -> None:
    """Nobody at this account is reached in a workspace of a channel any more."""
    a = table(tables.Address).c
    there = a.address.startswith(f"{team}/", autoescape=True)
    session.execute(delete(tables.Address).where(a.account == account, a.channel == channel, there))


def looked_at(session: Session, account: str, person: str, channel: str) -> datetime | None:
    """When a channel's platform was last asked about somebody."""
    row = session.get(tables.Address, (account, person, channel))
    return row.looked_at if row else None


def learn(
    session: Session,
    account: str,
    person: str,
    channel: str,
    *,
    time_zone: str | None,
    at: datetime,
) -> bool:
    """What a channel's platform says of somebody it reaches; whether their time zone is news."""
    row = session.get(tables.Address, (account, person, channel))
    if row is None:
        return False
    before, row.looked_at = row.time_zone, at
    row.time_zone = time_zone or before
    session.add(row)
    stated = session.get(tables.Person, (account, person))
    return row.time_zone != before and (stated is None or stated.time_zone is None)


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
    row = {"account": account, "id": person, "role": role, "name": name, "email": email}
    add_once(session, tables.Person, row)


def mute(session: Session, account: str, person: str, *, muted: bool) -> None:
    """The person wants to hear nothing any more, or again."""
    put(session, tables.Person, {"account": account, "id": person, "muted": muted})


def set_role(session: Session, account: str, person: str, role: str) -> None:
    """What the person is to the account."""
    put(session, tables.Person, {"account": account, "id": person, "role": role})


def speak(session: Session, account: str, person: str, locale: str) -> None:
    """The person reads this language."""
    put(session, tables.Person, {"account": account, "id": person, "locale": locale})


def domains(session: Session, account: str) -> tuple[str, ...]:
    """The account's verified e-mail domains."""
    row = session.get(tables.Account, account)
    return tuple(d.lower() for d in row.domains) if row else ()
