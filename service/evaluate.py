"""Looks at the accounts that are due, many at a time: reads, decides, finds words, and writes.

What is read is read without holding anything; what is written is written for some accounts in one
commit, where nobody else has looked at them and nobody has changed meanwhile what the decision
rests on. Who dies in between loses nothing: the account stays due.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from engine.alert import Outcome
from engine.decide import decide_all
from engine.decision import Decision
from engine.errors import Unavailable
from engine.snapshot import Snapshot
from service import foreseen, frozen, outcome, snapshot
from service.apart import apart
from service.conclude import conclude
from service.config import Applied
from service.context import Context
from service.outcome import Look, Seen
from store import decisions, due, watch
from store.decisions import Newest, StoredDecision
from store.due import Claim

log = logging.getLogger(__name__)
TOGETHER = 100
"""Accounts of one look: they share what queries and a commit cost. More would gain little, and
keep others waiting: whoever writes, and accounts where something comes in meanwhile."""


def run_due(context: Context, *, limit: int = TOGETHER) -> int:
    """Look at accounts that are due, first at those where something came in; says how many."""
    now = context.clock.now()
    with context.database.read() as session:
        waiting = due.waiting(session, now)
    if not waiting:
        return 0
    applied, looked = context.policy(), 0
    for daily in waiting:
        with context.database.write() as session:
            if daily:
                due.mark_daily(session, now, limit=limit)
            claims = due.claim(session, now, daily=daily, limit=limit)
        try:
            _look(context, claims, now, applied)
        except Unavailable:
            context.owed.later(partial(_give_back, context, claims))
            raise
        looked += len(claims)
    return looked


def _give_back(context: Context, claims: Sequence[Claim]) -> None:
    """These are due at once: nobody waits until the claims run out."""
    with context.database.write() as session:
        due.done(session, claims, again={claim.account for claim in claims})


def _look(context: Context, claims: Sequence[Claim], now: datetime, applied: Applied) -> None:
    """One account's trouble must not silence the others; its claim runs out, then it is due."""

    def trouble(claim: Claim) -> None:
        log.exception("%s could not be evaluated; it is tried again", claim.account)

    looks = apart(claims, lambda some: _decided(context, some, now, applied), trouble)
    apart(
        looks,
        lambda some: outcome.write(context, some, now, applied),
        lambda look: trouble(look.claim),
    )


def _decided(
    context: Context, claims: Sequence[Claim], now: datetime, applied: Applied
) -> list[Look]:
    """What is to be written about each of these accounts."""
    with context.database.read() as session:
        # What may be changed is read before the facts, so that a change in between is noticed.
        common = snapshot.common(session, now)
        watches = due.watches(session, [claim.account for claim in claims])
        standings = watch.standings(session, watches)
        loaded = snapshot.load_all(context, session, watches, now, applied)
    if not loaded:
        return [Look(claim=claim, seen=None) for claim in claims]
    decided = decide_all(list(loaded.values()), applied.policy, now)
    concluded = {
        facts.account.id: conclude(facts, decision, applied)
        for facts, decision in zip(loaded.values(), decided, strict=True)
    }
    daily = {account for account in loaded if watches[account].next_daily <= now}
    with context.database.read() as session:
        before = decisions.newest(session, loaded)
        told = foreseen.told(
            session,
            loaded,
            {a: d for a, (d, _) in concluded.items() if a in daily},
            applied.policy,
            now,
        )
    seen = {}
    for account, (decision, raised) in concluded.items():
        row, first = _row(loaded[account], decision, applied, before.get(account))
        seen[account] = Seen(
            facts=loaded[account],
            decision=decision,
            raised=raised,
            foreseen=told[account],
            row=row,
            lasts_from=first,
            turn=watches[account].turn,
            common=common,
            standings=standings.get(account, {}),
        )
    return [Look(claim=claim, seen=seen.get(claim.account)) for claim in claims]


def _row(
    facts: Snapshot, decision: Decision, applied: Applied, before: Newest | None
) -> tuple[StoredDecision | None, datetime | None]:
    """The decision as it is kept, and the instant of the one it repeats; None: it is there."""
    if before is not None and before.at == decision.at:
        return None, None
    chosen = decision.chosen or next(iter(decision.notices), None)
    row = StoredDecision(
        account=decision.account,
        at=decision.at,
        until=None,
        outcome=decision.outcome,
        reason=decision.reason,
        meter=chosen.key.meter if chosen else None,
        moment=chosen.moment if chosen else None,
        stage=decision.stage.stage,
        p=chosen.p if chosen else None,
        exposed=decision.exposed,
        policy_version=applied.version,
        digest=decision.digest,
        body=frozen.freeze(decision),
        snapshot=frozen.pack(facts),
    )
    repeats = before is not None and decision.outcome is Outcome.SILENT and before.like(row)
    return row, before.at if before is not None and repeats else None
