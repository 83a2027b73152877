"""Why nothing was said: two sentences for every reason, in every language, and nothing leaks."""

import os
from datetime import date
from pathlib import Path

import pytest

from engine.alert import Moment, ReasonCode
from templates.lint import check_words
from templates.pack import pack
from templates.why import silence

GOLDEN = Path(__file__).parents[1] / "golden" / "copy"
LOCALES = ("en", "de")
TODAY, UNTIL = date(2026, 11, 19), date(2026, 12, 3)
TOLD = {
    "no_moment", "one_off", "duplicate", "ask_spacing", "ask_annual_cap", "reflection_spacing",
    "backoff", "pull_only", "account_muted", "objected", "incident", "ticket_open",
    "ticket_recent",
}  # fmt: skip
# What the engine says with each reason; a reason that is not here comes without evidence.
EVIDENCE = {
    "policy_off": (("mode", "off"),),
    "shadow": (("rollout_days", "14"),),
    "data_stale": (("last_report", "2026-11-17T06:12:44+00:00"),),
    "data_suspect": (("day", "2026-11-10"), ("amount", "9000"), ("highest_before", "310")),
    "data_thin": (("complete_days", "6"),),
    "limit_unknown": (("meter", "reports"),),
    "no_next_plan": (("plan", "business"),),
    "account_muted": (("muted", "2026-10-02"),),
    "pull_only": (("refusals", "3.75"),),
    "cancel_pending": (("since", "2026-11-02"),),
    "payment_failed": (("since", "2026-11-16"),),
    "incident": (("since", "2026-11-13"),),
    "security_notice": (("since", "2026-11-12"),),
    "ticket_open": (("since", "2026-11-17"),),
    "ticket_recent": (("closed", "2026-11-18"),),
    "price_change": (("since", "2026-11-01"),),
    "upgrade_recent": (("changed", "2026-10-05"),),
    "downgrade_recent": (("changed", "2026-10-06"),),
    "renewal_owner": (("renewal", "2026-12-02"),),
    "sales_active": (("since", "2026-11-03"),),
    "care_flag": (("since", "2026-08-04"),),
    "dormant": (("gap", "41 d"),),
    "stage_experimenting": (("age", "9 d"), ("value_days28", "2"), ("both_periods", "no")),
    "stage_learning": (
        ("value_days28", "5"),
        ("breadth28", "one_seat"),
        ("gap", "2 d (usual 1 d)"),
    ),
    "onboarding": (("since", "2026-11-08"),),
    "declining": (("ratio28", "0.71"),),
    "one_off": (("meter", "reports"),),
    "ramp": (("meter", "reports"),),
    "duplicate": (("raised", "2026-11-14"),),
    "ask_spacing": (("last", "2026-11-03"),),
    "ask_annual_cap": (("asks_in_365_days", "4"),),
    "backoff": (("refusals", "1"),),
    "reflection_spacing": (("last", "2026-11-15"),),
    "trust_low": (("trust", "32.5 of 60"),),
    "no_recipient": (("people", "0"),),
    "copy_blocked": (("rule", "TL05"), ("text", "unlock")),
    "locale_missing": (("locale", "no texts for locale 'fi'"),),
}


def told(code, locale, *, for_admin, evidence=True, until=None):
    found = EVIDENCE.get(code, ()) if evidence else ()
    return silence(ReasonCode(code), found, until, locale=locale, for_admin=for_admin, today=TODAY)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("for_admin", [True, False])
def test_every_sentence_there_is(locale, for_admin):
    """A page to read: `SEGUE_GOLDEN=write` writes it anew."""
    lines = []
    for code in ReasonCode:
        ways = [(True, UNTIL), (True, None), (False, None)]
        seen = dict.fromkeys(
            told(code, locale, for_admin=for_admin, evidence=known, until=until)
            for known, until in ways
        )
        lines += [f"{code}", *(f"    {sentence}" for sentence in seen)]
    path = GOLDEN / locale / f"reasons.{'admin' if for_admin else 'customer'}.txt"
    text = "\n".join(lines) + "\n"
    if os.environ.get("SEGUE_GOLDEN") == "write":
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("until", [UNTIL, None])
@pytest.mark.parametrize("evidence", [True, False])
def test_every_reason_has_sentences_of_its_own(locale, until, evidence):
    admin = {c: told(c, locale, for_admin=True, until=until, evidence=evidence) for c in ReasonCode}
    assert len(set(admin.values())) == len(ReasonCode)
    customer = {c: told(c, locale, for_admin=False, until=until) for c in TOLD}
    assert len(set(customer.values())) == len(TOLD)
    for sentence in (*admin.values(), *customer.values()):
        assert sentence.endswith(".")
        assert "{" not in sentence
        assert len([part for part in sentence.split(". ") if part]) >= 2, sentence


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("code", [c for c in ReasonCode if c not in TOLD])
def test_what_is_not_on_the_closed_list_reads_the_same(locale, code):
    nothing = pack(locale).words["silence"]["nothing"]
    assert told(code, locale, for_admin=False, until=UNTIL) == nothing


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("code", ReasonCode)
def test_no_label_and_no_phrase_of_the_engine_is_left(locale, code):
    sentence = told(code, locale, for_admin=True, until=UNTIL)
    for raw in ("one_seat", "cannot_tell", "2026-", "(usual", "28:", "_", "unknown"):
        assert raw not in sentence.replace("segue lint-copy", "")
    if locale == "de":
        assert not {"because", "the", "until", "held"} & set(sentence.lower().split())


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("code", sorted(TOLD))
def test_what_people_read_keeps_the_tone(locale, code):
    for until in (UNTIL, None):
        sentence = told(code, locale, for_admin=False, until=until)
        assert check_words(sentence, locale) == ()


@pytest.mark.parametrize("for_admin", [True, False])
def test_a_number_that_is_passed_for_good_is_not_promised_for_a_next_period(for_admin):
    said = {"locale": "en", "for_admin": for_admin, "today": TODAY, "moment": Moment.MILESTONE}
    evidence = EVIDENCE["duplicate"]
    once = silence(ReasonCode.DUPLICATE, evidence, None, **said)
    assert once.endswith(" It is told of once.")
    best_month = silence(ReasonCode.DUPLICATE, evidence, UNTIL, **said)
    assert "Earliest again: 3 December" in best_month
    german = silence(ReasonCode.DUPLICATE, evidence, None, **said | {"locale": "de"})
    assert german.endswith(" Davon ist einmal die Rede.")


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("for_admin", [True, False])
def test_a_limit_without_periods_has_no_next_period(locale, for_admin):
    sentence = told("duplicate", locale, for_admin=for_admin)
    assert "next period" not in sentence
    assert "nächsten Zeitraum" not in sentence


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("code", ["duplicate", "one_off", "ask_spacing", "ticket_open"])
def test_another_reason_that_ends_later_is_the_day_and_no_condition_shortens_it(locale, code):
    later = date(2026, 12, 24)
    for for_admin in (True, False):
        sentence = silence(
            ReasonCode(code), EVIDENCE[code], UNTIL,
            locale=locale, for_admin=for_admin, today=TODAY, later=later,
        )  # fmt: skip
        day = {"en": "Earliest again: 24 December.", "de": "Frühestens wieder am 24. Dezember."}
        assert sentence.endswith(day[locale])
        assert "3 December" not in sentence


def test_a_pause_says_what_was_found_and_what_ends_it():
    evidence = (("paused", "2026-11-12"),)
    said = {
        locale: silence(
            ReasonCode.POLICY_OFF, evidence, None, locale=locale, for_admin=True, today=TODAY
        )
        for locale in LOCALES
    }
    assert said["en"] == (
        "Held back because suggestions were paused for everybody on 12 November. Since 12 November "
        "none goes out: “segue doctor” says why, “segue resume” lets them go on."
    )
    assert said["de"] == (
        "Zurückgehalten, weil Vorschläge am 12. November für alle angehalten wurden. Seit dem "
        "12. November gibt es keine: „segue doctor“ sagt, warum, „segue resume“ lässt sie wieder "
        "zu."
    )


def test_a_reason_whose_end_nobody_knows_names_no_day_of_another():
    sentence = silence(
        ReasonCode.DECLINING, EVIDENCE["declining"], None,
        locale="en", for_admin=True, today=TODAY, later=UNTIL,
    )  # fmt: skip
    assert sentence.endswith("Earliest again once use holds steady.")


def test_a_day_of_this_week_is_called_by_its_name_and_an_end_by_its_date():
    sentence = told("ticket_open", "en", for_admin=False, until=UNTIL)
    assert sentence == (
        "We did not suggest a larger plan, because your ticket from Tuesday is still open. "
        "Earliest again: 3 December."
    )
    assert told("ticket_open", "de", for_admin=False) == (
        "Wir haben keinen größeren Tarif vorgeschlagen, weil Ihre Anfrage vom Dienstag noch offen "
        "ist. Frühestens wieder, wenn sie erledigt ist."
    )
