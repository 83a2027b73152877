"""Labels, reasons and the sentences that explain: complete, and never telling too much."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from engine.alert import AlertClass, FeedbackKind, Moment, Outcome
from engine.decision import Stage
from templates import labels
from templates.evidence import line
from templates.why import meter_sentence, why
from tests.templates.stories import sample_meter, sample_story, variants

LOCALES = ("en", "de")


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


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "sample",
            "Berichte: 8.420 von 10.000 in diesem Monat; bei diesem Tempo sind es rund um den "
            "20.–24. November mehr als 10.000.",
        ),
        ("over", "Berichte: 11.214 von 10.000 in diesem Monat. Alles läuft weiter."),
        (
            "over_stops",
            "Berichte: 11.214 von 10.000 in diesem Monat. "
            "Neue Berichte warten bis zum 1. Dezember.",
        ),
        ("no_limit", "8.420 Berichte in diesem Monat."),
        ("seats_full", "Plätze: 20 von 20. Neue Plätze warten, bis wieder Platz ist."),
    ],
)
def test_a_meter_is_one_german_sentence(name, sentence):
    assert meter_sentence(variants("de")[name].main, "de", zone="Europe/Berlin") == sentence


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


@pytest.mark.parametrize("locale", LOCALES)
def test_everything_has_a_name(locale):
    for stage in Stage:
        assert labels.stage_name(stage, locale)
    for moment in Moment:
        assert labels.moment_name(moment, locale)
    for outcome in Outcome:
        assert labels.decided(outcome, Moment.PACE, locale).count(". ") == 1
    assert labels.evidence_name("new_key", locale) == "new key"


def test_people_at_the_account_read_only_what_was_said_to_them():
    for outcome in (Outcome.DEFER, Outcome.HELD_OUT, Outcome.SILENT):
        told = labels.decided(outcome, Moment.PACE, "en", for_admin=False)
        assert told == "There is nothing to suggest now. Your usage is shown as before."
    asked = labels.decided(Outcome.ASK, Moment.PACE, "en", for_admin=False)
    assert asked.startswith("We suggested the next plan: on pace")


@pytest.mark.parametrize(
    ("key", "value", "english", "german"),
    [
        ("ratio28", "0.71", "71%", "71\u00a0%"),
        ("gap", "12 d (usual 3 d)", "12 days (usually 3)", "12 Tage (sonst 3)"),
        ("age", "1200 d", "1,200 days", "1.200 Tage"),
        ("consistency", "0.59 (6 of 8 weeks)", "59% (6 of 8 weeks)", "59\u00a0% (6 von 8 Wochen)"),
        ("both_periods", "yes", "yes", "ja"),
        ("p", "cannot_tell", "cannot tell", "nicht zu sagen"),
        ("used", "8420 of 10000", "8,420 of 10,000", "8.420 von 10.000"),
        ("around", "2026-11-21", "21 November", "21. November"),
        (
            "breadth28",
            "one_seat",
            "counted as one seat, because usage names no people",
            "als ein Platz gezählt, weil die Nutzung keine Personen nennt",
        ),
        ("meter", "reports\u202e", "reports", "reports"),
    ],
)
def test_the_engines_evidence_is_told_in_the_readers_words(key, value, english, german):
    today = date(2026, 11, 18)
    assert line(key, value, "en", today)[1] == english
    assert line(key, value, "de", today)[1] == german


def test_labels_take_names_as_they_are_and_make_them_safe():
    assert labels.label("send_to", "en", name="Marta\u202e {Silva}") == "Send to Marta {Silva}"
    at = datetime(2026, 11, 18, 13, 2, tzinfo=UTC)
    assert labels.sent_to("Marta", at, "Europe/Berlin", "en") == "Sent to Marta, 14:02"
    assert {"Not now", "Don't suggest this again"} <= set(labels.decline_labels("en"))
    every = labels.labels("en")
    assert every["not_now"] in labels.decline_labels("en")
    assert every["dont_suggest"] in labels.decline_labels("en")
