"""Any decision as words: what was seen, what was decided, every reason, and when it may change."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.alert import ReasonCode
from engine.decide import decide
from engine.decision import Decision
from engine.errors import NotFound
from engine.snapshot import Snapshot
from service import frozen, wording
from service.config import Applied, applied
from service.context import Context
from store import config, decisions

WORDS = frozenset((ReasonCode.COPY_BLOCKED, ReasonCode.LOCALE_MISSING))
"""Reasons that the check of the words adds after the engine has decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A value of a decision that a replay gives otherwise; `field` is its path."""

    field: str
    stored: Any
    replayed: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A stored decision, read again, with the policy and the facts it was made of.

    `facts` None: they were not kept, so it can't be replayed. `differences`: what a replay of
    those facts under that policy gives otherwise.
    """

    stored: decisions.StoredDecision
    decision: Decision
    policy: Applied
    facts: Snapshot | None
    sentence: str
    customer: str
    lines: tuple[tuple[str, str], ...]
    differences: tuple[Difference, ...]

    @property
    def replayed(self) -> bool:
        """Whether the stored facts and policy give the stored decision again, bit by bit."""
        return self.facts is not None and not self.differences

    @property
    def zone(self) -> ZoneInfo:
        """The account's time zone."""
        product = self.policy.catalogue.product
        return ZoneInfo(self.facts.account.time_zone if self.facts else product.time_zone)

    @property
    def at(self) -> datetime:
        """The instant of the facts: the last of a row of identical decisions."""
        return self.stored.until or self.stored.at


def explain(context: Context, account: str, *, on: datetime | None = None) -> Explanation:
    """The newest decision for an account, or the one that held at `on`.

    Raises:
        NotFound: nothing was decided about it (yet).
    """
    with context.database.read() as session:
        found = decisions.of_account(session, account, limit=1, on=on)
        policy = config.version(session, found[0].policy_version) if found else None
    if not found or policy is None:
        when = "yet" if on is None else f"by {on:%Y-%m-%d %H:%M}"
        raise NotFound(f"nothing was decided about {account!r} {when}")
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
    if stored is None:
        return wording.silence((), locale, for_admin=False, today=today)
    return sentence(frozen.decision(stored.body), locale, today, for_admin=False)


def sentence(decision: Decision, locale: str, today: date, *, for_admin: bool) -> str:
    """What was decided and why, in two sentences."""
    if not decision.reasons:
        return wording.outcome(decision, locale, for_admin=for_admin)
    moment = decision.chosen.moment if decision.chosen else None
    return wording.silence(
        decision.reasons, locale, for_admin=for_admin, today=today, moment=moment
    )


def _explained(stored: decisions.StoredDecision, policy_text: str) -> Explanation:
    decision = frozen.decision(stored.body)
    policy = applied(policy_text, stored.policy_version)
    facts = frozen.unpack(stored.snapshot) if stored.snapshot is not None else None
    product = policy.catalogue.product
    zone = ZoneInfo(facts.account.time_zone if facts else product.time_zone)
    locale, today = product.locale, (stored.until or stored.at).astimezone(zone).date()

    return Explanation(
        stored=stored,
        decision=decision,
        policy=policy,
        facts=facts,
        sentence=sentence(decision, locale, today, for_admin=True),
        customer=sentence(decision, locale, today, for_admin=False),
        lines=wording.evidence(decision, locale),
        differences=_differences(stored, decision, facts, policy),
    )


def _differences(
    stored: decisions.StoredDecision, decision: Decision, facts: Snapshot | None, policy: Applied
) -> tuple[Difference, ...]:
    """What deciding anew gives otherwise; a reason about words only comes after the engine."""
    if facts is None:
        return ()
    again = decide(facts, policy.policy, (stored.until or stored.at).astimezone(UTC))
    one, two = frozen.freeze(decision), frozen.freeze(again)
    if any(reason.code in WORDS for reason in decision.reasons):
        one["reasons"] = [r for r in one["reasons"] if r["code"] not in WORDS]
        one |= {name: two[name] for name in ("outcome", "reason", "exposed")}
    return tuple(_unlike("", one, two))


def _unlike(path: str, one: Any, two: Any) -> Iterator[Difference]:
    """Every single value that differs, by its path."""
    if isinstance(one, dict) and isinstance(two, dict):
        for name in sorted(one.keys() | two.keys()):
            yield from _unlike(f"{path}.{name}" if path else name, one.get(name), two.get(name))
    elif isinstance(one, list | tuple) and isinstance(two, list | tuple) and len(one) == len(two):
        for place, (left, right) in enumerate(zip(one, two, strict=True)):
            yield from _unlike(f"{path}[{place}]", left, right)
    elif one != two:
        yield Difference(field=path, stored=one, replayed=two)
