"""The digest in words: calm in both languages, complete as plain text, safe as HTML."""

from dataclasses import replace

import pytest

from templates import digest
from templates.samples import digests

STOP = "https://segue.example.com/stop/abc"


@pytest.mark.parametrize("locale", ["en", "de"])
def test_what_it_may_say_passes_the_lint(locale: str) -> None:
    for done, story in digests(locale):
        assert digest.problems(done, story, locale) == ()


def test_a_week_and_a_month_are_called_what_they_are() -> None:
    english = [digest.mail(*told, locale="en").subject for told in digests("en")]
    german = [digest.mail(*told, locale="de").subject for told in digests("de")]
    assert english == [
        "1,530 reports delivered to your clients, 9–15 November",
        "1 report delivered to your clients, 26 October\u2009–\u20091 November",
        "1,530 reports delivered to your clients in October",
        "1,530 reports in October",
    ]
    assert german == [
        "1.530 Berichte an Ihre Kunden ausgeliefert, 9.–15. November",
        "1 Bericht an Ihre Kunden ausgeliefert, 26. Oktober\u2009–\u20091. November",
        "Im Oktober: 1.530 Berichte an Ihre Kunden ausgeliefert",
        "Im Oktober: 1.530 Berichte",
    ]


def test_both_parts_say_the_same_and_nothing_is_offered() -> None:
    done, story = next(iter(digests("en")))
    mail = digest.mail(done, story, locale="en", reader="Mara Lindt", unsubscribe_url=STOP)
    for part in (mail.text, mail.html):
        for said in ("Hello Mara Lindt,", "1,530", "1,420", "14 people", "as of 18 November", STOP):
            assert said in part
        for offered in ("Business", "Team", "€", "plan"):
            assert offered not in part


def test_a_hostile_name_is_text() -> None:
    done, story = next(iter(digests("en")))
    first = replace(done.done[0], value="<script>alert(1)</script>", name_other="<b>x</b>")
    hostile = replace(done, account_name="<img src=x>", done=(first,))
    mail = digest.mail(hostile, story, locale="en", unsubscribe_url="javascript:alert(1)")
    for bad in ("<script", "<b>", "<img", "javascript:"):
        assert bad not in mail.html
    assert "\n" not in mail.subject
