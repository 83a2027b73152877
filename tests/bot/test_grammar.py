"""What people type after /segue, at home and at customers, and what it is taken for."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import hints
from bot.grammar import Command, Misread, Place, Wrong, parse
from bot.verbs import AT, Part, Verb
from bot.words import Words
from engine.alert import Moment
from engine.snapshot import Role
from templates.pack import COPY

HOME, CUSTOMER = Place.HOME, Place.CUSTOMER
LOCALES = sorted(p.name for p in COPY.iterdir())
WORDS = {locale: Words(locale) for locale in LOCALES}
VERBS = [
    pytest.param(verb, id=f"{verb.place}-{verb.name}") for p in Place for verb in AT[p].values()
]


@pytest.mark.parametrize(
    ("text", "verb", "said"),
    [
        ("", "help", {}),
        ("  STATUS  ", "status", {}),
        ("help Mute", "help", {"about": AT[HOME]["mute"]}),
        ("policy", "policy", {}),
        ("policy ask.spacing_days", "policy", {"key": "ask.spacing_days"}),
        ("policy quiet.hours 19:00 08:30", "policy",
         {"key": "quiet.hours", "value": "19:00 08:30"}),
        ("quiet-hours 19 8:30", "quiet-hours", {"hours": (time(19), time(8, 30))}),
        ("mute acme", "mute", {"account": "acme"}),
        ('mute "Harbor Logistics" for 30d because they’re “migrating”', "mute",
         {"account": "Harbor Logistics", "span": timedelta(days=30),
          "because": 'they’re "migrating"'}),
        ("mute acme because it's Bob's account for a while", "mute",
         {"account": "acme", "because": "it's Bob's account for a while"}),
        ("mute for for 2 weeks", "mute", {"account": "for", "span": timedelta(weeks=2)}),
        ("mute 'Acme Inc' for 1w2d", "mute", {"account": "Acme Inc", "span": timedelta(days=9)}),
        ("why acme on 2026-06-12", "why", {"account": "acme", "on": date(2026, 6, 12)}),
        ("why ACME on 12.6.2026", "why", {"account": "ACME", "on": date(2026, 6, 12)}),
        ("preview at-limit acme as Finance", "preview",
         {"moment": Moment.AT_LIMIT, "account": "acme", "audience": Role.FINANCE}),
        ("simulate 30d", "simulate", {"span": timedelta(days=30)}),
        ("keys revoke key_1", "keys", {"key": "key_1"}),
        ("pause for 4h because of the incident", "pause",
         {"span": timedelta(hours=4), "because": "of the incident"}),
        ("pause because later for 4h", "pause", {"because": "later for 4h"}),
        ("resume", "resume", {}),
    ],
)  # fmt: skip
def test_an_admin_is_understood(text: str, verb: str, said: dict[str, Any]) -> None:
    assert parse(text, HOME) == Command(verb=AT[HOME][verb], **said)


@pytest.mark.parametrize(
    ("text", "verb", "said"),
    [
        ("", "help", {}),
        ("USAGE", "usage", {}),
        ("link me", "link", {}),
        ("quiet 19:00 08:30", "quiet", {"hours": (time(19), time(8, 30))}),
        ("quiet for 2w", "quiet", {"span": timedelta(weeks=2)}),
        ("quiet off", "quiet", {"off": True}),
        ("stop", "stop", {}),
    ],
)
def test_somebody_at_an_account_is_understood(text: str, verb: str, said: dict[str, Any]) -> None:
    assert parse(text) == Command(verb=AT[CUSTOMER][verb], **said)


@pytest.mark.parametrize(
    ("place", "text", "wrong", "wants", "nearest"),
    [
        (CUSTOMER, "useage", Wrong.NO_VERB, None, "usage"),
        (CUSTOMER, "xyzzy", Wrong.NO_VERB, None, None),
        (CUSTOMER, "help wyh", Wrong.NO_VERB, None, "why"),
        (CUSTOMER, "mute acme", Wrong.ELSEWHERE, None, None),
        (CUSTOMER, "usage “Harbor Logistics”", Wrong.NOT_NEEDED, None, None),
        (CUSTOMER, "link you", Wrong.UNREADABLE, Part.ME, None),
        (CUSTOMER, "quiet tonight", Wrong.UNREADABLE, Part.WHEN, None),
        (CUSTOMER, "quiet 19:00", Wrong.MISSING, Part.HOURS, None),
        (CUSTOMER, "quiet 19:00 08:30 for 2d", Wrong.NOT_NEEDED, None, None),
        (HOME, "forward", Wrong.ELSEWHERE, None, None),
        (HOME, "mtue acme", Wrong.NO_VERB, None, "mute"),
        (HOME, "mute", Wrong.MISSING, Part.ACCOUNT, None),
        (HOME, "mute acme for", Wrong.MISSING, Part.SPAN, None),
        (HOME, "mute acme for ever", Wrong.UNREADABLE, Part.SPAN, None),
        (HOME, "mute acme for 99999d", Wrong.UNREADABLE, Part.SPAN, None),
        (HOME, "mute acme for 0d", Wrong.UNREADABLE, Part.SPAN, None),
        (HOME, "mute acme becuase busy", Wrong.NOT_NEEDED, None, "because"),
        (HOME, "why acme on 2026-02-30", Wrong.UNREADABLE, Part.DAY, None),
        (HOME, "preview pcae acme", Wrong.UNREADABLE, Part.MOMENT, "pace"),
        (HOME, "preview pace", Wrong.MISSING, Part.ACCOUNT, None),
        (HOME, "preview pace acme as finanace", Wrong.UNREADABLE, Part.AUDIENCE, "finance"),
        (HOME, "pause for 4h", Wrong.MISSING, Part.BECAUSE, None),
        (HOME, "keys revok", Wrong.UNREADABLE, Part.REVOKE, "revoke"),
        (HOME, "keys revoke", Wrong.MISSING, Part.KEY, None),
        (HOME, "quiet-hours 25:00 09:00", Wrong.UNREADABLE, Part.HOURS, None),
        (HOME, "quiet-hours 09:00 09:00", Wrong.UNREADABLE, Part.HOURS, None),
    ],
)  # fmt: skip
def test_what_is_no_command_says_precisely_why(
    place: Place, text: str, wrong: Wrong, wants: Part | None, nearest: str | None
) -> None:
    found = parse(text, place)
    assert isinstance(found, Misread)
    assert (found.wrong, found.wants, found.nearest) == (wrong, wants, nearest)


WORD = st.sampled_from(
    [*AT[HOME], *AT[CUSTOMER], "for", "on", "as", "because", "30d", "2", "weeks", '"', "'", "“",
     "2026-06-12", "19:00", "off", "me", "revoke", "pace", "acme", "<!channel>", "\u202e", "\n"]
)  # fmt: skip
TEXT = st.one_of(st.text(max_size=300), st.lists(WORD, max_size=9).map(" ".join))


@settings(max_examples=150, deadline=None)
@given(TEXT, st.sampled_from(list(Place)))
def test_any_text_is_a_command_or_a_hint(text: str, place: Place) -> None:
    found = parse(text, place)
    if isinstance(found, Misread):
        assert hints.hint(found, place, WORDS["en"]).text.strip()
        if "{" not in text:  # Nothing of ours is left unfilled.
            assert "{" not in hints.hint(found, place, WORDS["de"]).text
    else:
        assert found.verb.place is place


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("locale", LOCALES)
def test_every_verb_is_taught_by_examples_that_work(verb: Verb, locale: str) -> None:
    for example in verb.examples:
        found = parse(example, verb.place)
        assert isinstance(found, Command), example
        assert found.verb is verb
    taught = hints.about(verb, WORDS[locale]).text
    assert all(f"/segue {example}" in taught for example in verb.examples)
    assert verb.usage in hints.overview(verb.place, WORDS[locale]).text


@pytest.mark.parametrize("part", Part)
@pytest.mark.parametrize("locale", LOCALES)
def test_every_part_that_is_missing_or_unreadable_is_named(part: Part, locale: str) -> None:
    for wrong in (Wrong.MISSING, Wrong.UNREADABLE):
        misread = Misread(typed="x", wrong=wrong, wants=part, verb=AT[HOME]["mute"])
        assert hints.hint(misread, HOME, WORDS[locale]).lines[0]


def test_every_language_has_the_same_short_words() -> None:
    assert len({frozenset(words.chat) for words in WORDS.values()}) == 1
