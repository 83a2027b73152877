"""Plan changes: appended, told up from down, and an answer to whatever was open."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlmodel import Session

from engine.catalogue import Catalogue
from engine.errors import Conflict, Invalid, NotFound
from service import cards, chain, events
from service.context import Context
from service.lateness import AHEAD
from service.shapes import Plan
from store import accounts, alerts, audit, due, usage
from store.accounts import StoredChange


def change(context: Context, account: str, wanted: Plan, by: str) -> StoredChange:
    """Move an account to a plan, now or earlier; one it is on already changes nothing.

    Raises:
        NotFound: there is no such account.
        Conflict: another change happened at this very instant.
        Invalid: it lies in the future.
    """
    catalogue, now = context.policy().catalogue, context.clock.now()
    if wanted.at is not None and wanted.at > now + AHEAD:
        raise Invalid("this lies in the future: send it when it happens", pointer="/at")
    with context.database.write() as session:
        if account not in accounts.homes(session, [account]):
            raise NotFound(f"there is no account {account!r}")
        done, new = within(
            session,
            account,
            wanted.plan,
            catalogue,
            now=now,
            by=by,
            at=wanted.at,
            reason=wanted.reason,
        )
    if new:
        context.signals.changed(account)
    return done


def within(
    session: Session,
    account: str,
    plan: str,
    catalogue: Catalogue,
    *,
    now: datetime,
    by: str,
    at: datetime | None = None,
    reason: str | None = None,
) -> tuple[StoredChange, bool]:
    """As `change`, inside the caller's unit of work; says whether it was one."""
    done, new = move(session, account, plan, catalogue, now=now, at=at, reason=reason)
    if new:
        close_open(session, account, now)
        due.unguard(session, account)
        usage.mark_due(session, [account], now)
        audit.add(session, _entry(account, done, now, by))
    return done, new


def close_open(session: Session, account: str, now: datetime) -> None:
    """A new plan answers what is open, and the messages that were sent say so."""
    answered = alerts.open_of(session, account)
    accounts.close_for_plan_change(session, account, now)
    for alert in answered:
        cards.refresh(session, account, alert.id, now)


def move(
    session: Session,
    account: str,
    plan: str,
    catalogue: Catalogue,
    *,
    now: datetime,
    at: datetime | None = None,
    reason: str | None = None,
) -> tuple[StoredChange, bool]:
    """Append the change and set the plan in force; says whether it was one."""
    known = accounts.changes(session, account)
    instants = {c.at for c in known}
    when = at or now
    while at is None and when in instants:
        when += timedelta.resolution
    before = [c for c in known if c.at <= when]
    stated = accounts.get(session, account)
    previous = before[-1].plan if before else stated.plan if stated and not known else None
    done = StoredChange(
        at=when,
        plan=plan,
        previous=previous,
        direction=direction(catalogue, previous, plan),
        reason=reason,
    )
    if done.direction > 0:
        done = replace(done, alert=chain.before(session, account, done, known))
    if previous == plan:
        return done, False
    if when in instants:
        raise Conflict(f"the account moved to {previous!r} at {when.isoformat()} already")
    accounts.add_change(session, account, done)
    if not any(c.at > when for c in known):
        accounts.set_plan(session, account, plan)
    if done.direction > 0:
        events.tell(session, [events.upgrade(account, previous, plan, when, now)])
    return done, True


def direction(catalogue: Catalogue, previous: str | None, plan: str) -> int:
    """1 where `next` leads from the old plan to the new one, -1 back, 0 neither or first."""
    if previous is None:
        return 0
    if plan in _larger(catalogue, previous):
        return 1
    return -1 if previous in _larger(catalogue, plan) else 0


def largest(catalogue: Catalogue, plans: Iterable[str]) -> str | None:
    """The one furthest along `next`; where none leads to another, the one further down the file."""
    order = list(catalogue.plans)
    best: str | None = None
    for plan in sorted(plans, key=order.index):
        if best is None or best not in _larger(catalogue, plan):
            best = plan
    return best


def _larger(catalogue: Catalogue, plan: str) -> list[str]:
    """The plans that follow, each once, also where a file's `next` runs in a circle."""
    found: list[str] = []
    here = catalogue.plans.get(plan)
    while here is not None and here.next is not None and here.next not in found:
        found.append(here.next)
        here = catalogue.plans.get(here.next)
    return [key for key in found if key != plan]


def _entry(account: str, done: StoredChange, now: datetime, by: str) -> audit.Entry:
    return audit.Entry(
        at=now,
        actor=by,
        action="plan.change",
        account=account,
        before={"plan": done.previous},
        after={
            "plan": done.plan,
            "at": done.at.isoformat(),
            "reason": done.reason,
            **({"alert": done.alert} if done.alert else {}),
        },
    )
