"""In which arm an account is: drawn once, kept for a year from when it first mattered."""

from datetime import datetime

from sqlmodel import Session

from engine import holdout
from engine.policy import Policy
from engine.snapshot import Arm, Snapshot
from service.config import Applied
from service.context import Context
from store import accounts, arms
from store.arms import StoredArm


def of(context: Context, session: Session, account: str, now: datetime, applied: Applied) -> Arm:
    """The account's arm; none is held out that an admin excluded, or where nobody is."""
    if accounts.holdout_of(session, account) == "exclude":
        return Arm.TREATED
    share = share_of(applied.policy, accounts.count(session))
    if share <= 0:
        return Arm.TREATED
    return _drawn(context, session, account, now, share).arm


def keep(
    context: Context, session: Session, facts: Snapshot, now: datetime, applied: Applied
) -> None:
    """Note the arm that a decision rests on, from the first that only it could hold back."""
    account = facts.account.id
    share = share_of(applied.policy, accounts.count(session))
    if share <= 0 or accounts.holdout_of(session, account) == "exclude":
        return
    drawn = _drawn(context, session, account, now, share)
    # Where the number of accounts has changed meanwhile, the next look draws again.
    if drawn.drawn_at == now and drawn.arm is facts.arm:
        arms.keep(session, drawn)


def share_of(policy: Policy, accounts: int) -> float:
    """The chance of being held out with so many accounts."""
    few = accounts < policy.holdout.small_below
    return policy.holdout.small_share if few else policy.holdout.share


def _drawn(
    context: Context, session: Session, account: str, now: datetime, share: float
) -> StoredArm:
    """The draw in force, else one of now."""
    last = arms.newest(session, account)
    if last is not None and now < last.drawn_at + holdout.TERM:
        return last
    term = last.term + 1 if last else 0
    key = context.secrets.key("holdout")
    return StoredArm(
        account=account,
        term=term,
        arm=holdout.arm(key, account, share, term=term),
        share=share,
        drawn_at=now,
    )
