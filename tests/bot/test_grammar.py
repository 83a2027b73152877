"""What people type after /segue, and what it is taken for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.grammar import VERBS, Command, Misread, Verb, parse
from bot.words import Words
from templates.pack import COPY


@pytest.mark.parametrize(
    ("text", "verb", "words"),
    [
        ("", "help", ()),
        ("   ", "help", ()),
        ("usage", "usage", ()),
        ("  USAGE  ", "usage", ()),
        ("why", "why", ()),
        ("help why", "help", ("why",)),
        ("help WHY", "help", ("WHY",)),
    ],
)
def test_a_command_is_understood(text: str, verb: str, words: tuple[str, ...]) -> None:
    assert parse(text) == Command(verb=VERBS[verb], words=words)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("useage", Misread(typed="useage", nearest="usage")),
        ("Hlep", Misread(typed="Hlep", nearest="help")),
        ("approver", Misread(typed="approver", nearest="approvers")),
        ("xyzzy", Misread(typed="xyzzy")),
        ("help wyh", Misread(typed="wyh", nearest="why")),
        ("usage now", Misread(typed="now", verb=VERBS["usage"])),
        ('usage "Harbor Logistics"', Misread(typed="Harbor Logistics", verb=VERBS["usage"])),
        ("usage “Harbor Logistics”", Misread(typed="Harbor Logistics", verb=VERBS["usage"])),
        ("usage it's", Misread(typed="it's", verb=VERBS["usage"])),
    ],
)
def test_what_is_no_command_gets_a_hint(text: str, expected: Misread) -> None:
    assert parse(text) == expected


@given(st.text(max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    assert isinstance(parse(text), Command | Misread)


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
@pytest.mark.parametrize("locale", sorted(p.name for p in COPY.iterdir()))
def test_every_verb_has_its_sentence_and_a_working_example(verb: Verb, locale: str) -> None:
    assert Words(locale).say(f"verb_{verb.name}")
    assert isinstance(parse(verb.example), Command)
    assert verb.usage.startswith(verb.name)


def test_every_language_has_the_same_short_words() -> None:
    packs = [Words(p.name) for p in COPY.iterdir()]
    assert len({frozenset(p.chat) for p in packs}) == 1
