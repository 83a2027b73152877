"""Meters and plans that do not fit together, or not with the policy; each as one sentence."""

from collections.abc import Iterator
from decimal import Decimal

from engine.catalogue import Catalogue, Plan
from engine.policy import PacePolicy, Policy
from engine.usage import AtLimit, MeterKind, PeriodKind

Odd = tuple[tuple[str, ...], str]
"""Keys and a sentence."""
_LONGEST = {PeriodKind.WEEK: 7, PeriodKind.MONTH: 31, PeriodKind.ANNIVERSARY: 31}
_YEAR = 366
_LEAD = PacePolicy().lead_max_days


def plan_rules(policy: Policy, catalogue: Catalogue) -> Iterator[Odd]:
    """Everything odd, meters first, then plans, then what the policy wants of them."""
    yield from _meters(catalogue)
    for place, plan in enumerate(catalogue.plans.values()):
        yield from _no_larger(place, plan, catalogue)
        yield from _smaller_next(place, plan, catalogue)
        yield from _overage(place, plan, catalogue)
    yield from _right_size(policy, catalogue)
    yield from _lead(policy, catalogue)


def _meters(catalogue: Catalogue) -> Iterator[Odd]:
    if not any(meter.meaningful for meter in catalogue.meters.values()):
        said = "No `meter` is `meaningful`: Segue never has anything to propose or to celebrate."
        yield ("meter",), f"{said} Mark what shows that the product is worth it."
    for place, meter in enumerate(catalogue.meters.values()):
        limited = any(plan.limits.get(meter.key) is not None for plan in catalogue.plans.values())
        if meter.meaningful and not limited:
            key = f"meter[{place}].meaningful"
            yield (
                (key,),
                f"`{key} = true`, but no plan limits `{meter.key}`: it counts for the stage and "
                "for milestones, and no ask is ever about it; name it in `limits` if it should be.",
            )


def _no_larger(place: int, plan: Plan, catalogue: Catalogue) -> Iterator[Odd]:
    """A plan without a next one, where a larger one is sold."""
    if plan.next is not None:
        return
    larger = [p for p in catalogue.plans.values() if p is not plan and _is_larger(p, plan)]
    if larger:
        key, best = f"plan[{place}].next", larger[0].key
        yield (
            (key,),
            f"`{key}` is absent, so nobody on `{plan.key}` is ever asked, though `{best}` allows "
            f'more: set `next = "{best}"`, or leave it if it is not sold.',
        )


def _is_larger(one: Plan, two: Plan) -> bool:
    """Whether `one` allows no less of anything that `two` limits, and more of something."""
    pairs = [(one.limits.get(key), limit) for key, limit in two.limits.items() if limit is not None]
    added = [key for key, limit in one.limits.items() if limit is not None]
    same = all(two.limits.get(key) is not None for key in added)
    return (
        bool(pairs)
        and same
        and all(a is None or a >= b for a, b in pairs)
        and any(a is None or a > b for a, b in pairs)
    )


def _smaller_next(place: int, plan: Plan, catalogue: Catalogue) -> Iterator[Odd]:
    following = catalogue.plans.get(plan.next or "")
    if following is None:
        return
    for meter, limit in following.limits.items():
        now = plan.limits.get(meter)
        if limit is not None and (now is None or limit < now):
            keys = (f"plan[{place}].next", f"plan[{place}].limits.{meter}")
            had = "no limit" if now is None else _number(now)
            yield (
                keys,
                f'`{keys[0]} = "{following.key}"` allows less of `{meter}`: {_number(limit)} '
                f"instead of {had}, so whoever moves loses some; mend the limits or the next plan.",
            )


def _overage(place: int, plan: Plan, catalogue: Catalogue) -> Iterator[Odd]:
    for meter in plan.overage:
        key = f"plan[{place}].overage.{meter}"
        if plan.limits.get(meter) is None:
            yield (
                (key,),
                f"`{key}` never acts: `{plan.key}` sets no limit for `{meter}` that anything could "
                "lie above; add the limit, or leave the price out.",
            )
        elif catalogue.meters[meter].at_limit is AtLimit.STOPS:
            yield (
                (key, f"meter.{meter}.at_limit"),
                f'`{key}` never acts: with `at_limit = "stops"` nothing is used above the limit; '
                'leave the price out, or say "continues".',
            )


def _right_size(policy: Policy, catalogue: Catalogue) -> Iterator[Odd]:
    if policy.right_size.enabled and not any(p.next for p in catalogue.plans.values()):
        yield (
            ("policy.right_size.enabled", "plan.next"),
            "`policy.right_size.enabled = true` never acts: no plan names a `next`, so none has a "
            "smaller one below it; name them, or leave it out.",
        )


def _lead(policy: Policy, catalogue: Catalogue) -> Iterator[Odd]:
    """A crossing comes before the period ends, so no lead is longer than the period."""
    longest = max(_horizons(policy, catalogue), default=None)
    if longest is None:
        return
    pace = policy.pace
    if pace.lead_min_days >= longest:
        yield (
            ("policy.pace.lead_min_days",),
            f"`policy.pace.lead_min_days = {pace.lead_min_days}` is never met: no period has more "
            f"than {longest} days, so pace never speaks; use a few days.",
        )
    elif pace.lead_max_days >= longest and pace.lead_max_days != _LEAD:
        yield (
            ("policy.pace.lead_max_days",),
            f"`policy.pace.lead_max_days = {pace.lead_max_days}` never acts: no period has more "
            f"than {longest} days; lower it, or leave it out.",
        )


def _horizons(policy: Policy, catalogue: Catalogue) -> Iterator[int]:
    """Days that any forecast looks ahead."""
    for plan in catalogue.plans.values():
        for key, limit in plan.limits.items():
            meter = catalogue.meters[key]
            if limit is None or not meter.meaningful:
                continue
            if meter.kind is MeterKind.CUMULATIVE or plan.period is PeriodKind.NONE:
                yield policy.forecast.horizon_days
            else:
                yield _LONGEST.get(plan.period, _YEAR)


def _number(value: Decimal) -> str:
    return f"{value.normalize():,f}"
