"""Contradictions: each rule is tripped by its policy, by no default, and names its keys."""

from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest

from engine.catalogue import Catalogue, Meter, Name, Plan, Product
from engine.contradictions import Contradiction, contradictions
from engine.contradictions_of_policy import RULES
from engine.policy import PRESETS, Digest, Policy, Preset
from engine.usage import Aggregation, AtLimit, MeterKind, PeriodKind
from service import config

TRIPS: dict[str, dict[str, Any]] = {
    "data.suspect_history_days": {"data.suspect_history_days": 401},
    "data.stale_hours": {"data.stale_hours": 20},
    "stage.rhythm_value_days": {"stage.rhythm_value_days": 29},
    "stage.rhythm_weeks": {"stage.rhythm_weeks": 9},
    "stage.embedded_weeks": {"stage.embedded_weeks": 9},
    "stage.embedded_periods": {"stage.embedded_periods": 9},
    "stage.embedded_consistency": {"stage.embedded_consistency": 0.75},
    "stage.embedded_consistency_leave": {"stage.embedded_consistency_leave": 0.6},
    "stage.embedded_ratio_leave": {"stage.embedded_ratio_leave": 0.8},
    "stage.embedded_seat_share": {"stage.embedded_seat_share": 1.5},
    "stage.declining_ratio": {"stage.declining_ratio": 1.1, "stage.outgrowing_ratio": 1.1},
    "stage.declining_ratio_over": {"stage.declining_ratio_over": 0.95},
    "stage.outgrowing_ratio": {"stage.outgrowing_ratio": 0.5},
    "forecast.min_days": {"forecast.min_days": 28},
    "forecast.one_off_share (first week)": {"forecast.one_off_share": 0.14},
    "forecast.one_off_p": {"forecast.one_off_p": 0.95},
    "sustained_over.periods": {"sustained_over.periods": 0},
    "friction.days": {"friction.days": 29, "friction.days_if_one": 29},
    "friction.days_if_one": {"friction.days_if_one": 2},
    "friction.people": {"friction.people": 1},
    "at_limit.pace": {"at_limit.pace": 1.0},
    "right_size.share": {"right_size.share": 0.2},
    "right_size.periods": {"right_size.enabled": True, "right_size.periods": 0},
    "recipients.value_days": {"recipients.value_days": 29},
    "pace.used": {"pace.used": 1.0},
    "pace.lead_min_days": {"pace.lead_min_days": 22},
    "lasting.young_days": {"lasting.young_days": 14},
    "approaching.used": {"approaching.used": 0.6},
    "approaching.used (at the limit)": {"approaching.used": 1.0},
    "pace.p (inverted)": {"pace.p": 0.7, "pace.p_calibrated": 0.9, "approaching.p": 0.8},
    "pace.p_calibrated (inverted)": {"approaching.p": 0.6},
    "milestone.best_month": {"milestone.best_month": 2.0, "milestone.within_days": 0},
    "ask.per_year": {"ask.spacing_days": 92},
    "ask.spacing_days": {"ask.per_year": 1},
    "ask.person_spacing_days": {"ask.spacing_days": 60},
    "ask.per_year (trust)": {"trust.ask": 95, "trust.ask_needs": 100, "trust.value_day": 0.25,
                             "trust.start": 100},
    "ask.after_refusal_days": {"ask.spacing_days": 60},
    "ask.reflection_spacing_days": {"ask.reflection_spacing_days": 45},
    "ask.open_days": {"ask.open_days": 40},
    "ask.pull_only_at": {"ask.pull_only_at": 1.0},
    "ask.pull_only_at (ignored)": {"ask.pull_only_at": 0.5},
    "trust.ask_needs": {"trust.ask_needs": 101},
    "trust.reflection_needs": {"trust.reflection_needs": 101},
    "trust.start": {"trust.start": 10},
    "trust.value_day": {"trust.value_day": 0},
    "trust.reflection_needs (more than an ask)": {"trust.reflection_needs": 70},
    "trust.reflection": {"trust.reflection": 50},
    "trust.useful": {"trust.useful": 40},
    "trust.not_useful": {"trust.not_useful": 10},
    "trust.ignored_after_days": {"trust.ignored_after_days": 40},
    "trust.upgrade_silence_days": {"trust.upgrade_silence_days": 60},
    "blockers.upgrade": {"trust.upgrade_silence_days": 120},
    "trust.after_upgrade": {"trust.after_upgrade": 0, "trust.value_day": 0.25},
    "email.digest_spacing_days": {"email.digest_spacing_days": 5},
    "email.digest_spacing_days (a week)": {
        "email.digest": Digest.WEEKLY, "email.digest_spacing_days": 7
    },
    "quiet.hours": {"quiet.hours": ("09:30", "09:00")},
    "quiet.expire_days": {"quiet.expire_days": 4},
    "holdout.share": {"holdout.share": 0, "holdout.small_share": 0},
    "holdout.share (many accounts)": {"holdout.share": 0},
    "holdout.small_share": {"holdout.share": 0.5, "holdout.small_share": 0.2},
    "holdout.small_share (never)": {"holdout.small_share": 0.4, "holdout.small_below": 0},
}  # fmt: skip
"""The first key that a rule names, and the least that trips it."""


def policy(changes: dict[str, Any]) -> Policy:
    """The defaults, but for the keys given as "table.key"."""
    tables: dict[str, dict[str, Any]] = {}
    for path, value in changes.items():
        table, _, key = path.partition(".")
        tables.setdefault(table, {})[key] = value
    default = Policy()
    return replace(
        default, **{name: replace(getattr(default, name), **keys) for name, keys in tables.items()}
    )


def meter(key: str = "reports", **others: Any) -> Meter:
    return Meter(key=key, name=Name(one=key.removesuffix("s"), other=key), **others)


def plan(key: str, limit: int | None, **others: Any) -> Plan:
    limits = {} if limit is None else {"reports": Decimal(limit)}
    return Plan(key=key, name=key.title(), **({"limits": limits} | others))


def catalogue(*plans: Plan, meters: tuple[Meter, ...] = (meter(),)) -> Catalogue:
    """What is sold; without plans the usual two."""
    plans = plans or (plan("team", 1000, next="business"), plan("business", 5000))
    return Catalogue(
        product=Product(name="Northwind"),
        meters={m.key: m for m in meters},
        plans={p.key: p for p in plans},
    )


def keys(found: tuple[Contradiction, ...]) -> set[str]:
    return {one.keys[0] for one in found}


@pytest.mark.parametrize("name", TRIPS)
def test_a_rule_is_tripped_by_its_policy(name: str) -> None:
    found = contradictions(policy(TRIPS[name]), catalogue())
    key = f"policy.{name.partition(' ')[0]}"
    about = [one for one in found if one.keys[0] == key]
    assert about, [one.detail for one in found]
    for one in about:
        for named in one.keys:
            assert f"`{named} = " in one.detail
        assert one.detail.endswith(".")
        assert "\n" not in one.detail


def test_every_rule_is_tripped_by_one_of_them() -> None:
    tripped = {
        number
        for changes in TRIPS.values()
        for number, rule in enumerate(RULES)
        if rule.holds(policy(changes))
    }
    assert tripped == set(range(len(RULES)))


def test_every_key_that_a_rule_names_is_one() -> None:
    for rule in RULES:
        for key in rule.keys:
            table, name = key.split(".")
            assert name in {field.name for field in fields(getattr(Policy(), table))}


@pytest.mark.parametrize("preset", Preset)
def test_no_preset_contradicts_itself(preset: Preset) -> None:
    changes = {f"{t}.{k}": v for t, table in PRESETS[preset].items() for k, v in table.items()}
    given = frozenset(("policy.preset",))
    assert contradictions(replace(policy(changes), preset=preset), catalogue(), given) == ()


def test_the_example_and_the_demo_contradict_nothing() -> None:
    from segue.demo.world import HERE
    from segue.generated import example_text

    for text in (example_text(), (HERE / "segue.toml").read_text("utf-8")):
        found = config.applied(text, 0)
        assert contradictions(found.policy, found.catalogue) == ()


@pytest.mark.parametrize(
    ("onboarding", "said"),
    [(28, "says again what"), (7, "does nothing")],
)
def test_a_preset_that_is_restated_or_undone_is_told(onboarding: int, said: str) -> None:
    changed = replace(policy({"stage.onboarding_days": onboarding}), preset=Preset.QUIET)
    given = frozenset(("policy.preset", "policy.stage.onboarding_days"))
    [one] = contradictions(changed, catalogue(), given)
    assert said in one.detail
    assert one.keys == ("policy.preset", "policy.stage.onboarding_days")
    assert contradictions(changed, catalogue(), frozenset(("policy.preset",))) == ()


STOPS = meter(at_limit=AtLimit.STOPS)
PLANS: dict[str, tuple[Catalogue, dict[str, Any]]] = {
    "meter": (catalogue(plan("team", 1000), meters=(meter(meaningful=False),)), {}),
    "meter[1].meaningful": (
        catalogue(plan("team", 1000), meters=(meter(), meter("exports"))), {}
    ),
    "plan[0].next": (catalogue(plan("team", 1000), plan("business", 5000)), {}),
    "plan[0].next (no limits)": (catalogue(plan("team", 1000), plan("business", None)), {}),
    "plan[0].next (smaller)": (catalogue(plan("team", 1000, next="mini"), plan("mini", 10)), {}),
    "plan[0].next (limited)": (catalogue(plan("team", None, next="big"), plan("big", 9)), {}),
    "plan[0].overage.reports": (
        catalogue(plan("team", 1000, overage={"reports": Decimal("0.1")}), meters=(STOPS,)), {}
    ),
    "plan[0].overage.reports (no limit)": (
        catalogue(plan("free", None, overage={"reports": Decimal("0.1")}), plan("team", 1000)), {}
    ),
    "policy.right_size.enabled": (catalogue(plan("team", 1000)), {"right_size.enabled": True}),
    "policy.pace.lead_min_days": (
        catalogue(plan("team", 1000, period=PeriodKind.WEEK)), {"pace.lead_min_days": 7}
    ),
    "policy.pace.lead_max_days": (catalogue(plan("team", 1000)), {"pace.lead_max_days": 31}),
    "policy.pace.lead_max_days (levels)": (
        catalogue(
            plan("team", 1000),
            meters=(meter(kind=MeterKind.CUMULATIVE, aggregation=Aggregation.LATEST),),
        ),
        {"pace.lead_max_days": 45},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANS)
def test_plans_that_do_not_fit_are_told(name: str) -> None:
    sold, changes = PLANS[name]
    found = contradictions(policy(changes), sold)
    key = name.partition(" ")[0]
    assert key in keys(found), [one.detail for one in found]
    for one in found:
        assert any(f"`{named}" in one.detail for named in one.keys)


@pytest.mark.parametrize(
    "sold",
    [
        catalogue(),
        catalogue(plan("solo", 100, next="team"), plan("team", 1000)),
        catalogue(plan("week", 100, period=PeriodKind.WEEK)),
        catalogue(
            plan("eu", 1000),
            plan("us", 1000),
        ),
        catalogue(plan("all", 10), meters=(meter(), meter("seats", meaningful=False))),
    ],
)
def test_plans_that_fit_are_not(sold: Catalogue) -> None:
    assert contradictions(Policy(), sold) == ()
