"""What the asks earned: counted once, silent when it can't know, and never fooled by looking."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from engine.exposure import (
    GUARDS,
    Arms,
    Exposure,
    Happened,
    OutcomeKind,
    Rules,
    Sample,
    Tally,
    tally,
)
from engine.lift import Lift, LiftState, Unmeasured, judge, lift
from engine.sequence import detectable, half_width, one_sided, unevenness
from engine.snapshot import Arm
from tests.builders import ago, at

RULES = Rules()
Width = Callable[..., float]
NOW = at()


def arms(treated: tuple[int, int], holdout: tuple[int, int] = (0, 0)) -> Arms:
    return Arms(
        treated=Sample(n=treated[0], hits=treated[1]),
        holdout=Sample(n=holdout[0], hits=holdout[1]),
    )


def read(
    treated: tuple[int, int],
    holdout: tuple[int, int],
    share: float = 0.5,
    guards: dict[str, Arms] | None = None,
) -> Lift:
    total = treated[0] + holdout[0]
    quiet = arms((treated[0], 0), (holdout[0], 0))
    return judge(
        Tally(
            exposed=arms((treated[0], 0), (holdout[0], 0)),
            expected=share * total,
            variance=share * (1 - share) * total,
            upgrades=arms(treated, holdout),
            guards=tuple((guards or {}).get(guard.kind.value, quiet) for guard in GUARDS),
            per_month=10,
        ),
        RULES,
    )


@pytest.mark.parametrize(
    ("accounts", "at_2", "at_5", "at_10"),
    [
        (50, "19.6/22.5", "24.8/25.3", "30.5/28.4"),
        (100, "12.5/13.7", "16.7/16.3", "21.1/19.1"),
        (200, "8.1/8.3", "11.2/10.5", "14.5/12.8"),
        (400, "5.3/5.2", "7.6/6.9", "10.0/8.6"),
        (800, "3.6/3.3", "5.2/4.5", "7.0/5.9"),
        (2000, "2.1/1.9", "3.2/2.7", "4.3/3.6"),
    ],
)
def test_the_detectable_effect_is_the_published_table(
    accounts: int, at_2: str, at_5: str, at_10: str
) -> None:
    for base, wanted in ((0.02, at_2), (0.05, at_5), (0.10, at_10)):
        found = [
            detectable(accounts * (1 - held), accounts * held, base, alpha=0.10, power=0.80)
            for held in (0.2, 0.5)
        ]
        assert "/".join(f"{effect * 100:.1f}" for effect in found) == wanted


def test_the_interval_is_the_one_other_libraries_give() -> None:
    """6 of 100 against 12 of 100 at 95 %: gbstats gives -6.2 to +18.2 planned for 200 accounts."""
    variance = 0.06 * 0.94 / 100 + 0.12 * 0.88 / 100
    assert half_width(200, variance, planned=200, alpha=0.05) == pytest.approx(0.122, abs=5e-4)
    assert half_width(200, variance, planned=5000, alpha=0.05) == pytest.approx(0.205, abs=5e-4)


def test_one_side_alone_is_known_better_than_two() -> None:
    two = half_width(300, 1e-3, planned=400, alpha=0.10)
    assert 1.28 * 1e-3**0.5 < one_sided(300, 1e-3, planned=400, alpha=0.10) < two


@pytest.mark.parametrize("n", [40, 300])
def test_the_lower_bound_is_the_papers(n: int) -> None:
    """Equation 134, tuned as in 161 for twice the error: written out once more."""
    planned, alpha, variance = 400, 0.10, 1e-3
    nats = -2 * math.log(2 * alpha)
    mixed = n * (nats + math.log(nats + 1)) / planned
    inside = math.log(1 + math.sqrt(mixed + 1) / (2 * alpha))
    expected = math.sqrt(2 * (mixed + 1) / mixed * inside * variance)
    found = one_sided(n, variance, planned=planned, alpha=alpha)
    assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("width", [half_width, one_sided])
def test_an_interval_is_tightest_where_it_was_planned_to_be(width: Width) -> None:
    of = {planned: width(400, 1e-3, planned=planned, alpha=0.10) for planned in (200, 400, 800)}
    assert min(of, key=of.__getitem__) == 400
    assert width(0, 1e-3, planned=400, alpha=0.10) == math.inf
    assert width(400, math.inf, planned=400, alpha=0.10) == math.inf


def test_nothing_can_be_seen_with_an_empty_arm() -> None:
    assert detectable(0, 9, 0.1, alpha=0.10, power=0.80) == math.inf
    assert detectable(9, 0, 0.1, alpha=0.10, power=0.80) == math.inf
    # All of one arm against half of the other: (1.645 + 0.842) x sqrt(0 + 0.25).
    assert detectable(1, 1, 0.5, alpha=0.10, power=0.80) == pytest.approx(1.2432, abs=1e-4)


def test_uneven_arms_are_told_by_chi_square() -> None:
    assert unevenness(50, 50, 25) == 1.0
    assert unevenness(60, 50, 25) == pytest.approx(0.0455, abs=1e-4)
    assert unevenness(3, 0.5, 0.45) < 0.001
    assert unevenness(0, 0, 0) == 1.0


@pytest.mark.parametrize(
    ("treated", "holdout", "share", "state"),
    [
        ((0, 0), (0, 0), 0.5, LiftState.TOO_EARLY),
        ((29, 10), (29, 0), 0.5, LiftState.TOO_EARLY),
        ((29, 28), (29, 10), 0.5, LiftState.TOO_EARLY),
        ((30, 29), (30, 10), 0.5, LiftState.SUPPORTED),
        ((40, 1), (40, 1), 0.5, LiftState.TOO_EARLY),
        ((200, 22), (200, 20), 0.5, LiftState.UNCLEAR),
        ((200, 60), (200, 20), 0.5, LiftState.SUPPORTED),
        ((200, 10), (200, 60), 0.5, LiftState.HARM),
        ((320, 96), (80, 8), 0.2, LiftState.SUPPORTED),
    ],
)
def test_what_can_be_said(
    treated: tuple[int, int], holdout: tuple[int, int], share: float, state: LiftState
) -> None:
    assert read(treated, holdout, share).state is state


def test_too_early_says_how_many_more() -> None:
    found = read((40, 1), (40, 1))
    assert found.state is LiftState.TOO_EARLY
    assert found.needs is not None
    assert found.months == pytest.approx(found.needs / 10)
    half = 40 + found.needs // 2
    same_base = round(half * 1.5 / 41)
    assert read((half + 2, same_base), (half + 2, same_base)).state is LiftState.UNCLEAR
    assert read((half - 20, same_base), (half - 20, same_base - 1)).state is LiftState.TOO_EARLY


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_so_many_more_are_enough_and_one_less_is_not(share: float) -> None:
    treated, holdout = round(150 * (1 - share)), round(150 * share)
    found = read((treated, 0), (holdout, 0), share)
    assert found.needs is not None
    base = 0.5 / (holdout + 1)
    seen = [
        detectable(n * (1 - share), n * share, base, alpha=0.10, power=0.80) <= 3 * base
        for n in (150 + found.needs, 150 + found.needs - 1)
    ]
    assert seen == [True, False]


def test_needs_are_told_from_the_start_and_never_where_nobody_has_so_many_accounts() -> None:
    nothing = read((0, 0), (0, 0))
    assert nothing.needs is not None
    assert nothing.needs >= 60
    rare = read((10**7, 0), (10**7, 0))
    assert (rare.state, rare.needs, rare.months) == (LiftState.TOO_EARLY, None, None)


def test_two_accounts_say_that_anything_may_be() -> None:
    found = read((1, 0), (1, 0))
    assert (found.effect, found.low, found.high, found.detectable) == (0.0, -1.0, 1.0, 1.0)
    one_arm = read((0, 0), (1, 0), share=0.9)
    assert (one_arm.effect, one_arm.low, one_arm.high, one_arm.detectable) == (None,) * 4


def test_what_is_not_yet_known_of_a_guard_is_not_told() -> None:
    assert [guard.low for guard in read((0, 0), (0, 0)).guards] == [None] * 4
    assert all(guard.low is not None for guard in read((200, 60), (200, 20)).guards)


def test_arms_that_chance_would_not_make_give_no_result() -> None:
    found = read((300, 200), (100, 5), share=0.5)
    assert (found.state, found.why) == (LiftState.NOT_MEASURED, Unmeasured.UNEVEN_ARMS)
    assert found.effect is None
    assert found.guards == ()


@pytest.mark.parametrize(
    ("guard", "counts"),
    [
        ("churn", arms((200, 50), (200, 10))),
        ("ticket", arms((200, 80), (200, 20))),
        ("dismissal", arms((200, 150))),
        ("mute", arms((200, 40))),
    ],
)
def test_a_guard_on_the_wrong_side_outweighs_any_gain(guard: str, counts: Arms) -> None:
    found = read((200, 60), (200, 20), guards={guard: counts})
    assert found.state is LiftState.HARM
    assert [str(one.kind) for one in found.guards if one.harmed] == [guard]


@pytest.mark.parametrize(
    ("guard", "counts"),
    [
        ("churn", arms((200, 10), (200, 50))),
        ("ticket", arms((200, 22), (200, 20))),
        ("dismissal", arms((200, 100))),
        ("mute", arms((200, 12))),
        ("mute", arms((29, 29))),
    ],
)
def test_a_guard_that_may_be_chance_holds_nothing_back(guard: str, counts: Arms) -> None:
    assert read((200, 60), (200, 20), guards={guard: counts}).state is LiftState.SUPPORTED


def exposure(account: str, days: float, arm: Arm = Arm.TREATED) -> Exposure:
    return Exposure(account=account, arm=arm, at=ago(days, NOW), share=0.5)


def happened(account: str, days: float, kind: OutcomeKind = OutcomeKind.UPGRADE) -> Happened:
    return Happened(account=account, kind=kind, at=ago(days, NOW))


@pytest.mark.parametrize(
    ("exposed", "upgraded", "wanted"),
    [
        ([100], [50], (1, 1)),
        ([100], [50, 45], (1, 1)),
        ([100], [39], (1, 0)),
        ([100], [40], (1, 0)),
        ([100], [101], (1, 0)),
        ([100], [100], (1, 1)),
        ([60], [30], (1, 1)),
        ([59], [30], (0, 0)),
        ([0], [], (0, 0)),
        ([100, 59], [50], (1, 1)),
        ([100, -1], [], (1, 0)),
    ],
    ids=[
        "in_time",
        "twice",
        "too_late",
        "as_it_ends",
        "before",
        "at_once",
        "just_over",
        "not_over",
        "now",
        "first_counts",
        "ahead",
    ],
)
def test_an_account_counts_once_when_its_window_is_over(
    exposed: list[float], upgraded: list[float], wanted: tuple[int, int]
) -> None:
    counts = tally(
        [exposure("acme", days) for days in exposed],
        [happened("acme", days) for days in upgraded],
        NOW,
        RULES,
    )
    assert counts.upgrades == arms(wanted)
    assert counts.exposed == arms((1, 0))


@pytest.mark.parametrize(
    ("exposed", "monthly"),
    [
        ([], 0.0),
        ([1, 2, 3, 9, 10], 5.0),
        ([60, 50, 40, 35, 20, 10], 3.0),
        ([120, 90.5, 90, 45, 1], 1.0),
    ],
    ids=["none", "a few days", "two months", "the last three"],
)
def test_how_many_are_newly_exposed_in_a_month(exposed: list[float], monthly: float) -> None:
    made = [exposure(f"a{n}", days) for n, days in enumerate(exposed)]
    assert tally(made, [], NOW, RULES).per_month == pytest.approx(monthly)


def test_chance_should_have_held_out_everybodys_share() -> None:
    shares = (0.2, 0.2, 0.5)
    made = [replace(exposure(f"a{n}", 9), share=share) for n, share in enumerate(shares)]
    counts = tally(made, [], NOW, RULES)
    assert counts.expected == pytest.approx(0.9)
    assert counts.variance == pytest.approx(0.16 + 0.16 + 0.25)


def test_half_a_hit_and_half_a_miss_are_added_to_what_was_seen() -> None:
    assert Sample(n=9, hits=4).variance == pytest.approx(0.45 * 0.55 / 9)
    assert Sample(n=9, hits=0).variance == pytest.approx(0.05 * 0.95 / 9)


def test_the_first_arm_stays_the_arm() -> None:
    counts = tally(
        [exposure("acme", 90, Arm.TREATED), exposure("acme", 120, Arm.HOLDOUT)], [], NOW, RULES
    )
    assert (counts.upgrades.holdout.n, counts.upgrades.treated.n) == (1, 0)


def test_each_guard_has_its_own_window() -> None:
    counts = tally(
        [exposure("acme", 80)],
        [happened("acme", 70, OutcomeKind.TICKET), happened("acme", 65, OutcomeKind.MUTE)],
        NOW,
        RULES,
    )
    of = {guard.kind: seen for guard, seen in zip(GUARDS, counts.guards, strict=True)}
    assert of[OutcomeKind.CHURN] == arms((0, 0))
    assert of[OutcomeKind.TICKET] == arms((1, 1))
    assert of[OutcomeKind.MUTE] == arms((1, 0))


@pytest.mark.parametrize(
    ("kind", "days"),
    [
        (OutcomeKind.CHURN, 90),
        (OutcomeKind.TICKET, 14),
        (OutcomeKind.DISMISSAL, 14),
        (OutcomeKind.MUTE, 14),
    ],
)
def test_a_guards_window_is_over_on_its_day(kind: OutcomeKind, days: int) -> None:
    made = [exposure("over", days), exposure("open", days - 0.1)]
    counts = tally(made, [happened("over", 0.1, kind)], NOW, RULES)
    of = {guard.kind: seen for guard, seen in zip(GUARDS, counts.guards, strict=True)}
    assert of[kind] == arms((1, 1))


def test_without_a_holdout_nothing_is_measured() -> None:
    found = lift([exposure("acme", 90)], [happened("acme", 80)], NOW, share=0)
    assert (found.state, found.why) == (LiftState.NOT_MEASURED, Unmeasured.NO_HOLDOUT)
    assert found.exposed == found.upgrades == arms((0, 0))


def test_the_whole_way_from_exposures_to_a_report() -> None:
    names = [(f"a{n}", Arm.HOLDOUT if n % 2 else Arm.TREATED) for n in range(400)]
    exposures = [exposure(name, 100, arm) for name, arm in names]
    upgrades = [
        happened(name, 80)
        for n, (name, arm) in enumerate(names)
        if n % 20 < (8 if arm is Arm.TREATED else 2)
    ]
    found = lift(exposures, upgrades, NOW, share=0.5)
    assert found.state is LiftState.SUPPORTED
    assert found.effect == pytest.approx(0.30, abs=0.01)
    assert found.low is not None
    assert found.high is not None
    assert 0 < found.low < 0.30 < found.high


def year(rng: np.random.Generator, *, base: float, effect: float) -> Iterator[Lift]:
    """A year of exposures, read every week; nothing but chance and `effect` parts the arms."""
    accounts, share = 300, 0.5
    since = rng.uniform(0, 365, accounts)
    held = rng.random(accounts) < share
    upgrades = np.where(held, base, base + effect)
    rate = {"upgrade": upgrades, "churn": np.full(accounts, 0.03)}
    rate["ticket"] = np.full(accounts, 0.1)
    did = {kind: rng.random(accounts) < p for kind, p in rate.items()}
    none = np.zeros(accounts, dtype=bool)

    def count(day: float, window: float, kind: str) -> Arms:
        over, hit = since + window <= day, did.get(kind, none)
        of = [(over & one, over & one & hit) for one in (~held, held)]
        treated, holdout = ((int(n.sum()), int(hits.sum())) for n, hits in of)
        return arms(treated, holdout)

    for day in range(60, 430, 7):
        seen = int((since <= day).sum())
        yield judge(
            Tally(
                exposed=count(day, 0, ""),
                expected=share * seen,
                variance=share * (1 - share) * seen,
                upgrades=count(day, 60, "upgrade"),
                guards=tuple(count(day, g.window_days, g.kind.value) for g in GUARDS),
            ),
            RULES,
        )


def ever(*, effect: float, years: int, seed: int) -> dict[LiftState, float]:
    """How many of the years say each state in at least one of their weeks."""
    rng = np.random.default_rng(seed)
    said = [{r.state for r in year(rng, base=0.1, effect=effect)} for _ in range(years)]
    return {state: sum(state in seen for seen in said) / years for state in LiftState}


def test_looking_every_week_at_nothing_finds_nothing() -> None:
    found = ever(effect=0.0, years=200, seed=20261122)
    assert found[LiftState.SUPPORTED] <= RULES.alpha
    assert found[LiftState.HARM] <= RULES.alpha
    assert found[LiftState.NOT_MEASURED] <= 0.05


def test_an_effect_that_is_there_is_mostly_found() -> None:
    assert ever(effect=0.25, years=60, seed=7)[LiftState.SUPPORTED] >= 0.8


def test_a_report_does_not_depend_on_the_order_it_is_given() -> None:
    some = [exposure(f"a{n}", 61 + n, list(Arm)[n % 2]) for n in range(80)]
    did = [happened(f"a{n}", 50 + n) for n in range(0, 80, 3)]
    later: datetime = NOW + timedelta(days=1)
    assert lift(some, did, later, share=0.5) == lift(some[::-1], did[::-1], later, share=0.5)
