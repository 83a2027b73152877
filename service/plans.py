"""Plan changes: appended, told up from down, and an answer to whatever was open."""

from sqlmodel import Session

from engine.catalogue import Catalogue
from engine.errors import Conflict, Invalid, NotFound
from service.context import Context
from service.shapes import Plan
from service.usage import AHEAD
from store import accounts, audit, usage
from store.accounts import StoredChange


def change(context: Context, account: str, wanted: Plan, by: str) -> StoredChange:
    """Move an account to a plan, now or earlier.

    Raises:
        NotFound: there is no such account.
        Conflict: another change happened at this very instant.
        Invalid: it lies in the future.
    """
    catalogue, now = context.policy().catalogue, context.clock.now()
    at = wanted.at or now
    if at > now + AHEAD:
        raise Invalid("this lies in the future: send it when it happens", pointer="/at")
    with context.database.write() as session:
        if account not in accounts.homes(session, [account]):
            raise NotFound(f"there is no account {account!r}")
        done = move(session, account, wanted.plan, catalogue, at=at, reason=wanted.reason)
        if done is None:
            current = accounts.get(session, account)
            return StoredChange(
                at=at,
                plan=wanted.plan,
                previous=current.plan if current else None,
                direction=0,
                reason=wanted.reason,
            )
        accounts.close_for_plan_change(session, account, now)
        usage.mark_due(session, [account], now)
        entry = audit.Entry(
            at=now,
            actor=by,
            action="plan.change",
            account=account,
            before={"plan": done.previous},
            after={"plan": done.plan, "at": at.isoformat(), "reason": done.reason},
        )
        audit.add(session, entry)
    context.signals.changed(account)
    return done


def move(
    session: Session,
    account: str,
    plan: str,
    catalogue: Catalogue,
    *,
    at: datetime,
    reason: str | None = None,
) -> StoredChange | None:
    """Append the change and set the plan in force; None where nothing changes."""
    known = accounts.changes(session, account)
    stated = accounts.get(session, account)
    before = [c for c in known if c.at <= at]
    previous = before[-1].plan if before else stated.plan if stated and not known else None
    if previous == plan:
        return None
    if before and before[-1].at == at:
        raise Conflict(f"a change to {before[-1].plan!r} happened at {at.isoformat()} already")
    done = StoredChange(
        at=at,
        plan=plan,
        previous=previous,
        direction=direction(catalogue, previous, plan),
        reason=reason,
    )
    accounts.add_change(session, account, done)
    following = [c for c in known if c.at > at]
    if not following:
        accounts.set_plan(session, account, plan)
    return done


def direction(catalogue: Catalogue, previous: str | None, plan: str) -> int:
    """1 where `next` leads from the old plan to the new one, -1 back, 0 neither or first."""
    if previous is None:
        return 0
    if plan in _larger(catalogue, previous):
        return 1
    return -1 if previous in _larger(catalogue, plan) else 0


def _larger(catalogue: Catalogue, plan: str) -> list[str]:
    """The plans that follow, each once, also where a file's `next` runs in a circle."""
    found: list[str] = []
    here = catalogue.plans.get(plan)
    while here is not None and here.next is not None and here.next not in found:
        found.append(here.next)
        here = catalogue.plans.get(here.next)
    return [key for key in found if key != plan]
