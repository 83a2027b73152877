"""What a contradiction says is so: decided with the key as it is, and as it is told to be."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from engine import holdout
from engine.alert import AlertClass, FeedbackKind, Moment, Outcome, ReasonCode
from engine.decide import decide
from engine.decision import Decision, Stage
from engine.policy import Policy
from engine.release import Defer, Ended, Expire, Push, Reader, Send, release
from engine.snapshot import Arm, Calibration, Role, Snapshot
from engine.stage import COMMITTED
from engine.usage import Aggregation, AtLimit, MeterKind, PeriodKind
from tests.builders import (
    TODAY,
    ago,
    alert,
    answer,
    at,
    friction,
    growing,
    meter,
    person,
    plan_change,
    rising,
    snapshot,
    steady,
    user_days,
)
from tests.engine.test_contradictions import policy

DEFAULT = Policy()


def decided(facts: Snapshot, now: datetime | None = None, /, **changes: Any) -> Decision:
    """What is decided under the defaults, but for `table__key` given."""
    keys = {name.replace("__", "."): value for name, value in changes.items()}
    return decide(facts, policy(keys), now or at())


def against(decision: Decision, moment: Moment, alert_class: str = AlertClass.ASK) -> set[str]:
    """The reasons against a moment that holds."""
    for one in decision.candidates:
        if (one.moment, one.alert_class) == (moment, alert_class):
            return {reason.code for reason in one.reasons}
    raise AssertionError(f"{moment} does not hold")


def holds(decision: Decision) -> set[Moment]:
    return {one.moment for one in decision.candidates}


def rubbing(**others: Any) -> Snapshot:
    """A committed account whose limit gets in the way of two people: an ask without a forecast."""
    felt = tuple(friction(days, who) for days in range(1, 7) for who in ("ada", "bo"))
    daily = others.pop("daily", steady(10.0, 10.0, days=400))
    fields: dict[str, Any] = {"frictions": felt} | others
    return snapshot(meter(daily, limit=1000, closed=()), **fields)


def asked(policy: Policy, *, days: int = 500, useful: bool = False, **others: Any) -> "Run":
    """An account that is always worth asking, day by day: who was asked when, and why not."""
    run, facts = Run(), rubbing(**others)
    for day in range(days):
        back = [(day - then, who) for then, who in run.asks]
        past = tuple(
            alert(charged=ago(n), closed=ago(n - 0.1), period=str(day - n), person=who)
            for n, who in back
        )
        said = tuple(answer(a, FeedbackKind.USEFUL, a.charged_at or at()) for a in past)
        live = at() - timedelta(days=day)
        facts = replace(facts, alerts=past, answers=said if useful else (), live_since=live)
        run.decisions.append(decision := decide(facts, policy, at()))
        if decision.outcome is Outcome.ASK:
            run.asks.append((day, decision.recipient))
    return run


class Run:
    """What came of it."""

    def __init__(self) -> None:
        self.asks: list[tuple[int, str | None]] = []
        self.decisions: list[Decision] = []

    def acts(self, code: ReasonCode) -> bool:
        """Whether the reason ever held back what nothing else did."""
        return any([reason.code for reason in d.reasons] == [code] for d in self.decisions)


def cap(**changes: Any) -> Policy:
    """A policy under which trust never holds back."""
    free = {"trust.ask": 10, "trust.ask_needs": 15}
    return policy(free | {name.replace("__", "."): value for name, value in changes.items()})


@pytest.mark.parametrize(("spacing", "acts"), [(30, True), (91, True), (92, False), (200, False)])
def test_per_year_never_acts_where_spacing_is_wide(spacing: int, acts: bool) -> None:
    run = asked(cap(ask__spacing_days=spacing), useful=True)
    assert run.acts(ReasonCode.ASK_ANNUAL_CAP) is acts
    assert len(run.asks) > 2


def test_one_ask_a_year_masks_spacing() -> None:
    caps = (cap(ask__per_year=1, ask__spacing_days=n) for n in (30, 90, 364))
    days = {tuple(asked(one, useful=True).asks) for one in caps}
    assert len(days) == 1


@pytest.mark.parametrize(
    ("changes", "acts"),
    [({}, True), ({"ask__spacing_days": 60}, False), ({"ask__per_year": 1}, False)],
)
def test_person_spacing_is_masked(changes: dict[str, Any], acts: bool) -> None:
    run = asked(cap(**changes), widget_on=False, useful=True)
    assert run.acts(ReasonCode.NO_RECIPIENT) is acts


def test_trust_can_come_back_so_slowly_that_per_year_never_acts() -> None:
    slow = {"trust.ask": 95, "trust.ask_needs": 100, "trust.value_day": 0.25, "trust.start": 100}
    run = asked(policy(slow), useful=True)
    assert not run.acts(ReasonCode.ASK_ANNUAL_CAP)
    assert run.asks
    assert asked(DEFAULT, useful=True).acts(ReasonCode.ASK_ANNUAL_CAP)


def test_without_refill_an_account_is_asked_once_or_twice() -> None:
    assert len(asked(policy({"trust.value_day": 0})).asks) <= 2
    assert len(asked(DEFAULT).asks) > 2


def test_useful_that_pays_for_the_ask_leaves_trust_without_a_say() -> None:
    spent = {"trust.value_day": 0.01}
    assert asked(policy(spent), useful=True).acts(ReasonCode.TRUST_LOW)
    paid = policy(spent | {"trust.useful": 40})
    assert not asked(paid, useful=True).acts(ReasonCode.TRUST_LOW)


@pytest.mark.parametrize(("spacing", "more"), [(30, True), (60, False)])
def test_a_refusal_that_rests_no_longer_than_spacing(spacing: int, more: bool) -> None:
    past = alert(charged=ago(1), closed=ago(1))
    no = answer(past, FeedbackKind.SNOOZED, ago(1))
    facts = rubbing(alerts=(past,), answers=(no,))
    until = {r.code: r.until for r in decided(facts, ask__spacing_days=spacing).reasons}
    last = until[ReasonCode.ASK_SPACING]
    rest = until[ReasonCode.BACKOFF]
    assert last is not None
    assert rest is not None
    assert (rest > last) is more


def counting(**others: Any) -> Snapshot:
    """Worth an ask and a reflection at once: friction, and the thousandth report yesterday."""
    daily = [*steady(4.0, 4.0, days=240), 0.0]
    daily[-2] = 50.0
    first = 990.0 - sum(daily[1:-2])
    return rubbing(daily=[max(first, 0.0), *daily[1:]], **others)


def milestone(decision: Decision) -> set[str]:
    return against(decision, Moment.MILESTONE, AlertClass.REFLECTION)


def test_reflections_that_wait_longer_than_asks() -> None:
    facts = counting(alerts=(alert(charged=ago(31), closed=ago(31)),))
    found = decided(facts, ask__reflection_spacing_days=45)
    assert ReasonCode.ASK_SPACING not in against(found, Moment.RECURRING_FRICTION)
    assert ReasonCode.REFLECTION_SPACING in milestone(found)
    assert ReasonCode.REFLECTION_SPACING not in milestone(decided(facts))


def test_a_second_ask_while_the_first_is_open_or_not_counted_as_ignored() -> None:
    facts = rubbing(alerts=(alert(charged=ago(31), closed=None),))
    found = decided(facts, ask__open_days=40, trust__ignored_after_days=40)
    assert found.outcome is Outcome.ASK
    assert found.balance.refusals == 0
    assert decided(facts).balance.refusals == DEFAULT.trust.ignored_k


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (FeedbackKind.SNOOZED, {"ask__pull_only_at": 1.0}),
        (None, {"ask__pull_only_at": 0.5}),
    ],
)
def test_one_answer_may_end_it_for_good(kind: FeedbackKind | None, changes: Any) -> None:
    past = alert(charged=ago(390), closed=ago(390))
    answers = (answer(past, kind, ago(389)),) if kind else ()
    facts = rubbing(alerts=(past,), answers=answers)
    assert ReasonCode.PULL_ONLY in against(decided(facts, **changes), Moment.RECURRING_FRICTION)
    assert decided(facts).outcome is Outcome.ASK


@pytest.mark.parametrize(
    ("facts", "changes"),
    [
        (rubbing(live_since=at()), {"trust__ask_needs": 101}),
        (rubbing(live_since=at()), {"trust__start": 10}),
        (
            rubbing(plan_changes=(plan_change(ago(91), 1),)),
            {"trust__after_upgrade": 0, "trust__value_day": 0.25},
        ),
    ],
)
def test_trust_that_is_never_enough(facts: Snapshot, changes: Any) -> None:
    assert decided(facts).outcome is Outcome.ASK
    found = decided(facts, **changes)
    assert against(found, Moment.RECURRING_FRICTION) == {ReasonCode.TRUST_LOW}


def test_reflections_that_need_more_than_there_is() -> None:
    facts = counting(live_since=at(), daily_source=False)
    for changes in ({"trust__reflection_needs": 101}, {"trust__reflection_needs": 95}):
        found = decided(facts, **changes)
        assert ReasonCode.TRUST_LOW in milestone(found)
        assert against(found, Moment.RECURRING_FRICTION) == set()
    assert milestone(decided(facts)) == set()


def test_a_stronger_no_that_costs_less() -> None:
    def trust(kind: FeedbackKind, **changed: Any) -> float:
        past = alert(charged=ago(20), closed=ago(20))
        answers = (answer(past, kind, ago(19)),)
        facts = rubbing(alerts=(past,), answers=answers, live_since=ago(21))
        return decided(facts, **changed).balance.trust

    strong, weak = FeedbackKind.NOT_USEFUL, FeedbackKind.SNOOZED
    assert trust(strong) < trust(weak)
    assert trust(strong, trust__not_useful=10) > trust(weak, trust__not_useful=10)


def test_a_note_that_costs_more_than_an_ask() -> None:
    def spent(alert_class: AlertClass) -> float:
        facts = rubbing(alerts=(alert(Moment.PACE, alert_class, charged=ago(2), closed=ago(2)),))
        return min(c for _, _, c in decided(facts, trust__reflection=50).balance.entries)

    assert spent(AlertClass.REFLECTION) < spent(AlertClass.ASK)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ({"trust__upgrade_silence_days": 30}, {"trust__upgrade_silence_days": 60}),
        (
            {"trust__upgrade_silence_days": 120, "blockers__upgrade": 90},
            {"trust__upgrade_silence_days": 120, "blockers__upgrade": 119},
        ),
    ],
)
def test_the_shorter_silence_after_an_upgrade_never_acts(one: Any, two: Any) -> None:
    for days in range(20, 130, 10):
        facts = rubbing(plan_changes=(plan_change(ago(days), 1),))
        assert decided(facts, **one).reasons == decided(facts, **two).reasons


def best(**others: Any) -> Snapshot:
    """Used every day by everybody, on three seats: nothing is more embedded."""
    users = tuple(user_days(who, *range(120)) for who in ("ada", "bo", "cy"))
    fields: dict[str, Any] = {"user_days": users, "seats": 3} | others
    return snapshot(meter(steady(40.0, 40.0), limit=100_000), **fields)


@pytest.mark.parametrize(
    ("never", "met"),
    [
        ({"stage__embedded_weeks": 9}, {"stage__embedded_weeks": 8}),
        ({"stage__embedded_consistency": 0.74}, {"stage__embedded_consistency": 0.72}),
        ({"stage__embedded_seat_share": 1.01}, {"stage__embedded_seat_share": 1.0}),
    ],
)
def test_embedded_that_nobody_reaches(never: Any, met: Any) -> None:
    assert decided(best(), **met).stage.stage is Stage.EMBEDDED
    assert decided(best(), **never).stage.stage is Stage.ADOPTED


def test_embedded_in_periods_that_nobody_reaches() -> None:
    first = TODAY - timedelta(days=399)
    days = (first + timedelta(days=n) for n in range(400))
    monthly = snapshot(meter([50.0 * (day.day == 5) for day in days], limit=1000))
    assert decided(monthly, stage__embedded_periods=8).stage.stage is Stage.EMBEDDED
    assert decided(monthly, stage__embedded_periods=9).stage.stage is Stage.ADOPTED


@pytest.mark.parametrize(
    ("never", "met"),
    [
        ({"stage__rhythm_value_days": 29}, {"stage__rhythm_value_days": 28}),
        ({"stage__rhythm_weeks": 9}, {"stage__rhythm_weeks": 8}),
    ],
)
def test_a_rhythm_that_nobody_has(never: Any, met: Any) -> None:
    daily = steady(40.0, 40.0)
    daily[-1] = 40.0
    facts = snapshot(meter(daily, limit=100_000, closed=()))
    assert decided(facts, **met).stage.stage in COMMITTED
    assert decided(facts, **never).stage.stage not in COMMITTED


def _pause() -> list[float]:
    """Two of the last eight weeks without use."""
    daily = steady(40.0, 40.0)
    quiet = {len(daily) - 1 - back for back in (*range(17, 24), *range(38, 45))}
    return [0.0 if n in quiet else amount for n, amount in enumerate(daily)]


def _less() -> list[float]:
    """A fourth less for five weeks."""
    daily = steady(40.0, 40.0)
    return [amount * (0.72 if n >= len(daily) - 36 else 1) for n, amount in enumerate(daily)]


@pytest.mark.parametrize(
    ("daily", "changes"),
    [
        (_pause(), {"stage__embedded_consistency_leave": 0.6}),
        (_less(), {"stage__embedded_ratio_leave": 0.8}),
    ],
)
def test_a_stage_without_a_band(daily: list[float], changes: Any) -> None:
    facts = snapshot(meter(daily, limit=100_000))
    assert decided(facts).stage.stage is Stage.EMBEDDED
    assert decided(facts, **changes).stage.stage is Stage.ADOPTED


def test_steady_use_that_counts_as_declining() -> None:
    assert decided(rubbing()).outcome is Outcome.ASK
    held = decided(rubbing(), stage__declining_ratio=1.1, stage__outgrowing_ratio=1.1)
    assert ReasonCode.DECLINING in against(held, Moment.RECURRING_FRICTION)


def test_more_is_asked_of_accounts_over_their_limit_than_of_others() -> None:
    daily = steady(50.0, 50.0, days=200)
    daily = [amount * (0.92 if n >= len(daily) - 29 else 1) for n, amount in enumerate(daily)]
    facts = replace(rubbing(), meters=(meter(daily, limit=1000),))
    found = decided(facts, stage__declining_ratio_over=0.95)
    assert ReasonCode.DECLINING in against(found, Moment.SUSTAINED_OVER)
    assert ReasonCode.DECLINING not in against(found, Moment.RECURRING_FRICTION)


def test_outgrowing_and_declining_at_once() -> None:
    facts = rubbing(daily=_less())
    found = decided(facts, stage__outgrowing_ratio=0.5)
    assert found.stage.outgrowing
    assert ReasonCode.DECLINING in against(found, Moment.RECURRING_FRICTION)
    assert not decided(facts).stage.outgrowing


def test_the_onboarding_that_too_few_days_mask() -> None:
    young = growing(since=TODAY - timedelta(days=20))
    young = replace(young, meters=(meter(steady(45.0, 45.0, days=20), limit=900),))
    found = decided(young, forecast__min_days=28)
    assert ReasonCode.DATA_THIN in against(found, Moment.APPROACHING)
    assert ReasonCode.ONBOARDING not in against(found, Moment.APPROACHING)


def test_a_jump_that_is_never_suspect() -> None:
    daily = steady(10.0, 10.0, days=400)
    daily[-2] = 5000.0
    facts = snapshot(meter(daily, limit=1000))
    assert decided(facts).reason is ReasonCode.DATA_SUSPECT
    found = decided(facts, data__suspect_history_days=401)
    assert ReasonCode.DATA_SUSPECT not in {r.code for r in found.reasons}


def test_a_daily_source_that_is_stale_before_it_reports() -> None:
    daily = growing(daily_source=True, last_report=ago(23 / 24))
    assert decided(daily).outcome is Outcome.ASK
    assert decided(daily, data__stale_hours=20).reason is ReasonCode.DATA_STALE


def test_a_first_week_that_is_always_a_one_off() -> None:
    fifth = date(2026, 11, 5)
    facts = snapshot(meter(rising(today=fifth), limit=200, today=fifth), last_report=at(fifth, 8))
    asks = decided(facts, at(fifth))
    assert ReasonCode.ONE_OFF not in against(asks, Moment.APPROACHING)
    held = decided(facts, at(fifth), forecast__one_off_share=0.14)
    assert ReasonCode.ONE_OFF in against(held, Moment.APPROACHING)


def test_a_pace_that_nobody_looks_behind() -> None:
    daily = steady(40.0)
    daily[-4] = 250.0
    facts = snapshot(meter(daily, limit=1000))
    assert ReasonCode.ONE_OFF in against(decided(facts), Moment.PACE)
    found = decided(facts, forecast__one_off_p=0.95)
    assert ReasonCode.ONE_OFF not in against(found, Moment.PACE)


CALIBRATED = Calibration(version="1", raw=(0.0, 1.0), happened=(0.0, 1.0))


@pytest.mark.parametrize(
    ("facts", "changes", "moment"),
    [
        (growing(), {"pace__used": 1.0}, Moment.PACE),
        (growing(), {"pace__lead_min_days": 22}, Moment.PACE),
        (rubbing(), {"friction__days": 29, "friction__days_if_one": 29}, Moment.RECURRING_FRICTION),
        (
            snapshot(meter(steady(100.0), limit=1000)),
            {"sustained_over__periods": 0},
            Moment.SUSTAINED_OVER,
        ),
        (snapshot(meter(rising(), limit=750)), {"approaching__used": 1.0}, Moment.APPROACHING),
        (
            snapshot(meter(rising(), limit=750, at_limit=AtLimit.STOPS)),
            {"approaching__used": 1.0},
            Moment.APPROACHING,
        ),
    ],
)
def test_a_moment_that_never_comes(facts: Snapshot, changes: Any, moment: Moment) -> None:
    assert moment in holds(decided(facts))
    assert moment not in holds(decided(facts, **changes))


@pytest.mark.parametrize("limit", range(680, 1000, 40))
def test_approaching_holds_whenever_pace_does(limit: int) -> None:
    found = holds(decided(snapshot(meter(rising(), limit=limit)), approaching__used=0.6))
    assert Moment.PACE not in found or Moment.APPROACHING in found


@pytest.mark.parametrize(
    ("calibration", "bar"), [(None, "pace__p"), (CALIBRATED, "pace__p_calibrated")]
)
def test_less_certainty_far_from_the_limit_than_near_it(
    calibration: Calibration | None, bar: str
) -> None:
    late = date(2026, 11, 25)
    near = meter(steady(40.0, today=late), limit=820, today=late)
    facts = snapshot(near, calibration=calibration)
    changes = {bar: 0.5, "approaching__p": 0.95, "pace__lead_min_days": 1}
    found = holds(decided(facts, at(late), **changes))
    assert Moment.PACE in found
    assert Moment.APPROACHING not in found


@pytest.mark.parametrize("age", [5, 10, 13, 14, 20, 40])
def test_an_exception_for_the_young_that_onboarding_masks(age: int) -> None:
    daily = [0.0, *steady(55.0, 55.0, days=age)]
    facts = snapshot(meter(daily, limit=1000, closed=()), since=TODAY - timedelta(days=age))
    one, two = decided(facts, lasting__young_days=14), decided(facts, lasting__young_days=0)
    assert one.outcome is two.outcome


@pytest.mark.parametrize("lead", [31, 200])
def test_a_lead_longer_than_the_period_never_acts(lead: int) -> None:
    for day in range(1, 28):
        today = date(2026, 11, day)
        facts = snapshot(meter(rising(today=today), limit=900, today=today))
        one = decided(facts, at(today), pace__lead_max_days=lead)
        two = decided(facts, at(today), pace__lead_max_days=30)
        assert one.reasons == two.reasons
        assert one.outcome is two.outcome


def test_a_lead_that_no_week_has() -> None:
    for day in range(9, 16):
        today = date(2026, 11, day)
        daily = steady(100.0, 100.0, today=today)
        facts = snapshot(meter(daily, limit=500, today=today, period=PeriodKind.WEEK))
        assert Moment.PACE not in holds(decided(facts, at(today), pace__lead_min_days=7))


def test_one_person_suffices_sooner_than_two() -> None:
    alone = tuple(friction(days) for days in (1, 2))
    helped = (*alone, friction(1, "bo"))
    changes = {"friction__days_if_one": 2}
    assert Moment.RECURRING_FRICTION in holds(decided(rubbing(frictions=alone), **changes))
    assert Moment.RECURRING_FRICTION not in holds(decided(rubbing(frictions=helped), **changes))


def test_one_person_being_enough_masks_the_other_bar() -> None:
    for days in range(1, 8):
        facts = rubbing(frictions=tuple(friction(n) for n in range(1, days)))
        found = [decided(facts, friction__people=1, friction__days_if_one=n) for n in (1, 5, 28)]
        assert len({one.outcome for one in found}) == 1


def test_at_the_limit_every_pace_is_enough() -> None:
    daily = steady(30.0)
    daily[-8] = 800.0
    facts = snapshot(meter(daily, limit=1000))
    assert ReasonCode.ONE_OFF in against(decided(facts), Moment.AT_LIMIT)
    found = decided(facts, at_limit__pace=1.0)
    assert ReasonCode.ONE_OFF not in against(found, Moment.AT_LIMIT)


def small(share: float) -> Snapshot:
    """An account that uses so much of what the smaller plan would allow."""
    used = 30.0 * 22
    lower = Decimal(round(used / share))
    return snapshot(meter(steady(30.0), limit=100_000, lower_limit=lower))


def test_right_size_switched_off_has_no_share() -> None:
    for share in (0.1, 0.3, 0.9):
        found = [decided(small(share), right_size__share=n) for n in (0.1, 0.4, 1.0)]
        assert {one.outcome for one in found} == {Outcome.SILENT}


@pytest.mark.parametrize(
    ("facts", "changes"),
    [
        (small(0.3), {"right_size__periods": 0}),
        (replace(small(0.3), meters=(meter(steady(30.0), limit=100_000),)), {}),
    ],
)
def test_right_size_that_never_comes(facts: Snapshot, changes: Any) -> None:
    assert decided(small(0.3), right_size__enabled=True).outcome is Outcome.REFLECT
    assert decided(facts, right_size__enabled=True, **changes).outcome is Outcome.SILENT


def test_milestones_are_off_without_days() -> None:
    assert Moment.MILESTONE in holds(decided(counting()))
    for factor in (1.0, 1.2, 2.0):
        changes = {"milestone__within_days": 0, "milestone__best_month": factor}
        assert Moment.MILESTONE not in holds(decided(counting(), **changes))


def test_only_the_role_makes_a_champion() -> None:
    busy = (user_days("ada", *range(28)), user_days("bo", *range(28)))
    user = (person("ada", Role.USER),)
    assert decided(rubbing(people=user, user_days=busy)).recipient == "ada"
    changes = {"recipients__value_days": 29}
    assert decided(rubbing(people=user, user_days=busy), **changes).recipient is None
    champion = (person("ada", Role.CHAMPION),)
    assert decided(rubbing(people=champion, user_days=busy), **changes).recipient == "ada"


FRIDAY = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
EASTER = datetime(2026, 4, 2, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raised", "days", "holidays"),
    [(FRIDAY, 2, False), (EASTER, 4, True)],
)
def test_a_push_that_is_dropped_before_the_silence_ends(
    raised: datetime, days: int, holidays: bool
) -> None:
    reader = Reader(time_zone="UTC", holidays=frozenset((date(2026, 4, 3), date(2026, 4, 6))))
    push = Push(alert_class=AlertClass.ASK, raised_at=raised, reader=reader)

    def then(expire: int) -> Send | Defer | Expire:
        quiet = replace(DEFAULT.quiet, expire_days=expire, holidays=holidays)
        return release(push, quiet, raised)

    assert then(days) == Expire(Ended.TOO_OLD)
    assert isinstance(then(days + 1), Defer)


def test_quiet_hours_that_leave_half_an_hour() -> None:
    quiet = replace(DEFAULT.quiet, hours=("09:30", "09:00"), weekends=False)
    day = datetime(2026, 11, 18, tzinfo=UTC)
    push = Push(alert_class=AlertClass.ASK, raised_at=day, reader=Reader(time_zone="UTC"))
    minutes = (day + timedelta(minutes=n) for n in range(24 * 60))
    assert sum(isinstance(release(push, quiet, at), Send) for at in minutes) == 30


@pytest.mark.parametrize("share", [0, 0.0])
def test_a_share_of_nothing_holds_nobody_out(share: float) -> None:
    arms = {holdout.arm(b"key", f"account-{n}", share) for n in range(500)}
    assert arms == {Arm.TREATED}


def test_a_plan_without_a_next_one_is_never_asked_about() -> None:
    assert decided(growing()).outcome is Outcome.ASK
    assert decided(growing(next_plan=None)).reason is ReasonCode.NO_NEXT_PLAN


def test_a_meter_without_a_limit_is_only_celebrated() -> None:
    felt = tuple(friction(days, who) for days in range(1, 7) for who in ("ada", "bo"))
    facts = snapshot(meter(rising(), limit=None), frictions=felt)
    assert holds(decided(facts)) <= {Moment.MILESTONE}


def test_a_level_is_foreseen_no_further_than_the_horizon() -> None:
    daily = [float(100 + n) for n in range(120)]
    for limit in (240, 255, 270):
        facts = snapshot(
            meter(daily, limit=limit, kind=MeterKind.CUMULATIVE, aggregation=Aggregation.LATEST)
        )
        one, two = (decided(facts, pace__lead_max_days=n) for n in (45, 400))
        assert one.outcome is two.outcome
