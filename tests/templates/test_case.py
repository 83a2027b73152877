"""The business case: true, self-contained, printable, and honest about what an answer does."""

import base64
import hashlib
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser

import pytest

from engine.catalogue import Tier
from engine.usage import AtLimit
from templates.case import (
    AnswerKind,
    CaseAnswer,
    CaseStatus,
    CaseView,
    Offer,
    answered,
    gone,
    not_found,
    page,
    style_hash,
)
from templates.case_facts import case_facts
from templates.message import Audience
from templates.pack import pack
from tests.templates.stories import AS_OF, sample_meter, sample_plan, sample_story, variants

NEXT = Offer(overage=Decimal("0.05"), annual=Decimal("8900"))


def view(**changes) -> CaseView:
    given = CaseView(
        story=sample_story(),
        audience=Audience.MANAGER,
        champion_name="Ana Petrova",
        recipient_name="Marta Silva",
        note="We rely on this for the Rotterdam account.",
        created_at=AS_OF,
        expires_at=AS_OF + timedelta(days=30),
        approve_url="/case/t/approve",
        decline_url="/case/t/decline",
        question_url="/case/t/question",
        next=NEXT,
    )
    return replace(given, **changes)


class Page(HTMLParser):
    """What a person reads on a page, without styles and without the raised source figures."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._skip = 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if tag == "style" or (tag == "a" and attributes.get("class") == "s"):
            self._skip += 1

    def handle_endtag(self, tag):
        if self._skip and tag in ("style", "a"):
            self._skip -= 1
        if tag in ("text", "td", "th", "dt", "dd", "p", "li", "h1", "title"):
            self.words.append(" ")

    def handle_data(self, data):
        if not self._skip:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"[ \n]+", " ", "".join(self.words))


def unsourced(case: CaseView, html: str) -> list[str]:
    """Numerals of a page that no frozen fact explains."""
    values = {fact.cited.value for fact in case_facts(case, pack("en")).values()}
    text = Page(html).text
    for value in sorted(values, key=len, reverse=True):
        text = re.sub(rf"(?<![\d.,]){re.escape(value)}(?!\d|[.,]\d)", "§", text)
    return re.findall(r"\S*\d\S*", text)


VARIANTS = {name: story for name, story in variants().items() if "hostile" not in name}


@pytest.mark.parametrize(("name", "story"), VARIANTS.items(), ids=list(VARIANTS))
@pytest.mark.parametrize("audience", [Audience.MANAGER, Audience.FINANCE])
def test_every_numeral_comes_from_the_frozen_facts(name, story, audience):
    case = view(story=story, audience=audience)
    html = page(case, "en")
    assert unsourced(case, html) == []
    marks = {int(n) for n in re.findall(r'href="#source-(\d+)"', html)}
    assert marks <= set(range(1, html.count('id="source-') + 1))


@pytest.mark.parametrize("audience", [Audience.MANAGER, Audience.FINANCE])
def test_the_page_needs_nothing_from_elsewhere_and_sends_only_by_post(audience):
    html = page(view(audience=audience), "en")
    tags = Page(html).tags
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in tags}
    for tag, attributes in tags:
        assert not any(key.startswith("on") or key == "style" for key in attributes), tag
        for key in ("href", "src", "action"):
            assert (attributes.get(key) or "/")[0] in "/#?"
    forms = [attributes for tag, attributes in tags if tag == "form"]
    assert [form["action"] for form in forms] == [
        "/case/t/approve", "/case/t/question", "/case/t/decline",
    ]  # fmt: skip
    assert {form["method"] for form in forms} == {"post"}
    assert ("meta", {"name": "referrer", "content": "no-referrer"}) in tags


def test_the_style_is_the_one_its_hash_allows():
    for html in (page(view(), "en"), gone("Northwind", "en"), not_found("Northwind", "en")):
        style = re.search(r"<style>(.*?)</style>", html, re.DOTALL).group(1)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert style_hash() == f"'sha256-{digest}'"


def test_finance_reads_what_both_choices_cost_first():
    text = Page(page(view(audience=Audience.FINANCE), "en")).text
    assert text.index("What each choice costs") < text.index("What your team gets done")
    for amount in ("€490.00", "€890.00", "€810.00", "€320.00", "€0.0579", "€10,680.00"):
        assert amount in text
    assert "“At this pace” means 14,000 reports this month: 8,420 so far, and 468 a day" in text
    assert "From 15,000 to 25,000 reports a month, Business costs no more than Team." in text
    assert "the contract prevails" in text


@pytest.mark.parametrize(
    ("audience", "head"),
    [
        (Audience.MANAGER, "Die Möglichkeiten nebeneinander"),
        (Audience.FINANCE, "Was jede Möglichkeit kostet"),
    ],
)
def test_a_german_reader_reads_german_throughout(audience, head):
    html = page(view(story=sample_story("de"), audience=audience, note=""), "de")
    text = Page(html).text
    assert '<html lang="de">' in html
    for part in (
        head,
        "Was Ihr Team erledigt",
        "rund um den 20.–24. November",
        "890,00\u00a0€",
        "Auch über 10.000 hinaus läuft alles weiter",
        "Werden es im Monat 15.000 bis 25.000 Berichte, kostet Business nicht mehr als Team.",
        "Eine Antwort hier löst keinen Kauf aus und ändert keinen Tarif.",
        "gilt der Vertrag",
    ):
        assert part in text
    words = set(re.findall(r"[a-zäöüß]+", text.lower()))
    assert not words & {"the", "and", "your", "with", "month", "around", "plan", "of"}


def test_a_manager_reads_outcome_and_continuity_first():
    text = Page(page(view(), "en")).text
    assert text.index("What your team gets done") < text.index("The choices, side by side")
    assert "8,420 reports delivered to your clients this month" in text
    assert "We rely on this for the Rotterdam account." in text


@pytest.mark.parametrize(
    ("truth", "sentence"),
    [
        (AtLimit.CONTINUES, "Nothing stops at 10,000; each report above it costs €0.08"),
        (AtLimit.SOFT, "work carries on for a grace period once 10,000 is passed"),
        (AtLimit.STOPS, "new reports wait once 10,000 are in use, until 1 December"),
    ],
)
def test_what_happens_if_nothing_is_done_is_told_truly(truth, sentence):
    case = view(story=sample_story(main=sample_meter(at_limit=truth)))
    assert sentence in Page(page(case, "en")).text


def test_an_answer_buys_nothing_and_the_page_says_so():
    text = Page(page(view(), "en")).text
    assert "An answer here buys nothing and changes no plan." in text
    assert "somebody using the link sent to Marta Silva" in text
    assert "can see how often this page was opened, but not by whom" in text


@pytest.mark.parametrize("locale", ["en", "de"])
def test_where_no_price_is_known_nothing_is_said_to_be_one(locale):
    unpriced = variants(locale)["no_price"]
    unpriced = replace(unpriced, main=replace(unpriced.main, overage=None))
    case = view(story=unpriced, audience=Audience.FINANCE, next=Offer())
    text = Page(page(case, locale)).text
    stay, claims, unknown = {
        "en": ("Stay on Team", ("what they cost", "What each choice costs", "net of tax"),
               ("Each one above that not stated", "What these plans cost is not stated here")),
        "de": ("Bei Team bleiben", ("was sie kosten", "Was jede Möglichkeit kostet", "netto"),
               ("je Einheit keine Angabe", "Was diese Tarife kosten, steht hier nicht")),
    }[locale]  # fmt: skip
    assert "€" not in text
    assert stay in text
    for claim in claims:
        assert claim not in text
    for said in unknown:
        assert said in text
    assert text.count(unknown[0]) == 2  # Of both plans.


def test_a_price_that_is_not_stated_beside_one_that_is_says_so():
    story = replace(sample_story(), next_plan=sample_plan("business", "Business", None))
    text = Page(page(view(story=story, audience=Audience.FINANCE, next=Offer()), "en")).text
    moving = text[text.index("Move to Business") : text.index("means 14,000")]
    assert "Price not stated" in moving
    assert "Each one above that not stated" in moving
    assert text.count("Price not stated") == 1


def test_an_overage_that_is_not_stated_says_so_beside_tiers():
    tiers = (Tier(unit=Decimal("0.08"), up_to=Decimal(1000)), Tier(unit=Decimal("0.05")))
    text = Page(page(view(now=Offer(overage=tiers), next=Offer()), "en")).text
    assert "Each one above that not stated" in text
    stops = sample_story(main=sample_meter(at_limit=AtLimit.STOPS, overage=None))
    assert "not stated" not in Page(page(view(story=stops, next=Offer()), "en")).text


def test_tiers_are_listed_and_counted():
    tiers = (Tier(unit=Decimal("0.08"), up_to=Decimal(1000)), Tier(unit=Decimal("0.05")))
    case = view(now=Offer(overage=tiers))
    text = Page(page(case, "en")).text
    assert "Above that, the first 1,000 €0.08" in text
    assert "€230.00" in text  # 1,000 at 0.08 and 3,000 at 0.05.
    assert unsourced(case, page(case, "en")) == []


def test_answers_are_shown_and_an_answered_case_asks_no_more():
    asked = CaseAnswer(kind=AnswerKind.QUESTION, at=AS_OF, text="Is the depot in this?")
    open_ = page(view(status=CaseStatus.QUESTION, answers=(asked,)), "en")
    assert "Is the depot in this?" in open_
    assert "<form" in open_
    agreed = CaseAnswer(kind=AnswerKind.APPROVED, at=AS_OF)
    case = view(status=CaseStatus.APPROVED, answers=(asked, agreed))
    closed = page(case, "en")
    assert "<form" not in closed
    assert "Somebody using the link sent to Marta Silva agreed to the move" in Page(closed).text
    assert unsourced(case, closed) == []


@pytest.mark.parametrize("status", [CaseStatus.REVOKED, CaseStatus.EXPIRED])
def test_a_case_that_is_over_shows_no_facts(status):
    html = page(view(status=status), "en")
    assert "This case is over" in html
    assert "8,420" not in html


@pytest.mark.parametrize("kind", AnswerKind)
def test_after_an_answer_it_is_said_what_was_recorded(kind):
    html = answered("Northwind", kind, locale="en", champion_name="Ana <b>", back_url="/case/t")
    assert "Ana &lt;b&gt;" in html
    assert '<a href="/case/t">' in html


@pytest.mark.parametrize("name", ["hostile", "hostile_meter", "arabic"])
def test_hostile_names_stay_text(name):
    bad = "<script>alert(1)</script>\u202e|\x1f"
    html = page(view(story=variants()[name], note=bad, champion_name=bad), "en")
    assert "<script" not in html
    assert "\u202e" not in html
