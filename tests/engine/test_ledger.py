"""The trust ledger: earned by value, spent by what was delivered, and a no is remembered."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.alert import AlertClass, FeedbackKind, Moment, PastAlert
from engine.decide import decide
from engine.decision import Balance
from engine.policy import Policy
from engine.snapshot import Answer, Role, Snapshot
from tests.builders import TODAY, ago, alert, answer, at, meter, plan_change, snapshot

KIND = FeedbackKind


def balance(
    *value_days_ago: int,
    alerts: tuple[PastAlert, ...] = (),
    answers: tuple[Answer, ...] = (),
    live: float = 50,
    **others: Any,
) -> Balance:
    daily = [1.0 if 120 - i in value_days_ago else 0.0 for i in range(121)]
    facts: Snapshot = snapshot(
        meter(daily, limit=None),
        alerts=alerts,
        answers=answers,
        live_since=ago(live),
        **others,
    )
    return decide(facts, Policy(), at()).balance


def asked(days: float = 20) -> PastAlert:
    return alert(charged=ago(days), closed=ago(days - 1))


ASK = asked()


@pytest.mark.parametrize(
    ("name", "value", "live", "trust"),
    [
        ("begins with sixty", (), 50, 60.0),
        ("value days since count", (1, 2, 3, 4), 50, 63.0),
        ("value days of the four weeks before count", (51, 52, 78), 50, 62.25),
        ("older ones don't", (79, 80), 50, 60.0),
        ("today counts once there is use", (0,), 50, 60.75),
        ("it ends at a hundred", tuple(range(110)), 100, 100.0),
        ("going live today", (1, 2), 0, 61.5),
    ],
)
def test_value_earns_trust(name: str, value: tuple[int, ...], live: float, trust: float) -> None:
    assert balance(*value, live=live).trust == trust


@pytest.mark.parametrize(
    ("name", "answers", "trust", "refusals"),
    [
        ("no answer", (), 15.0, 0.75),
        ("seen is no answer", ((KIND.SEEN, 19),), 15.0, 0.75),
        ("useful", ((KIND.USEFUL, 19),), 35.0, 0.0),
        ("forwarded and useful earn once", ((KIND.FORWARDED, 19), (KIND.USEFUL, 18)), 35.0, 0.0),
        ("acted", ((KIND.ACTED, 19),), 20.0, 0.0),
        ("approved", ((KIND.APPROVED, 19),), 20.0, 0.0),
        ("dismissed", ((KIND.DISMISSED, 19),), 15.0, 0.75),
        ("snoozed", ((KIND.SNOOZED, 19),), 0.0, 1.0),
        ("declined", ((KIND.DECLINED, 19),), 0.0, 1.0),
        ("not useful, floored at nothing", ((KIND.NOT_USEFUL, 19),), 0.0, 1.0),
        ("the worst counts, once", ((KIND.DISMISSED, 19), (KIND.SNOOZED, 18)), 0.0, 1.0),
        ("a worse one first", ((KIND.SNOOZED, 19), (KIND.DISMISSED, 18)), 0.0, 1.0),
        ("useful after all", ((KIND.DISMISSED, 19), (KIND.USEFUL, 18)), 15.0, 0.75),
        ("a no after a useful", ((KIND.USEFUL, 19), (KIND.SNOOZED, 18)), 0.0, 1.0),
        ("refused after a week of nothing", ((KIND.SNOOZED, 5),), 0.0, 1.0),
        ("useful after a week of nothing", ((KIND.USEFUL, 5),), 30.0, 0.75),
        ("muting for oneself leaves it unanswered", ((KIND.MUTED, 19),), 15.0, 0.75),
    ],
)
def test_answers(
    name: str, answers: tuple[tuple[FeedbackKind, float], ...], trust: float, refusals: float
) -> None:
    said = tuple(answer(ASK, kind, ago(days)) for kind, days in answers)
    now = balance(alerts=(ASK,), answers=said)
    assert (now.trust, now.refusals) == (trust, refusals)


def test_an_answer_of_a_plain_user_binds_only_that_person() -> None:
    said = answer(ASK, KIND.NOT_USEFUL, ago(19), Role.USER, person="cy")
    assert balance(alerts=(ASK,), answers=(said,)) == balance(alerts=(ASK,))


@pytest.mark.parametrize("role", [Role.CHAMPION, Role.MANAGER, Role.FINANCE])
def test_champion_and_approvers_bind_the_account(role: Role) -> None:
    said = answer(ASK, KIND.SNOOZED, ago(19), role)
    assert balance(alerts=(ASK,), answers=(said,)).refusals == 1.0


@pytest.mark.parametrize(("person", "refusals"), [("bob", 1.0), ("cy", 0.75)])
def test_whom_it_was_pushed_to_answers_as_the_champion(person: str, refusals: float) -> None:
    pushed = alert(charged=ago(20), closed=ago(19), person="bob")
    said = answer(pushed, KIND.SNOOZED, ago(19), Role.USER, person=person)
    assert balance(alerts=(pushed,), answers=(said,)).refusals == refusals


@pytest.mark.parametrize(("person", "trust"), [("bob", 0.0), ("cy", 15.0)])
def test_and_may_mute_the_whole_account(person: str, trust: float) -> None:
    pushed = alert(charged=ago(20), closed=ago(19), person="bob")
    said = answer(pushed, KIND.MUTED, ago(19), Role.USER, person=person, whole_account=True)
    assert balance(alerts=(pushed,), answers=(said,)).trust == trust


def test_the_rest_ends_at_a_year_however_often_somebody_refused() -> None:
    asks = tuple(alert(charged=ago(20), closed=ago(9), period=str(n)) for n in range(1200))
    said = tuple(answer(one, KIND.DECLINED, ago(10)) for one in asks)
    assert balance(alerts=asks, answers=said).rest_until == ago(10) + timedelta(365)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_a_week_is_seven_times_24_hours_whatever_clocks_do(zone: str) -> None:
    clock = ZoneInfo(zone)
    charged = datetime(2026, 10, 20, 7, 30, tzinfo=UTC).astimezone(clock)
    past = alert(charged=charged, closed=charged)
    facts = snapshot(meter([1.0], limit=None), alerts=(past,), live_since=charged)
    for minutes, refusals in ((-1, 0.0), (1, 0.75)):
        now = datetime(2026, 10, 27, 7, 30, tzinfo=UTC) + timedelta(minutes=minutes)
        assert decide(facts, Policy(), now.astimezone(clock)).balance.refusals == refusals


def test_only_what_was_delivered_is_charged() -> None:
    waiting = alert(raised=ago(3))
    ghost = alert(charged=ago(30), closed=ago(29), ghost=True)
    notice = alert(Moment.AT_LIMIT, AlertClass.NOTICE, charged=ago(20), closed=ago(19))
    assert balance(alerts=(waiting, ghost, notice)).trust == 60.0


def test_a_reflection_costs_little() -> None:
    shown = alert(Moment.MILESTONE, AlertClass.REFLECTION, charged=ago(5), closed=ago(4))
    assert balance(alerts=(shown,)).trust == 55.0


def test_a_reflection_asks_nothing_so_no_answer_refuses_nothing() -> None:
    shown = alert(Moment.MILESTONE, AlertClass.REFLECTION, charged=ago(20), closed=ago(19))
    assert balance(alerts=(shown,)).refusals == 0.0
    closed = answer(shown, KIND.DISMISSED, ago(19))
    assert balance(alerts=(shown,), answers=(closed,)).refusals == 0.75


def test_saying_no_to_a_notice_is_no_refusal() -> None:
    notice = alert(Moment.AT_LIMIT, AlertClass.NOTICE, charged=ago(20), closed=ago(19))
    said = answer(notice, KIND.SNOOZED, ago(19))
    assert balance(alerts=(notice,), answers=(said,)).refusals == 0.0


def test_an_upgrade_is_a_clean_slate() -> None:
    said = answer(ASK, KIND.SNOOZED, ago(19))
    now = balance(alerts=(ASK,), answers=(said,), plan_changes=(plan_change(ago(10), 1),))
    assert (now.trust, now.refusals) == (50.0, 0.0)
    at_once = balance(alerts=(ASK,), plan_changes=(plan_change(ago(19), 1),))
    assert (at_once.trust, at_once.refusals) == (50.0, 0.0)


def test_a_muted_account_earns_nothing_until_the_date_given() -> None:
    def muted(until: int | None) -> Balance:
        date = None if until is None else TODAY - timedelta(days=until)
        word = answer(ASK, KIND.MUTED, ago(15), Role.ADMIN, whole_account=True, until=date)
        useful = answer(ASK, KIND.USEFUL, ago(18))
        return balance(*range(30), alerts=(ASK,), answers=(useful, word))

    assert muted(None).trust == 0.0
    assert muted(-1).trust == 0.0
    assert muted(9).trust == 10 * 0.75


def test_every_entry_has_its_cause_and_they_add_up() -> None:
    said = answer(ASK, KIND.USEFUL, ago(19))
    now = balance(1, 2, 30, alerts=(ASK,), answers=(said,))
    assert [(cause, amount) for _, cause, amount in now.entries] == [
        ("start", 60.0),
        ("1 value days", 0.75),
        ("ask delivered", -40.0),
        ("useful", 15.0),
        ("2 value days", 1.5),
    ]
    assert now.trust == sum(amount for _, _, amount in now.entries)


@pytest.mark.parametrize(
    ("name", "kinds", "days"),
    [
        ("ignored once", (), 7 + 30 * 2**0.75),
        ("one refusal", (KIND.SNOOZED,), 60),
        ("dismissed: not sooner than if ignored", (KIND.DISMISSED,), 7 + 30 * 2**0.75),
    ],
)
def test_the_rest_after_a_refusal(name: str, kinds: tuple[FeedbackKind, ...], days: float) -> None:
    said = tuple(answer(ASK, kind, ago(20)) for kind in kinds)
    rest = balance(alerts=(ASK,), answers=said).rest_until
    assert rest is not None
    assert (rest - ago(20)).total_seconds() == pytest.approx(days * 86400, abs=1)


def test_a_date_somebody_gave_is_kept() -> None:
    until = TODAY + timedelta(200)
    said = answer(ASK, KIND.DECLINED, ago(19), Role.FINANCE, until=until)
    rest = balance(alerts=(ASK,), answers=(said,)).rest_until
    assert rest is not None
    assert rest.date() == until


def test_an_answer_undone_was_never_given() -> None:
    assert balance(alerts=(asked(5),)).trust == 20.0


def test_what_happens_at_this_very_instant_counts() -> None:
    assert balance(alerts=(alert(charged=ago(0)),)).trust == 20.0


def test_what_costs_nothing_hides_nothing_that_comes_after_it() -> None:
    notice = alert(Moment.AT_LIMIT, AlertClass.NOTICE, charged=ago(25), closed=ago(24))
    ghost = alert(charged=ago(60), closed=ago(59), ghost=True)
    assert balance(alerts=(notice, ghost, ASK)) == balance(alerts=(ASK,))
    said = (answer(notice, KIND.USEFUL, ago(24)), answer(ASK, KIND.USEFUL, ago(19)))
    assert balance(alerts=(notice, ASK), answers=said) == balance(alerts=(ASK,), answers=said[1:])


def test_an_answer_belongs_to_the_alert_it_was_given_to() -> None:
    ask = alert(charged=ago(8), closed=ago(5))
    shown = alert(Moment.MILESTONE, AlertClass.REFLECTION, charged=ago(6), closed=ago(5))
    now = balance(alerts=(ask, shown), answers=(answer(ask, KIND.USEFUL, ago(5)),))
    assert (now.trust, now.refusals) == (60.0 - 40 - 5 + 15, 0.0)


def test_a_no_to_an_alert_that_is_no_longer_known_is_a_no_of_its_own() -> None:
    shown = alert(Moment.MILESTONE, AlertClass.REFLECTION, charged=ago(6), closed=ago(4))
    erased = alert(charged=ago(80), period="2025-12-01")
    said = (answer(erased, KIND.SNOOZED, ago(19)), answer(shown, KIND.DISMISSED, ago(4)))
    assert balance(alerts=(ASK, shown), answers=said).refusals == 0.75 + 1 + 0.75


def test_only_the_worst_of_several_answers_is_paid_for() -> None:
    kinds = (KIND.USEFUL, KIND.SNOOZED, KIND.NOT_USEFUL, KIND.DISMISSED)
    said = tuple(answer(ASK, kind, ago(19 - i)) for i, kind in enumerate(kinds))
    now = balance(*range(100), live=90, alerts=(ASK,), answers=said)
    assert [(cause, amount) for _, cause, amount in now.entries if amount < 0] == [
        ("ask delivered", -40.0),
        ("snoozed after all", -15.0),
        ("snoozed", -20.0),
        ("not_useful", -10.0),
    ]


def test_a_no_as_the_week_ends_rests_as_long_as_any_refusal() -> None:
    now = balance(alerts=(ASK,), answers=(answer(ASK, KIND.SNOOZED, ago(13)),))
    assert (now.refusals, now.rest_until) == (1.0, ago(13) + timedelta(60))


@pytest.mark.parametrize(
    ("name", "until", "trust"),
    [("for good", None, 0.0), ("until tomorrow", 13, 0.0), ("until that day", 14, 15.0)],
)
def test_while_muted_no_praise_earns_anything(name: str, until: int | None, trust: float) -> None:
    date = None if until is None else TODAY - timedelta(until)
    word = answer(ASK, KIND.MUTED, ago(15), Role.ADMIN, whole_account=True, until=date)
    useful = answer(ASK, KIND.USEFUL, ago(14))
    assert balance(alerts=(ASK,), answers=(word, useful)).trust == trust


def test_an_upgrade_lifts_no_mute() -> None:
    word = answer(ASK, KIND.MUTED, ago(15), Role.ADMIN, whole_account=True)
    upgraded = (plan_change(ago(10), 1),)
    assert balance(alerts=(ASK,), answers=(word,), plan_changes=upgraded).trust == 0.0


def test_a_move_to_a_plan_of_the_same_size_is_no_upgrade() -> None:
    assert balance(alerts=(ASK,), plan_changes=(plan_change(ago(10), 0),)) == balance(alerts=(ASK,))


def test_an_ask_that_the_upgrade_answered_at_once_was_not_ignored() -> None:
    assert balance(alerts=(ASK,), plan_changes=(plan_change(ago(20), 1),)).refusals == 0.0
