"""Any decision as words: what was seen, what was decided, every reason, and when it may change."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from engine.decide import decide
from engine.decision import Decision
from engine.errors import NotFound
from service import frozen, wording
from service.config import applied
from service.context import Context
from store import config, decisions


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A stored decision, read again. `replayed`: the stored facts give the same decision."""

    stored: decisions.StoredDecision
    decision: Decision
    sentence: str
    customer: str
    lines: tuple[tuple[str, str], ...]
    replayed: bool


def explain(context: Context, account: str, *, on: datetime | None = None) -> Explanation:
    """The newest decision for an account, or the one that held at `on`.

    Raises:
        NotFound: nothing was decided about it (yet).
    """
    with context.database.read() as session:
        found = decisions.of_account(session, account, limit=1, on=on)
        policy = config.version(session, found[0].policy_version) if found else None
    if not found or policy is None:
        raise NotFound(f"nothing was decided about {account!r} yet")
    return _explained(found[0], policy.text)


def history(context: Context, account: str, *, limit: int = 100) -> tuple[Explanation, ...]:
    """The newest decisions of an account, newest first."""
    with context.database.read() as session:
        found = decisions.of_account(session, account, limit=limit)
        texts = {d.policy_version: config.version(session, d.policy_version) for d in found}
    return tuple(
        _explained(d, policy.text) for d in found if (policy := texts[d.policy_version]) is not None
    )


def customer(stored: decisions.StoredDecision | None, locale: str, today: date) -> str:
    """Why nothing is suggested, from the closed list that people at the account may see."""
    reasons = frozen.decision(stored.body).reasons if stored else ()
    return wording.silence(reasons, locale, for_admin=False, today=today)


def _explained(stored: decisions.StoredDecision, policy_text: str) -> Explanation:
    decision = frozen.decision(stored.body)
    policy = applied(policy_text, stored.policy_version)
    locale, today = policy.catalogue.product.locale, stored.at.date()
    return Explanation(
        stored=stored,
        decision=decision,
        sentence=wording.silence(decision.reasons, locale, for_admin=True, today=today)
        if decision.reasons
        else wording.outcome(decision, locale),
        customer=wording.silence(decision.reasons, locale, for_admin=False, today=today)
        if decision.reasons
        else wording.outcome(decision, locale),
        lines=wording.evidence(decision, locale),
        replayed=_replays(stored, decision, policy_text),
    )


def _replays(stored: decisions.StoredDecision, decision: Decision, policy_text: str) -> bool:
    """Whether the stored snapshot and policy give the stored decision again, bit by bit.

    Only the check of the words, which comes after the engine, may have added a reason.
    """
    if stored.snapshot is None:
        return False
    policy = applied(policy_text, stored.policy_version).policy
    at = (stored.until or stored.at).astimezone(UTC)
    again = decide(frozen.unpack(stored.snapshot), policy, at)
    said = {"outcome", "reason", "reasons", "exposed"}
    one, two = frozen.freeze(again), frozen.freeze(decision)
    return all(one[name] == two[name] for name in one if name not in said)
