"""Settings that are legal alone but never act, mask each other, or do what nobody would expect.

`engine/policy.py` refuses what would break a promise; here is what only surprises.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.catalogue import Catalogue
from engine.contradictions_of_plans import Odd, plan_rules
from engine.contradictions_of_policy import RULES, value_of
from engine.policy import PRESETS, Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """What is odd about some settings: their keys, and one sentence for the admin."""

    keys: tuple[str, ...]
    detail: str


def contradictions(
    policy: Policy, catalogue: Catalogue, given: frozenset[str] = frozenset()
) -> tuple[Contradiction, ...]:
    """Everything odd about a policy and the plans it is for, in the order of the table.

    Args:
        policy: The tunables, the preset's values among them.
        catalogue: Meters and plans.
        given: Keys that the policy file states itself ("policy.stage.onboarding_days").
    """
    odd = [*(rule.odd(policy) for rule in RULES if rule.holds(policy))]
    odd += [*plan_rules(policy, catalogue), *_preset(policy, given)]
    return tuple(Contradiction(keys=keys, detail=detail) for keys, detail in odd)


def _preset(policy: Policy, given: frozenset[str]) -> Iterator[Odd]:
    """Keys that say again what the preset says, or leave nothing of it."""
    moved = {
        f"policy.{table}.{key}": value
        for table, values in PRESETS[policy.preset].items()
        for key, value in values.items()
    }
    stated = {key: value for key, value in moved.items() if key in given}
    if "policy.preset" not in given or not stated:
        return
    named = f'`policy.preset = "{policy.preset}"`'
    for key, value in stated.items():
        if value_of(policy, key.removeprefix("policy.")) == value:
            detail = f"`{key} = {value}` says again what {named} says: leave it out."
            yield ("policy.preset", key), detail
    if all(value_of(policy, key.removeprefix("policy.")) != value for key, value in moved.items()):
        others = " and ".join(f"`{key}`" for key in moved)
        detail = f"{named} does nothing: all it sets is {others}, which the file sets otherwise."
        yield ("policy.preset", *moved), detail
