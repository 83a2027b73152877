"""Forwards and the business cases behind them."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import or_, update
from sqlmodel import Session, col, select

from store import tables
from store.rows import add_once


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredForward:
    """A person passed the story on. `state`: waiting, sent, undone, draft or failed."""

    account: str
    id: str
    alert: str
    case: str
    champion: str
    to: str
    role: str
    channel: str
    created_at: datetime
    due_at: datetime
    note: str = ""
    state: str = "waiting"
    detail: str = ""
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCase:
    """A frozen story for one recipient. `terms`: the plans' prices as of then.

    `previous`: the case it was made anew from; `views`: how often it was opened, at `viewed_at`
    the last time that was counted.
    """

    account: str
    id: str
    alert: str
    audience: str
    recipient: str
    champion: str
    note: str
    story: dict[str, Any]
    terms: dict[str, Any]
    created_at: datetime
    expires_at: datetime
    issue: int = 1
    previous: str | None = None
    views: int = 0
    viewed_at: datetime | None = None
    token_hash: str | None = None
    chart_hash: str | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnswer:
    """What somebody using a case link said. `kind`: approve, question or decline."""

    account: str
    case: str
    id: str
    kind: str
    at: datetime
    text: str = ""
    name: str = ""
    until: date | None = None


_ANSWER = ("account", "case", "id", "kind", "at", "text", "name", "until")


def add(session: Session, forward: StoredForward, case: StoredCase) -> None:
    """Keep a forward with its case."""
    session.add(tables.Case(**{n: getattr(case, n) for n in StoredCase.__slots__}))
    session.add(tables.Forward(**{n: getattr(forward, n) for n in StoredForward.__slots__}))
    session.flush()


def get(session: Session, account: str, forward: str) -> StoredForward | None:
    """One forward."""
    row = session.get(tables.Forward, (account, forward))
    return _forward(row) if row else None


def of_alert(session: Session, account: str, alert: str) -> tuple[StoredForward, ...]:
    """The forwards of an alert, oldest first."""
    return tuple(of_alerts(session, account, [alert]).get(alert, ()))


def since(session: Session, account: str, champion: str, start: datetime) -> set[str]:
    """To whom a champion forwarded since `start`."""
    rows = session.exec(
        select(tables.Forward.to).where(
            col(tables.Forward.account) == account,
            col(tables.Forward.champion) == champion,
            col(tables.Forward.created_at) >= start,
        )
    ).all()
    return set(rows)


def sent_to(
    session: Session, account: str, person: str, channel: str, start: datetime
) -> tuple[StoredForward, ...]:
    """What reached a person over a channel since `start`, as far as is known."""
    rows = session.exec(
        select(tables.Forward).where(
            col(tables.Forward.account) == account,
            col(tables.Forward.to) == person,
            col(tables.Forward.channel) == channel,
            col(tables.Forward.state) == "sent",
            col(tables.Forward.sent_at) >= start,
        )
    )
    return tuple(_forward(row) for row in rows)


def move(session: Session, account: str, forward: str, state: str, **values: Any) -> None:
    """Note where a forward stands now."""
    session.execute(
        update(tables.Forward)
        .where(col(tables.Forward.account) == account, col(tables.Forward.id) == forward)
        .values(state=state, **values)
    )


def case(session: Session, account: str, number: str) -> StoredCase | None:
    """One case by its public id."""
    row = session.get(tables.Case, (account, number))
    return _case(row) if row else None


def case_behind(session: Session, token_hash: str) -> StoredCase | None:
    """The case behind a link token's hash."""
    row = session.exec(select(tables.Case).where(col(tables.Case.token_hash) == token_hash)).first()
    return _case(row) if row else None


def case_chart(session: Session, chart_hash: str, now: datetime) -> Mapping[str, Any] | None:
    """The story behind a case chart's view-only token."""
    return session.exec(
        select(tables.Case.story).where(
            col(tables.Case.chart_hash) == chart_hash,
            col(tables.Case.revoked_at).is_(None),
            col(tables.Case.expires_at) > now,
        )
    ).first()


def link(session: Session, account: str, number: str, *, token_hash: str, chart_hash: str) -> None:
    """Remember the hashes of a case's link, made at send time."""
    session.execute(
        update(tables.Case)
        .where(col(tables.Case.account) == account, col(tables.Case.id) == number)
        .values(token_hash=token_hash, chart_hash=chart_hash)
    )


def revoke(session: Session, account: str, number: str, at: datetime) -> None:
    """The link opens nothing from now on."""
    session.execute(
        update(tables.Case)
        .where(col(tables.Case.account) == account, col(tables.Case.id) == number)
        .values(revoked_at=at)
    )


def viewed(session: Session, seen: StoredCase, at: datetime, *, pause: timedelta) -> None:
    """Count that a case was opened; what comes within `pause` of the last time is that time."""
    case = tables.Case
    session.execute(
        update(case)
        .where(
            col(case.account) == seen.account,
            col(case.id) == seen.id,
            or_(col(case.viewed_at).is_(None), col(case.viewed_at) <= at - pause),
        )
        .values(views=col(case.views) + 1, viewed_at=at)
    )


def of_alerts(
    session: Session, account: str, numbers: Collection[str]
) -> dict[str, list[StoredForward]]:
    """The forwards of these alerts, oldest first."""
    rows = session.exec(
        select(tables.Forward)
        .where(col(tables.Forward.account) == account, col(tables.Forward.alert).in_(numbers))
        .order_by(col(tables.Forward.created_at), col(tables.Forward.id))
    )
    found: dict[str, list[StoredForward]] = {}
    for row in rows:
        found.setdefault(row.alert, []).append(_forward(row))
    return found


def answer(session: Session, given: StoredAnswer) -> bool:
    """Keep an answer to a case; False where this id was kept before."""
    return add_once(session, tables.CaseAnswer, asdict(given))


def answers(session: Session, account: str, number: str) -> tuple[StoredAnswer, ...]:
    """The answers to a case, oldest first."""
    return tuple(answers_of(session, account, [number]).get(number, ()))


def answers_of(
    session: Session, account: str, numbers: Collection[str]
) -> dict[str, list[StoredAnswer]]:
    """The answers to these cases, oldest first."""
    rows = session.exec(
        select(tables.CaseAnswer)
        .where(col(tables.CaseAnswer.account) == account, col(tables.CaseAnswer.case).in_(numbers))
        .order_by(col(tables.CaseAnswer.at), col(tables.CaseAnswer.id))
    )
    found: dict[str, list[StoredAnswer]] = {}
    for row in rows:
        given = StoredAnswer(**{n: getattr(row, n) for n in _ANSWER})
        found.setdefault(row.case, []).append(given)
    return found


def _forward(row: tables.Forward) -> StoredForward:
    return StoredForward(**{n: getattr(row, n) for n in StoredForward.__slots__})


def _case(row: tables.Case) -> StoredCase:
    return StoredCase(**{n: getattr(row, n) for n in StoredCase.__slots__})
