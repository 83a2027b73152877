"""The case as a PDF: the page's words and numbers, all frozen, tagged, and the same every time."""

import io
import re
from dataclasses import replace
from datetime import date
from typing import Any

import pypdf
import pytest

from engine.errors import NotFound
from templates import case_pdf
from templates.case import page
from templates.case_facts import case_facts
from templates.case_pdf import pdf
from templates.case_view import AnswerKind, CaseAnswer, CaseView, Offer
from templates.message import Audience
from templates.pack import pack
from tests.templates.stories import AS_OF, sample_meter, sample_story, variants
from tests.templates.test_case import VARIANTS, Page, view

_RAISED = 6.0
"""Points: smaller are only the numbers of sources."""


def read(made: bytes) -> str:
    """What a person reads, without the raised numbers of sources, and without the chart."""
    parts: list[str] = []

    def take(text: str, cm: Any, _tm: Any, _font: Any, size: float) -> None:
        if cm[0] == 1.0 or not text.strip():  # The chart is drawn to its own scale.
            parts.append(text if size > _RAISED else " ")

    for one in pypdf.PdfReader(io.BytesIO(made)).pages:
        one.extract_text(visitor_text=take)
        parts.append("\n")
    return re.sub(r"[ \n\u200b]+", " ", "".join(parts))


def unsourced(case: CaseView, text: str) -> list[str]:
    """Numerals that no frozen fact explains, but for those of pages and of the list of sources."""
    text = re.sub(r"\b\d / \d\b|\b\d\. ", " ", text)
    values = {f.cited.value for f in case_facts(case, pack("en")).values()}
    for value in sorted(values, key=len, reverse=True):
        spaced = r"\s?".join(re.escape(part) for part in value.split())
        text = re.sub(rf"(?<![\d.,]){spaced}(?!\d|[.,]\d)", "§", text)
    return re.findall(r"\S*\d\S*", text)


def test_it_is_a_tagged_document_in_its_readers_language_and_always_the_same() -> None:
    made = pdf(view(), "en")
    assert made == pdf(view(), "en")
    document = pypdf.PdfReader(io.BytesIO(made))
    root = document.trailer["/Root"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert document.metadata is not None
    assert document.metadata.title == "8,420 reports delivered to your clients this month"
    assert b"pdfuaid" in root["/Metadata"].get_data()
    assert (
        pypdf.PdfReader(io.BytesIO(pdf(view(story=sample_story("de")), "de"))).trailer["/Root"][
            "/Lang"
        ]
        == "de"
    )


@pytest.mark.parametrize(("name", "story"), VARIANTS.items(), ids=list(VARIANTS))
@pytest.mark.parametrize("audience", [Audience.MANAGER, Audience.FINANCE])
def test_every_numeral_comes_from_the_frozen_facts(name, story, audience) -> None:
    case = view(story=story, audience=audience)
    assert unsourced(case, read(pdf(case, "en"))) == []


@pytest.mark.parametrize("locale", ["en", "de"])
def test_it_says_what_the_page_says(locale: str) -> None:
    story = replace(sample_story(locale), renewal=date(2027, 3, 1))
    before = replace(story, main=sample_meter(locale, used=story.main.used - 1000))
    said = CaseAnswer(kind=AnswerKind.QUESTION, at=AS_OF, text="Is the depot in this?")
    case = view(story=story, audience=Audience.FINANCE, answers=(said,), previous=before)
    squeezed = re.sub(r"\s|\d", "", read(pdf(case, locale)))
    html = page(case, locale)
    main = re.sub(
        r"<details>.*?</details>|<svg.*?</svg>|<title>.*?</title>", "", html, flags=re.DOTALL
    )
    body = main[main.index("<main>") : main.index("</main>")]
    body = re.sub(r'<section class="answers">.*?</section>', "", body, flags=re.DOTALL)
    for element in re.findall(
        r"<(?:h1|h2|h3|p|dt|dd|li)[ >].*?</(?:h1|h2|h3|p|dt|dd|li)>", body, re.S
    ):
        words = re.sub(r"\s|\d", "", Page(f"<p>{element}</p>").text)
        assert words in squeezed, element


def test_hostile_words_are_only_words() -> None:
    story = variants()["hostile"]
    note = '#import "x": * \\ $ #panic() [*a*] <script>'
    text = read(pdf(view(story=story, note=note, champion_name="#eval(1)"), "en"))
    assert "#panic()" in text
    assert "#eval(1)" in text


def test_without_its_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_pdf.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(NotFound, match=r"segue\[pdf\]"):
        pdf(view(next=Offer()), "en")
