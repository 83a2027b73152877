"""Who is asked, who was asked before, and what the answers of different people weigh."""

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.alert import AlertClass, FeedbackKind, Outcome, ReasonCode
from engine.decide import decide
from engine.decision import Decision, Stage
from engine.policy import Policy
from engine.snapshot import Role
from tests.builders import answer
from tests.engine.scenarios import GOLDEN, scenario
from tests.engine.scenarios_told import EACH, decided, told
from tests.engine.scenarios_verdict import sentences, verdict

PACE = (
    f"2025-11-03..2026-10-31 weekdays 40 {EACH}",
    f"2026-11-01..2026-11-17 weekdays 60 {EACH}",
)
NOW = told(*PACE).now
ASKED = "2026-10-14 ask pace on reports, delivered to ada"


def asking(*diary: str, **others: object) -> Decision:
    """The plain case for an ask, with something that happened before."""
    return decided(told(*PACE, diary=diary, **others))  # type: ignore[arg-type]


def test_the_plain_case_here_is_an_ask() -> None:
    assert asking().outcome is Outcome.ASK


def test_an_ask_still_on_its_way_holds_the_slot() -> None:
    waiting = asking("2026-11-10 ask recurring_friction on reports, not delivered yet")
    assert waiting.reason is ReasonCode.ASK_SPACING
    assert waiting.next_possible is None
    given_up = asking("2026-11-10 ask recurring_friction on reports, never delivered")
    assert given_up.outcome is Outcome.ASK


def test_a_person_is_asked_once_in_sixty_days_an_account_in_thirty() -> None:
    useful = (ASKED, "2026-10-15 ada answers useful")
    again = asking(*useful, people={"ada": "champion, on slack", "eve": "champion, on slack"})
    assert again.outcome is Outcome.ASK
    assert again.recipient == "eve"
    assert "ada" not in again.audience


def test_nobody_who_joined_a_week_ago_is_asked() -> None:
    people = {"ada": "champion, on slack, since 2026-11-11", "tom": "manager, can buy"}
    decision = asking(people=people)
    assert decision.recipient is None
    assert "ada" not in decision.audience


def test_a_refusal_weighs_the_same_whoever_of_them_gave_it() -> None:
    for who in ("ada", "tom"):
        assert asking(ASKED, f"2026-10-15 {who} answers declined").reason is ReasonCode.BACKOFF
    by_a_user = asking(ASKED, "2026-10-15 ada answers acted", "2026-10-16 cy answers declined")
    assert by_a_user.outcome is Outcome.ASK


def test_an_upgrade_is_a_clean_slate() -> None:
    refused = ("2026-06-01 ask pace on reports, delivered to ada", "2026-06-02 ada answers snoozed")
    decision = asking(*refused, "2026-06-10 plan moves up to team")
    assert decision.balance.refusals == 0
    assert decision.outcome is Outcome.ASK


def test_a_notice_may_go_to_an_admin_and_never_waits_for_spacing() -> None:
    scenario = told(
        f"2026-08-03..2026-10-31 weekdays 40 {EACH}",
        f"2026-11-01..2026-11-17 weekdays 90 {EACH}",
        people={"root": "admin, on slack, since 2026-11-16"},
        diary=["2026-11-10 ask pace on reports, delivered to root"],
    )
    decision = decided(scenario)
    assert decision.outcome is Outcome.NOTICE
    assert decision.notice_recipient == "root"


@pytest.mark.parametrize("first", ["2026-11-18", "2026-11-02"])
def test_the_first_use_of_another_meter_does_not_lower_the_stage(first: str) -> None:
    for exports in ("", f"{first} 1 by ada"):
        scenario = told(*PACE)
        scenario.said["usage"]["exports"] = exports
        assert decided(scenario).stage.stage is Stage.EMBEDDED


def test_who_saw_the_banner_was_asked() -> None:
    seen = (ASKED, "2026-10-14 10:00 bob answers seen", "2026-10-15 ada answers useful")
    assert "bob" not in asking(*seen).audience


@pytest.mark.parametrize("kind", ["declined until 2027-01-15", "not_useful until 2027-01-15"])
def test_a_users_own_no_binds_that_user(kind: str) -> None:
    said = (ASKED, "2026-10-15 ada answers useful", f"2026-10-16 bob answers {kind}")
    assert "bob" not in asking(*said).audience


def test_a_users_own_not_now_binds_that_user_alone() -> None:
    until = "2026-10-16 bob answers snoozed until 2027-01-15"
    decision = asking(ASKED, "2026-10-15 ada answers useful", until)
    assert decision.outcome is Outcome.ASK
    assert "bob" not in decision.audience
    assert "cy" in decision.audience


def test_the_answer_of_whom_was_asked_binds_the_account() -> None:
    decision = asking(
        "2026-08-14 ask pace on reports, delivered to bob",
        "2026-08-14 10:00 bob answers declined until 2027-03-01",
        people={"bob": "user, on slack", "cy": "user, on slack"},
    )
    assert decision.reason is ReasonCode.BACKOFF


def test_two_answers_to_one_alert_count_once() -> None:
    facts = told(*PACE, diary=[ASKED]).snapshot()
    asked = facts.alerts[0]
    words = (
        answer(asked, FeedbackKind.SNOOZED, asked.raised_at + timedelta(hours=1)),
        answer(asked, FeedbackKind.DECLINED, asked.raised_at + timedelta(hours=2), Role.MANAGER),
    )
    one, two = (decide(replace(facts, answers=words[:n]), Policy(), NOW).balance for n in (1, 2))
    assert one.refusals == two.refusals == 1
    assert one.trust == two.trust


def test_the_notice_goes_first_and_sells_nothing() -> None:
    found = verdict(scenario(GOLDEN / "moments/at_limit_ask.toml"))
    assert [r.candidate.alert_class for r in found.raised] == [AlertClass.NOTICE, AlertClass.ASK]
    words = sentences(found)
    assert "Business" in words["message"]
    for offer in ("Business", "€", "plan"):
        assert offer not in words["notice"]


def test_two_limits_met_on_one_day_make_one_push() -> None:
    found = verdict(scenario(GOLDEN / "edges/two_meters_one_message.toml"))
    told = [r for r in found.raised if r.candidate.alert_class is AlertClass.NOTICE]
    assert [(r.candidate.key.meter, r.pushed) for r in told] == [
        ("clients", True),
        ("reports", False),
    ]
    assert [meter.key for meter in told[0].story.beside] == ["reports"]
    assert told[1].story.beside == ()


def test_of_several_limits_the_one_where_work_stops_is_pushed() -> None:
    limits = scenario(GOLDEN / "edges/two_meters_one_message.toml")
    limits.said["meter"] = {"reports": {"at_limit": "stops"}}
    told = [r for r in verdict(limits).raised if r.candidate.alert_class is AlertClass.NOTICE]
    assert [(r.candidate.key.meter, r.pushed) for r in told] == [
        ("reports", True),
        ("clients", False),
    ]


def test_an_ask_speaks_of_both_meters_that_are_at_their_limits() -> None:
    found = verdict(scenario(GOLDEN / "edges/two_meters_one_message.toml"))
    assert "clients" in sentences(found)["message"]
    assert "reports" in sentences(found)["message"].replace("served with reports", "")


def test_an_ask_keeps_silent_about_a_limit_that_is_held_back_for_its_own_reasons() -> None:
    limits = scenario(GOLDEN / "edges/two_meters_one_message.toml")
    limits.said["usage"]["reports"] = (
        "2026-08-03..2026-10-31 weekdays 8 by ada, bob, cy\n"
        "2026-11-06..2026-11-17 weekdays 130 by ada, bob, cy"
    )
    found = verdict(limits)
    assert found.decision.chosen is not None
    assert found.decision.chosen.key.meter == "clients"
    asks = [c for c in found.decision.candidates if c.alert_class is AlertClass.ASK]
    held = {c.reasons[0].code for c in asks if c.key.meter == "reports"}
    assert held == {ReasonCode.ONE_OFF}
    asked = [r for r in found.raised if r.candidate.alert_class is AlertClass.ASK]
    assert [one.story.beside for one in asked] == [()]


def test_earliest_again_is_when_the_last_known_reason_ends() -> None:
    words = sentences(verdict(scenario(GOLDEN / "reasons/duplicate.toml")))
    assert "10 December" in words["admin"]
    assert "1 December" not in words["customer"].replace("10 December", "")
