"""Reads what the asks earned: who could have been asked, in both arms, and what they did then."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime

from engine.exposure import Exposure, Rules
from engine.lift import Lift, lift
from engine.policy import Policy
from engine.snapshot import Arm
from service.arm import share_of
from service.config import applied
from service.context import Context
from store import arms, exposures
from store import config as stored
from store.arms import StoredArm
from store.exposures import StoredExposure

_PLANNED = (100, 2000)
"""The interval is tightest at the accounts there were at the start, within these."""


def report(context: Context, *, since: datetime | None = None) -> Lift:
    """The lift report as of now, of accounts first exposed at `since` or later (None: of all).

    Raises:
        NotFound: no policy was ever applied.
    """
    now, policy = context.clock.now(), context.policy().policy
    with context.database.read() as session:
        firsts = [f for f in exposures.firsts(session) if since is None or f.at >= since]
        happened = exposures.outcomes(session, firsts[0].at) if firsts else []
        made, drawn = exposures.made(session), arms.every(session)
        policies = {
            version: applied(row.text, row.version).policy
            for version in {one.policy_version for one in firsts}
            if (row := stored.version(session, version)) is not None
        }
    exposed = [
        _exposure(one, policies.get(one.policy_version, policy), made, drawn.get(one.account, ()))
        for one in firsts
    ]
    return lift(
        exposed,
        happened,
        now,
        share=share_of(policy, len(made)),
        rules=Rules(planned=_planned(firsts, made)),
    )


def _exposure(
    one: StoredExposure, policy: Policy, made: Sequence[datetime], drawn: Sequence[StoredArm]
) -> Exposure:
    """`drawn`: the account's draws, oldest first; the one in force then says the chance."""
    shares = [draw.share for draw in drawn if draw.drawn_at <= one.at]
    return Exposure(
        account=one.account,
        arm=Arm.HOLDOUT if one.held else Arm.TREATED,
        at=one.at,
        share=shares[-1] if shares else share_of(policy, bisect_right(made, one.at)),
    )


def _planned(firsts: Sequence[StoredExposure], made: Sequence[datetime]) -> int:
    """Fixed once the first account was exposed: what follows must not choose its own interval."""
    low, high = _PLANNED
    accounts = bisect_right(made, firsts[0].at) if firsts else len(made)
    return min(max(accounts, low), high)
