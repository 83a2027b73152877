"""The corpus: what the lint refuses and lets through, in each language, however disguised."""

import re
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from templates.lint import check_words
from templates.lint.files import check_written, messages

CORPUS = Path(__file__).parents[1] / "golden" / "copy"
LOCALES = ("en", "de")
RULES = tuple(f"TL{number:02}" for number in range(1, 15))


def read(locale, name):
    return [written for _, written in messages(CORPUS / locale / f"{name}.toml")]


GOOD = [(locale, written) for locale in LOCALES for written in read(locale, "good")]
BAD = [(locale, written) for locale in LOCALES for written in read(locale, "bad")]
# What any text of the vendor's could say, and breaks a rule of tone by its words alone.
SPOKEN = [
    (locale, written)
    for locale, written in BAD
    if written.expect in ("TL01", "TL02", "TL03", "TL05", "TL11")
    and written.title is None
    and not re.search(r"\b(?:\w ){3}|\b[A-ZÄÖÜ]{2,}\b", written.body)  # Loud by its capitals alone.
]


@pytest.mark.parametrize(("locale", "written"), GOOD, ids=lambda value: str(value)[:40])
def test_what_keeps_the_tone_passes(locale, written):
    assert check_written(written, locale) == ()


@pytest.mark.parametrize(("locale", "written"), BAD, ids=lambda value: str(value)[:40])
def test_what_breaks_it_trips_the_rule_it_names(locale, written):
    found = check_written(written, locale)
    assert written.expect in {problem.code for problem in found}
    blocked = any(problem.blocks for problem in found)
    assert blocked is (written.expect != "TL09")


@pytest.mark.parametrize("locale", LOCALES)
def test_the_corpus_is_large_and_knows_every_rule(locale):
    assert len(read(locale, "good")) >= 60
    bad = read(locale, "bad")
    assert len(bad) >= 60
    counted = Counter(written.expect for written in bad)
    assert {rule for rule in RULES if counted[rule] < 3} == set()
    assert len({written.body for written in bad}) >= 60


@pytest.mark.parametrize("locale", LOCALES)
def test_every_message_says_something_else(locale):
    bodies = [written.body for written in read(locale, "good")]
    assert len(set(bodies)) == len(bodies)


def cased(text, how):
    return {"lower": text.lower(), "title": text.title(), "upper": text.upper()}[how]


def spaced(text, gap):
    return text.replace(" ", gap)


def hidden(text, character, every):
    """`text` with an invisible character after every so many letters."""
    cut = [text[start : start + every] for start in range(0, len(text), every)]
    return character.join(cut)


def wide(text):
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


CYRILLIC = str.maketrans("aceiopxyAEO", "асеіорхуАЕО")


@settings(max_examples=300, deadline=None)
@given(
    case=st.sampled_from(("lower", "title", "upper")),
    gap=st.sampled_from((" ", "\u00a0", "\u202f", "\u2009", "\u3000", "  ", "\t")),
    mark=st.sampled_from(
        ("", "\u200b", "\u200d", "\u00ad", "\ufeff", "\u2060", "\u0336", "\ufe0f")
    ),
    every=st.integers(1, 7),
    sample=st.sampled_from(SPOKEN),
)
def test_no_disguise_lets_a_refused_text_through(case, gap, mark, every, sample):
    locale, written = sample
    text = hidden(spaced(cased(written.body, case), gap), mark, every)
    found = check_written(msgspec.structs.replace(written, body=text), locale)
    assert any(problem.blocks for problem in found), repr(text)


@settings(max_examples=200, deadline=None)
@given(
    gap=st.sampled_from((" ", "\u00a0", "\u202f", "  ")),
    mark=st.sampled_from(("", "\u200b", "\u00ad", "\u2060")),
    every=st.integers(1, 7),
    sample=st.sampled_from(SPOKEN),
)
def test_the_rule_itself_sees_through_it(gap, mark, every, sample):
    """Not only is something found: the very words are, as if nothing had been done to them."""
    locale, written = sample
    plain = {
        p.text.casefold() for p in check_words(written.body, locale) if p.code == written.expect
    }
    text = hidden(spaced(written.body, gap), mark, every)
    found = {p.text.casefold() for p in check_words(text, locale)}
    assert plain <= found


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en", wide("hurry")),
        ("en", "You could l\u043ese your data"),
        ("en", "Don\u2019t wait"),
        ("en", "Don`t wait"),
        ("en", "Don\u00b4t wait"),
        ("en", "Don\uff07t wait"),
        ("en", "𝘂𝗿𝗴𝗲𝗻𝘁"),
        ("en", "ⓛⓞⓢⓔ access"),
        ("en", "best\u2011in\u2011class"),
        ("en", "Great news\uff01"),
        ("en", "Great news\u01c3"),
        ("en", "b\u0336l\u0336o\u0336c\u0336k\u0336e\u0336d"),
        ("en", "lósé äccess"),
        ("en", "Look\u202e now"),
        ("de", wide("dringend")),
        ("de", "Ihr Z\u0075\u0308gang wird gesp\u0435rrt"),
        ("de", "𝗸𝗮𝘂𝗳𝗲𝗻 Sie"),
        ("de", "unschla\u0261bar"),
        ("de", "ka\u00adufen"),
        ("de", "Sehen Sie selbst\uff01"),
    ],
)
def test_other_alphabets_and_shapes_are_read_as_what_they_look_like(locale, text):
    assert any(problem.blocks for problem in check_words(text, locale))


@pytest.mark.parametrize(
    "written", [written for locale, written in SPOKEN if locale == "en"], ids=lambda w: w.body[:30]
)
def test_letters_of_another_script_change_nothing(written):
    found = {problem.text for problem in check_words(written.body.translate(CYRILLIC), "en")}
    wanted = {p.text for p in check_words(written.body, "en") if p.code == written.expect}
    assert wanted <= found
