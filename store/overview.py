"""What happened over all accounts in a stretch of time, counted: for the vendor's admins."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, tuple_, union
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from engine.alert import AlertClass, Moment, ReasonCode
from store import tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """How often a moment was raised. `held`: of which at accounts held out at random."""

    alert_class: AlertClass
    moment: Moment
    count: int
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """How many accounts a reason kept silent."""

    reason: ReasonCode
    accounts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Growing:
    """An account whose newest decision foresees that a limit is passed."""

    account: str
    name: str | None
    meter: str
    p: float
    stage: str
    outcome: str
    reason: str | None

    @property
    def code(self) -> ReasonCode:
        """Why it was held back; nothing was due where nothing was held back."""
        return ReasonCode(self.reason or ReasonCode.NO_MOMENT)


def raised(session: Session, since: datetime) -> list[Raised]:
    """Alerts since an instant by class and moment, the most frequent first."""
    alert = tables.Alert
    held = func.sum(case((col(alert.closed_as) == "held_out", 1), else_=0))
    rows = session.exec(
        select(alert.alert_class, alert.moment, func.count(), held)
        .where(col(alert.raised_at) >= since)
        .group_by(col(alert.alert_class), col(alert.moment))
    ).all()
    found = [
        Raised(alert_class=AlertClass(kind), moment=Moment(moment), count=n, held=int(out or 0))
        for kind, moment, n, out in rows
    ]
    return sorted(found, key=lambda one: (-one.count, one.alert_class, one.moment))


def held_back(session: Session, since: datetime, *, most: int = 5) -> Sequence[HeldBack]:
    """The reasons that kept most accounts silent since an instant, where a moment was there."""
    decision = tables.Decision
    accounts = func.count(func.distinct(col(decision.account)))
    rows = session.exec(
        select(decision.reason, accounts)
        .where(
            _lasted(since),
            col(decision.reason).is_not(None),
            col(decision.reason) != ReasonCode.NO_MOMENT,
        )
        .group_by(col(decision.reason))
        .order_by(accounts.desc(), col(decision.reason))
        .limit(most)
    ).all()
    return [HeldBack(reason=ReasonCode(str(reason)), accounts=n) for reason, n in rows]


def growing(session: Session, since: datetime, *, p: float, most: int = 10) -> Sequence[Growing]:
    """Accounts that will most probably pass a limit, by their decisions since an instant."""
    decision, account = tables.Decision, tables.Account
    later = aliased(decision)
    newer = (
        select(later.at)
        .where(col(later.account) == col(decision.account), col(later.at) > col(decision.at))
        .exists()
    )
    rows = session.exec(
        select(decision, account.name)
        .join(account, col(account.id) == col(decision.account))
        .where(_lasted(since), ~newer, col(decision.p) >= p)
        .order_by(col(decision.p).desc(), col(decision.account))
        .limit(most)
    ).all()
    return [
        Growing(
            account=row.account,
            name=name,
            meter=str(row.meter),
            p=float(row.p or 0),
            stage=row.stage,
            outcome=row.outcome,
            reason=row.reason,
        )
        for row, name in rows
    ]


def _lasted(since: datetime) -> ColumnElement[bool]:
    """Decisions with something to say that held at some time since then, each by its own index."""
    d = tables.Decision
    said = select(d.account, d.at).where(col(d.moment).is_not(None))
    recent = union(said.where(col(d.at) >= since), said.where(col(d.until) >= since))
    return tuple_(col(d.account), col(d.at)).in_(recent)


def counted(session: Session) -> int:
    """How many accounts there are."""
    return session.exec(select(func.count()).select_from(tables.Account)).one()
