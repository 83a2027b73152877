"""Labels, reasons and the sentences that explain: complete, and never telling too much."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from engine.alert import AlertClass, FeedbackKind, Moment, Outcome, ReasonCode
from engine.decision import Stage
from templates import labels
from templates.why import meter_sentence, silence, why
from tests.templates.stories import sample_meter, sample_story, variants

TOLD = {
    "no_moment", "one_off", "duplicate", "ask_spacing", "ask_annual_cap", "reflection_spacing",
    "backoff", "pull_only", "account_muted", "objected", "incident", "ticket_open",
    "ticket_recent",
}  # fmt: skip


@pytest.mark.parametrize("code", ReasonCode)
def test_the_admin_reads_every_reason_with_its_evidence(code):
    sentence = silence(
        code,
        (("ratio28", "0.71"),),
        date(2026, 12, 3),
        locale="en",
        for_admin=True,
        today=date(2026, 11, 18),
    )
    assert sentence.endswith(", until 3 December (use against the four weeks before: 0.71).")


@pytest.mark.parametrize("code", ReasonCode)
def test_people_at_the_account_read_a_closed_list(code):
    sentence = silence(code, (("trust", "12"),), None, locale="en", for_admin=False)
    assert "12" not in sentence
    assert (sentence == "There is nothing to suggest now.") is (code not in TOLD)


def test_a_day_is_named_only_where_it_says_when_to_expect_something():
    until, today = date(2026, 12, 3), date(2026, 11, 18)

    def read(code: ReasonCode) -> str:
        return silence(code, (), until, locale="en", for_admin=False, today=today)

    assert read(ReasonCode.ASK_SPACING).endswith("there won't be another before 3 December.")
    assert "December" not in read(ReasonCode.SALES_ACTIVE)
    assert "December" not in read(ReasonCode.TICKET_OPEN)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "sample",
            "8,420 of 10,000 reports used this month; at this pace you pass 10,000 around "
            "20–24 November.",
        ),
        ("over", "11,214 of 10,000 reports used this month. Nothing stops."),
        (
            "over_stops",
            "11,214 of 10,000 reports used this month. New reports wait until 1 December.",
        ),
        ("no_limit", "8,420 reports used this month."),
        ("seats_full", "20 of 20 seats used. New seats wait until there is room."),
    ],
)
def test_a_meter_is_one_sentence(name, sentence):
    assert meter_sentence(variants()[name].main, "en", zone="Europe/Berlin") == sentence


def test_one_thing_is_called_one_thing():
    one = sample_meter(used=Decimal(1), limit=None, forecast=None)
    assert meter_sentence(one, "en") == "1 report used this month."


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("alert_class", AlertClass)
def test_why_says_the_cause_the_source_and_the_way_out(moment, alert_class):
    story = sample_story(moment=moment, alert_class=alert_class)
    lines = why(story, locale="en", spacing_days=30, returns=date(2026, 12, 20))
    assert "as of 18 November 2026, 16:20" in lines[1]
    assert lines[-1] == "It won't come back before 20 December, whatever you answer."
    assert any("30 days" in line for line in lines) is (alert_class is not AlertClass.NOTICE)


@pytest.mark.parametrize("kind", FeedbackKind)
def test_every_answer_is_confirmed(kind):
    assert labels.outcome(kind, locale="en", name="Marta").endswith(".")
    undated = {FeedbackKind.SEEN, FeedbackKind.USEFUL, FeedbackKind.FORWARDED, FeedbackKind.ACTED,
               FeedbackKind.APPROVED, FeedbackKind.DISMISSED}  # fmt: skip
    dated = labels.outcome(kind, locale="en", until=date(2027, 8, 3), today=date(2026, 11, 18))
    assert ("before 3 August 2027" in dated) is (kind not in undated)


def test_everything_has_a_name():
    for stage in Stage:
        assert labels.stage_name(stage, "en")
    for moment in Moment:
        assert labels.moment_name(moment, "en")
    for outcome in Outcome:
        assert labels.decided(outcome, Moment.PACE, "en")
    assert labels.evidence("ratio28", "0.71", "en") == "use against the four weeks before: 0.71"
    assert labels.evidence("new_key", "x", "en") == "new key: x"


def test_labels_take_names_as_they_are_and_make_them_safe():
    assert labels.label("send_to", "en", name="Marta\u202e {Silva}") == "Send to Marta {Silva}"
    at = datetime(2026, 11, 18, 13, 2, tzinfo=UTC)
    assert labels.sent_to("Marta", at, "Europe/Berlin", "en") == "Sent to Marta, 14:02"
    assert {"Not now", "Don't suggest this again"} <= set(labels.decline_labels("en"))
    every = labels.labels("en")
    assert every["not_now"] in labels.decline_labels("en")
    assert every["dont_suggest"] in labels.decline_labels("en")
