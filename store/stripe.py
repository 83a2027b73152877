"""What Stripe last said of each subscription and invoice, by its customer: also of nobody's."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, update
from sqlmodel import Session, col, or_, select

from store.rows import dialect_of, put
from store.tables import StripeObject


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """A subscription, an invoice or a checkout, as far as its events told. `at`: the newest's time.

    `account` None: no account says that this customer is it. `over`: little can follow.
    """

    customer: str
    id: str
    kind: str
    at: datetime
    account: str | None = None
    over: bool = False
    body: dict[str, Any] = field(default_factory=dict)


def lock(session: Session, customer: str) -> None:
    """Until the commit nobody else writes what Stripe said of this customer, or whose it is.

    SQLite has one writer at a time anyway.
    """
    if dialect_of(session) == "postgresql":
        name = func.hashtextextended(f"stripe {customer}", 0)
        session.execute(select(func.pg_advisory_xact_lock(name)))


def of_customer(session: Session, customer: str) -> list[StoredObject]:
    """Everything that is known of a customer."""
    rows = session.exec(
        select(StripeObject)
        .where(col(StripeObject.customer) == customer)
        .order_by(col(StripeObject.id))
        .execution_options(populate_existing=True)
    )
    return [
        StoredObject(
            customer=row.customer,
            id=row.id,
            kind=row.kind,
            at=row.at,
            account=row.account,
            over=row.over,
            body=row.body,
        )
        for row in rows
    ]


def keep(session: Session, stated: StoredObject) -> None:
    """State one anew."""
    put(session, StripeObject, asdict(stated))


def tie(session: Session, customer: str, account: str) -> None:
    """All that is known of a customer is this account's, and goes when the account is erased."""
    session.execute(
        update(StripeObject).where(col(StripeObject.customer) == customer).values(account=account)
    )


def forget(session: Session, *, over: datetime, unclaimed: datetime) -> None:
    """Drop what is over since before then, and what no account claimed for long."""
    session.execute(
        delete(StripeObject).where(
            or_(
                (col(StripeObject.at) < over) & col(StripeObject.over),
                (col(StripeObject.at) < unclaimed) & col(StripeObject.account).is_(None),
            )
        )
    )
