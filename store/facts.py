"""Loads the snapshot of one account: every fact a decision may look at, at once."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, or_, select

from engine.alert import AlertClass, AlertKey, FeedbackKind, Moment, PastAlert
from engine.catalogue import Catalogue
from engine.snapshot import (
    AccountFacts,
    Answer,
    Blocker,
    BlockerKind,
    Friction,
    Person,
    PlanChange,
    Role,
    Snapshot,
    UserDays,
)
from store import meters, tables

HISTORY = timedelta(days=400)
EVERYONE = "*"


def zone_of(row: tables.Account, catalogue: Catalogue) -> ZoneInfo:
    """The account's own time zone, else the product's."""
    return ZoneInfo(row.time_zone or catalogue.product.time_zone)


def load(
    session: Session,
    account: str,
    now: datetime,
    catalogue: Catalogue,
    *,
    channels: Sequence[str] = (),
) -> Snapshot | None:
    """All facts of one account as known at `now`, None where there is no such account.

    `channels`: push channels that are set up; holdout, rollout and calibration are the caller's.
    """
    row = session.get(tables.Account, account)
    if row is None:
        return None
    today = now.astimezone(zone_of(row, catalogue)).date()
    changes = _plan_changes(session, account)
    since = row.since or meters.first_day(session, account)
    uses = meters.load(session, row, catalogue, changes, today=today, since=since)
    past, answers = _alerts(session, account, now)
    return Snapshot(
        account=_account(row, catalogue, since),
        meters=uses,
        people=people(session, account, channels, past),
        user_days=_user_days(session, account, today),
        frictions=_frictions(session, account, now),
        blockers=_blockers(session, account, now),
        plan_changes=changes,
        alerts=past,
        answers=answers,
        readers_known=True,
        last_report=row.last_report,
        live_since=_live_since(session, row),
    )


def _account(row: tables.Account, catalogue: Catalogue, since: date | None) -> AccountFacts:
    plan = catalogue.plans.get(row.plan or "")
    return AccountFacts(
        id=row.id,
        name=row.name or row.id,
        plan=row.plan,
        next_plan=plan.next if plan else None,
        time_zone=row.time_zone or catalogue.product.time_zone,
        locale=row.locale or catalogue.product.locale,
        product_locale=catalogue.product.locale,
        currency=row.currency or catalogue.product.currency,
        country=row.country,
        seats=row.seats,
        since=since,
        renewal=row.renewal,
        custom=row.custom,
        objected=row.objected,
        integrations=tuple(row.integrations),
        price=Decimal(row.price) if row.price is not None else None,
    )


def people(
    session: Session,
    account: str,
    channels: Sequence[str] = (),
    past: Sequence[PastAlert] = (),
) -> tuple[Person, ...]:
    """Everybody stored at the account, with the push channels that can reach them."""
    known = session.exec(select(tables.Address).where(col(tables.Address.account) == account)).all()
    addresses = {(a.person, a.channel) for a in known}
    installed = set(
        session.exec(
            select(tables.Install.platform).where(
                col(tables.Install.account) == account,
                col(tables.Install.revoked_at).is_(None),
            )
        ).all()
    )
    asked: dict[str, datetime] = {}
    for alert in past:
        if alert.key.alert_class is AlertClass.ASK and alert.person and alert.charged_at:
            asked[alert.person] = max(alert.charged_at, asked.get(alert.person, alert.charged_at))
    rows = session.exec(
        select(tables.Person)
        .where(col(tables.Person.account) == account)
        .order_by(col(tables.Person.id))
    ).all()
    return tuple(
        Person(
            id=r.id,
            role=Role(r.role),
            name=r.name,
            email=r.email,
            can_buy=r.can_buy,
            locale=r.locale,
            time_zone=r.time_zone,
            joined=r.joined,
            muted=r.muted,
            reachable=tuple(
                c
                for c in channels
                if c in installed and ((r.id, c) in addresses or r.email is not None)
            ),
            last_asked=asked.get(r.id),
        )
        for r in rows
    )


def _plan_changes(session: Session, account: str) -> tuple[PlanChange, ...]:
    rows = session.exec(
        select(tables.PlanChange)
        .where(col(tables.PlanChange.account) == account)
        .order_by(col(tables.PlanChange.at))
    ).all()
    return tuple(PlanChange(at=r.at, plan=r.plan, direction=r.direction) for r in rows)


def _user_days(session: Session, account: str, today: date) -> tuple[UserDays, ...]:
    rows = session.exec(
        select(col(tables.UserDay.user), col(tables.UserDay.day))
        .where(col(tables.UserDay.account) == account, col(tables.UserDay.day) >= today - HISTORY)
        .order_by(col(tables.UserDay.user), col(tables.UserDay.day))
    ).all()
    days: dict[str, list[date]] = {}
    for user, day in rows:
        days.setdefault(user, []).append(day)
    return tuple(UserDays(user=u, days=tuple(d)) for u, d in days.items())


def _frictions(session: Session, account: str, now: datetime) -> tuple[Friction, ...]:
    rows = session.exec(
        select(tables.Friction)
        .where(
            col(tables.Friction.account) == account,
            col(tables.Friction.at) >= now - timedelta(days=60),
        )
        .order_by(col(tables.Friction.at))
    ).all()
    return tuple(Friction(at=r.at, user=r.user, meter=r.meter) for r in rows)


def _blockers(session: Session, account: str, now: datetime) -> tuple[Blocker, ...]:
    rows = session.exec(
        select(tables.Blocker)
        .where(
            col(tables.Blocker.account).in_([account, EVERYONE]),
            or_(
                col(tables.Blocker.closed).is_(None),
                col(tables.Blocker.closed) >= now - timedelta(days=120),
            ),
        )
        .order_by(col(tables.Blocker.opened), col(tables.Blocker.id))
    ).all()
    return tuple(
        Blocker(
            id=r.id,
            kind=BlockerKind(r.kind),
            opened=r.opened,
            closed=r.closed,
            urgent=r.urgent,
        )
        for r in rows
    )


def _alerts(
    session: Session, account: str, now: datetime
) -> tuple[tuple[PastAlert, ...], tuple[Answer, ...]]:
    """What was raised and what was said: all of it before now, though a clock was put back."""
    alerts = session.exec(
        select(tables.Alert)
        .where(col(tables.Alert.account) == account)
        .order_by(col(tables.Alert.raised_at), col(tables.Alert.id))
    ).all()
    past = tuple(
        PastAlert(
            key=AlertKey(
                account=account,
                meter=r.meter,
                moment=Moment(r.moment),
                alert_class=AlertClass(r.alert_class),
                period=r.period,
            ),
            raised_at=min(r.raised_at, now),
            charged_at=r.charged_at and min(r.charged_at, now),
            closed_at=r.closed_at and min(r.closed_at, now),
            person=r.person,
            ghost=r.closed_as == "held_out",
        )
        for r in alerts
    )
    keys = {row.id: str(alert.key) for row, alert in zip(alerts, past, strict=True)}
    given = session.exec(
        select(tables.Feedback)
        .where(
            col(tables.Feedback.account) == account,
            col(tables.Feedback.undone_at).is_(None),
        )
        .order_by(col(tables.Feedback.at), col(tables.Feedback.id))
    ).all()
    answers = tuple(
        Answer(
            alert=keys.get(f.alert, ""),
            kind=FeedbackKind(f.kind),
            at=min(f.at, now),
            person=f.person,
            role=Role(f.role),
            until=f.until,
            whole_account=f.whole_account,
        )
        for f in given
    )
    return past, answers


def _live_since(session: Session, row: tables.Account) -> datetime:
    """When Segue could first speak for the account: its creation, or the first policy if later."""
    first = first_policy_at(session)
    return max(row.created_at, first) if first else row.created_at


def first_policy_at(session: Session) -> datetime | None:
    """When the vendor went live: the first policy that was applied."""
    return session.exec(
        select(tables.ConfigVersion.applied_at).order_by(col(tables.ConfigVersion.version)).limit(1)
    ).first()


def zone(session: Session, account: str, catalogue: Catalogue) -> str | None:
    """The name of an account's time zone, None where there is no such account."""
    row = session.get(tables.Account, account)
    return str(zone_of(row, catalogue)) if row else None
