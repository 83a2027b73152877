"""In which arm accounts are: drawn once, kept for a year from when it first mattered."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlmodel import Session

from engine import holdout
from engine.policy import Policy
from engine.snapshot import Arm, Snapshot
from service.config import Applied
from service.context import Context
from store import accounts as stored
from store import arms
from store.arms import StoredArm


def of_all(
    context: Context, session: Session, accounts: Collection[str], now: datetime, applied: Applied
) -> dict[str, Arm]:
    """The arm of each account; none is held out that an admin excluded, or where nobody is."""
    drawn = _drawn(context, session, accounts, now, applied)
    return {
        account: drawn[account].arm if account in drawn else Arm.TREATED for account in accounts
    }


def keep(
    context: Context, session: Session, looked: Iterable[Snapshot], now: datetime, applied: Applied
) -> None:
    """Note the arms that decisions rest on, from the first that only the arm could hold back."""
    arm = {facts.account.id: facts.arm for facts in looked}
    drawn = _drawn(context, session, arm, now, applied)
    # Where the number of accounts has changed meanwhile, the next look draws again.
    new = [one for one in drawn.values() if one.drawn_at == now and one.arm is arm[one.account]]
    arms.keep(session, new)


def share_of(policy: Policy, accounts: int) -> float:
    """The chance of being held out with so many accounts."""
    few = accounts < policy.holdout.small_below
    return policy.holdout.small_share if few else policy.holdout.share


def _drawn(
    context: Context, session: Session, accounts: Collection[str], now: datetime, applied: Applied
) -> dict[str, StoredArm]:
    """The draw in force of each account that may be held out, else one of now."""
    if not accounts:
        return {}
    few = stored.count(session, most=applied.policy.holdout.small_below)
    share = share_of(applied.policy, few)
    if share <= 0:
        return {}
    key, drawn = context.secrets.key("holdout"), dict[str, StoredArm]()
    for account, last in arms.newest(session, accounts).items():
        if last is not None and now < last.drawn_at + holdout.TERM:
            drawn[account] = last
            continue
        term = last.term + 1 if last else 0
        drawn[account] = StoredArm(
            account=account,
            term=term,
            arm=holdout.arm(key, account, share, term=term),
            share=share,
            drawn_at=now,
        )
    return drawn
