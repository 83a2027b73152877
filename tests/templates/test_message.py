"""Messages: every moment for every audience, whatever is missing, passes its own lint."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.alert import AlertClass, Moment
from engine.errors import LocaleMissing
from templates.labels import decline_labels
from templates.lint import check
from templates.message import BODY, CHAT, TITLE, Audience, Message, message
from templates.pack import best_locale
from templates.plain import plain
from tests.templates.stories import sample_meter, sample_plan, sample_story, several, stories

EVERY = [(locale, *one) for locale in ("en", "de") for one in stories(locale)]


def rendered(story, audience=Audience.CHAMPION, can_buy=True, locale="en", **more) -> Message:
    return message(story, audience=audience, locale=locale, can_buy=can_buy, **more)


def problems(text: Message, story, locale="en") -> list[str]:
    labels = decline_labels(locale)
    found = check(text, story, audience=text.audience, locale=locale, labels=labels)
    return [f"{problem.code} {problem.text!r}: {problem.detail}" for problem in found]


@pytest.mark.parametrize(
    ("locale", "name", "story"), EVERY, ids=[f"{locale}-{name}" for locale, name, _ in EVERY]
)
@pytest.mark.parametrize("audience", Audience)
def test_every_text_passes_the_lint(locale, name, story, audience):
    for can_buy in (True, False) if story.alert_class is AlertClass.ASK else (True,):
        text = rendered(story, audience, can_buy, locale)
        assert problems(text, story, locale) == []
        assert 0 < len(text.title) <= TITLE
        assert 0 < len(text.body) <= BODY
        assert len(text.chat) <= CHAT
        assert "  " not in text.title + text.body
        assert " ." not in text.body
        assert " ," not in text.body


def test_the_champions_story_reads_like_a_colleague():
    text = rendered(sample_story(main=sample_meter(overage=None)))
    assert text.title == "More reports this month than in October"
    assert text.body == (
        "This month your team is at 8,420 reports delivered to your clients, up from 7,310 in "
        "October. At this pace you pass the 10,000 included in Team around 20–24 November. "
        "Nothing stops when that happens. "
        "If you'd like to plan ahead, Business includes 25,000 for €890.00 a month."
    )
    assert [fact.value for fact in text.facts] == [
        "8,420", "7,310", "10,000", "20–24 November", "25,000", "€890.00",
    ]  # fmt: skip
    assert text.source_line == (
        "Source: reports meter, as of 18 November 2026, 16:20 (Europe/Berlin)"
    )


def test_the_german_story_reads_like_a_german_colleague():
    text = rendered(sample_story("de"), locale="de")
    assert text.title == "Mehr Berichte in diesem Monat als im Oktober"
    assert text.body == (
        "In diesem Monat hat Ihr Team 8.420 Berichte an Ihre Kunden ausgeliefert. Bei diesem Tempo "
        "sind es rund um den 20.–24. November mehr als die 10.000 in Team. Auch dann läuft alles "
        "weiter. Wenn Sie vorausplanen möchten: Business enthält 25.000 für 890,00\u00a0€ im Monat."
    )
    assert text.source_line == (
        "Quelle: Zähler „Berichte“, Stand 18. November 2026, 16:20 (Europe/Berlin)"
    )


def test_a_swiss_reader_sees_swiss_amounts():
    story = sample_story("de", currency="CHF")
    text = rendered(story, Audience.FINANCE, locale="de-CH")
    assert "8’420 Berichte" in text.body
    assert "CHF\u00a0890.00 im Monat" in text.body
    assert problems(text, story, "de-CH") == []


def test_who_cannot_buy_reads_no_price_and_is_shown_a_person_instead():
    text = rendered(sample_story(), Audience.USER, can_buy=False)
    assert "€" not in text.body
    assert "pass this on to whoever looks after the plan" in text.body


def test_finance_reads_cost_now_and_then_whether_or_not_they_buy():
    text = rendered(sample_story(), Audience.FINANCE, can_buy=False)
    assert "Team costs €490.00 a month, Business €890.00 a month." in text.body


@pytest.mark.parametrize("moment", [Moment.AT_LIMIT, Moment.APPROACHING])
@pytest.mark.parametrize("audience", Audience)
def test_a_notice_sells_nothing(moment, audience):
    story = sample_story(moment=moment, alert_class=AlertClass.NOTICE)
    text = rendered(story, audience, can_buy=True)
    for word in ("Business", "Team", "€", "plan"):
        assert word not in text.title + text.body
    assert text.title == "8,420 of 10,000 reports used this month"


NOTICE = {"moment": Moment.AT_LIMIT, "alert_class": AlertClass.NOTICE}
ASK = {"moment": Moment.AT_LIMIT, "alert_class": AlertClass.ASK}


@pytest.mark.parametrize(
    ("locale", "name", "body"),
    [
        (
            "en",
            "two_limits",
            "Nothing stops. The same holds for clients (72 of 70). Counting starts again on "
            "1 December.",
        ),
        (
            "en",
            "the_other_stops",
            "Nothing stops. Counting starts again on 1 December. Also 20 of 20 seats; new seats "
            "wait until there is room again.",
        ),
        (
            "en",
            "two_limits_stop",
            "New seats wait until there is room again. Also 11,214 of 10,000 reports; new reports "
            "wait until 1 December.",
        ),
        (
            "de",
            "two_limits",
            "Alles läuft weiter wie bisher. Dasselbe gilt für Mandanten (72 von 70). Am "
            "1. Dezember beginnt die Zählung neu.",
        ),
        (
            "de",
            "the_other_stops",
            "Alles läuft weiter wie bisher. Am 1. Dezember beginnt die Zählung neu. Außerdem "
            "Plätze: 20 von 20; neue Plätze warten, bis wieder Platz ist.",
        ),
    ],
)
def test_a_notice_tells_of_every_limit_it_is_pushed_for(locale, name, body):
    story = replace(sample_story(locale), **several(locale)[name], **NOTICE)
    text = rendered(story, locale=locale)
    assert text.body.replace("\u00a0", " ") == body


def test_an_ask_tells_of_the_other_limits_in_one_clause():
    said = {name: replace(sample_story(), **told, **ASK) for name, told in several().items()}
    assert (
        "Nothing stops. The same holds for clients (72 of 70)." in rendered(said["two_limits"]).body
    )
    three = rendered(said["three_limits"]).body
    assert "The same holds for clients (72 of 70)." in three
    assert "Also 20 of 20 seats; new seats wait until there is room again." in three
    # What is billed above the one and free above the other is not the same.
    apart = rendered(said["the_other_is_free"]).body
    assert "Also 72 of 70 clients; nothing stops there." in apart


@pytest.mark.parametrize("audience", Audience)
def test_every_number_of_the_other_limit_is_cited_from_its_own_meter(audience):
    story = replace(sample_story(), **several()["the_other_stops"], **ASK)
    cited = {fact.id: fact.value for fact in rendered(story, audience).facts}
    assert cited["seats.used"] == "20"
    assert cited["seats.limit"] == "20"


@pytest.mark.parametrize("locale", ["en", "de"])
def test_what_happens_at_the_other_limit_is_told_truly_or_not_sent(locale):
    story = replace(sample_story(locale), **several(locale)["the_other_stops"], **ASK)
    text = rendered(story, locale=locale)
    untold = replace(text, body=text.body.rpartition(";")[0] + ".")
    assert [found[:4] for found in problems(untold, story, locale)] == ["TL08"]


def test_a_reflection_proposes_nothing():
    story = sample_story(moment=Moment.MILESTONE, alert_class=AlertClass.REFLECTION)
    text = rendered(story)
    assert "Business" not in text.body
    assert "€" not in text.body


def test_a_forward_says_who_asked_and_carries_the_note_as_plain_text():
    text = rendered(
        sample_story(),
        Audience.MANAGER,
        recipient_name="Marta\u202e Silva",
        asked_by="Ana\nPetrova",
        note="Please\tread\u200b this " + "x" * 400,
    )
    assert text.lead == "Ana Petrova asked us to send you this."
    assert text.greeting == "Hello Marta Silva,"
    assert text.note.startswith("Please read this x")
    assert len(text.note) == 280


def test_an_admins_own_copy_comes_first_and_stays_in_the_sandbox(tmp_path):
    (tmp_path / "en").mkdir()
    own = tmp_path / "en" / "pace.champion.j2"
    own.write_text("Ours\n---\n{{ fact.used }} {{ many }}. Nothing stops.")
    text = rendered(sample_story(), folder=tmp_path)
    assert (text.title, text.body) == ("Ours", "8,420 reports. Nothing stops.")
    assert [fact.value for fact in text.facts] == ["8,420"]


def test_an_unknown_language_is_said_to_be_missing():
    with pytest.raises(LocaleMissing):
        message(sample_story(), audience=Audience.USER, locale="xx", can_buy=False)
    assert best_locale(None, "xx", "../en", "en-US") == "en-US"


def test_a_region_writes_its_own_dates():
    text = message(sample_story(), audience=Audience.USER, locale="en-US", can_buy=False)
    assert "around November 20\u2009–\u200924." in text.body


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  Harbor \n\t Logistics ", "Harbor Logistics"),
        ("\u202eevil\u202c\u2066x\u2069", "evilx"),
        ("a\u0000b\u001bc\ufeffd", "abcd"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("<!channel>", "<!channel>"),
        ("x" * 50, "x" * 19 + "…"),
    ],
)
def test_plain(raw, clean):
    assert plain(raw, 20) == clean


names = st.text(max_size=300)


@settings(max_examples=60, deadline=None)
@given(account=names, plan=names, other=names, value=names, audience=st.sampled_from(Audience))
def test_no_name_breaks_a_text_or_its_lint(account, plan, other, value, audience):
    story = sample_story(
        account_name=account,
        plan=sample_plan("team", plan, "490"),
        next_plan=sample_plan("business", other, "890"),
        main=sample_meter(name_one=other, name_other=other, value=value),
    )
    for alert_class, moment in (
        ("ask", "pace"),
        ("notice", "at_limit"),
        ("reflection", "milestone"),
    ):
        told = replace(story, alert_class=AlertClass(alert_class), moment=Moment(moment))
        text = rendered(told, audience)
        assert len(text.title) <= TITLE
        assert len(text.body) <= BODY
        assert len(text.chat) <= CHAT
        assert not set(text.title + text.body) & set("\u202a\u202b\u202d\u202e\n\r\u0000")
        assert [p for p in problems(text, told) if not p.startswith("TL13")] == []
