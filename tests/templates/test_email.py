"""E-mails: complete as plain text, safe as HTML, and never a link for who may not buy."""

import re
from dataclasses import replace

import pytest

from engine.alert import AlertClass, Moment
from templates import email
from templates.message import Audience, message
from tests.templates.stories import sample_story, several, variants

CASE = "https://segue.example.com/case/abc"
STOP = "https://segue.example.com/stop/abc"


def forwarded(story=None, **more):
    """The mail to finance; `more` are arguments of `forward`."""
    story = story or sample_story()
    more = {"asked_by": "Ana Petrova", "case_url": CASE} | more
    text = message(
        story,
        audience=Audience.FINANCE,
        locale="en",
        can_buy=True,
        recipient_name="Marta Silva",
        asked_by=more["asked_by"],
        note="We rely on this.",
    )
    return email.forward(text, story, locale="en", unsubscribe_url=STOP, **more)


def test_a_forward_says_who_asked_and_where_the_case_is():
    mail = forwarded()
    assert mail.subject.startswith("Ana Petrova asked us to send you this: ")
    for text in (mail.text, mail.html):
        for part in ("Hello Marta Silva,", "We rely on this.", "8,420", CASE, STOP, "€890.00"):
            assert part in text
    assert 'src="cid:chart"' in mail.html
    assert "8,420 of 10,000 reports used this month" in mail.text


@pytest.mark.parametrize("locale", ["en", "de"])
def test_a_mail_names_every_limit_it_tells_of_and_lists_its_numbers(locale):
    told = several(locale)["the_other_stops"]
    changes = {"moment": Moment.AT_LIMIT, "alert_class": AlertClass.NOTICE}
    story = replace(sample_story(locale), **told, **changes)
    text = message(story, audience=Audience.CHAMPION, locale=locale, can_buy=False)
    mail = email.summary(text, story, locale=locale)
    seats, listed = {
        "en": ("20 of 20 seats", "Seats included: 20"),
        "de": ("Plätze: 20 von 20", "Enthaltene Plätze: 20"),
    }[locale]
    for part in (mail.text, mail.html):
        assert seats in part
    assert listed in mail.text


def test_a_german_mail_is_german_to_its_last_line():
    story = sample_story("de")
    text = message(
        story,
        audience=Audience.FINANCE,
        locale="de",
        can_buy=True,
        recipient_name="Marta Silva",
        asked_by="Ana Petrova",
    )
    mail = email.forward(
        text, story, locale="de", asked_by="Ana Petrova", case_url=CASE, unsubscribe_url=STOP
    )
    assert mail.subject.startswith("Ana Petrova hat uns gebeten, Ihnen das zu schicken: ")
    for part in (
        "Guten Tag, Marta Silva,",
        "Die Zahlen:",
        "- Enthaltene Berichte: 10.000",
        "Die Seite löst keinen Kauf aus",
        "Sie erhalten diese Nachricht, weil Ana Petrova Northwind Reports gebeten hat",
        "Diese Nachrichten abbestellen",
    ):
        assert part in mail.text
    words = set(re.findall(r"[a-zäöüß]+", mail.text.lower()))
    assert not words & {"the", "and", "your", "with", "month", "around", "plan", "you"}


def test_nothing_is_loaded_from_elsewhere():
    html = forwarded().html
    assert set(re.findall(r'src="([^"]*)"', html)) == {"cid:chart"}
    assert set(re.findall(r'href="([^"]*)"', html)) == {CASE, STOP}
    assert "<script" not in html
    assert "src=" not in forwarded(chart=False).html


@pytest.mark.parametrize(("can_buy", "shown"), [(True, True), (False, False)])
def test_a_summary_links_to_the_plans_only_for_who_may_buy(can_buy, shown):
    story = sample_story()
    text = message(story, audience=Audience.CHAMPION, locale="en", can_buy=can_buy)
    mail = email.summary(
        text, story, locale="en", upgrade_url="https://app.example.com/buy", why=("Because.",)
    )
    assert ("https://app.example.com/buy" in mail.html) is shown
    assert ("https://app.example.com/buy" in mail.text) is shown
    assert "Because." in mail.text


def test_an_address_that_is_not_of_the_web_is_left_out():
    mail = forwarded(case_url="javascript:alert(1)")
    assert "javascript" not in mail.html + mail.text


@pytest.mark.parametrize("name", list(variants()))
def test_every_state_becomes_a_mail_with_a_subject_of_one_line(name):
    mail = forwarded(variants()[name], asked_by="Eve\r\nBcc: x@example.com <script>")
    assert len(mail.subject) <= 140
    assert not set(mail.subject) & set("\r\n\x00")
    assert "<script" not in mail.html
