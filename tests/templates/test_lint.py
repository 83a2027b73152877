"""The tone lint, as a table: sentences it refuses, and calm ones it lets through."""

from dataclasses import replace
from decimal import Decimal

import pytest

from engine.alert import AlertClass, Moment
from engine.usage import AtLimit
from templates.facts import CitedFact, facts_of
from templates.lint import check, neutral
from templates.message import Audience, message
from templates.pack import pack
from tests.templates.stories import AS_OF, sample_meter, sample_plan, sample_story, stories

ASK = sample_story()
NOTICE = sample_story(moment=Moment.AT_LIMIT, alert_class=AlertClass.NOTICE)
REFLECTION = sample_story(moment=Moment.MILESTONE, alert_class=AlertClass.REFLECTION)
VALUE = "Your team is at 8,420 reports."
CALM = "Nothing stops when that happens."


def said(body, story=ASK, *, title="Reports", audience=Audience.CHAMPION, can_buy=True):
    """A message with this text, citing every fact that is in it."""
    text = message(story, audience=audience, locale="en", can_buy=can_buy)
    known = (fact.cited for fact in facts_of(story, pack("en")).values())
    facts = tuple(fact for fact in known if fact.value in f"{title} {body}")
    return replace(text, title=title, body=body, facts=facts)


def codes(text, story=ASK, *, audience=Audience.CHAMPION, labels=("Not now",), people=()):
    found = check(text, story, audience=audience, locale="en", labels=labels, people=people)
    return {problem.code for problem in found}


BAD = [
    ("TL01", "You are about to run out of reports."),
    ("TL01", "Your limit was reached."),
    ("TL01", "You will be blocked."),
    ("TL01", "You could lose access."),
    ("TL01", "Reports are locked after that."),
    ("TL01", "Your account is out of quota."),
    ("TL01", "Your work is at risk."),
    ("TL01", "You have exceeded your limit."),
    ("TL02", "Talk to us now."),
    ("TL02", "Hurry, it is nearly over."),
    ("TL02", "This is your last chance."),
    ("TL02", "Please reply as soon as possible."),
    ("TL02", "The deadline is near."),
    ("TL02", "Only a few days, so act quickly."),
    ("TL03", "Most customers choose the larger plan."),
    ("TL03", "Teams like yours already moved."),
    ("TL03", "Everyone is on it."),
    ("TL03", "It is trusted by leaders."),
    ("TL04", "No thanks, I like being slow."),
    ("TL04", "Or stay limited."),
    ("TL05", "Unlock more reports."),
    ("TL05", "Boost your output."),
    ("TL05", "A best-in-class plan."),
    ("TL05", "Upgrade now."),
    ("TL05", "We have a special offer."),
    ("TL05", "That is great news!"),
    ("TL05", "It is VERY easy."),
    ("TL05", "A good month 🎉."),
    ("TL05", "It is a no-brainer."),
    ("TL07", "That is 87 % of the plan."),
    ("TL07", "You have 1,580 to go."),
    ("TL07", "It happens on 23 November."),
    ("TL07", "It costs €891.00 a month."),
    ("TL07", "You made 8,421 of them."),
    ("TL11", "You must decide."),
    ("TL11", "Congratulations on that."),
    ("TL11", "You should have a look."),
    ("TL12", "At this pace you pass it soon."),
    ("TL12", "You will pass the 10,000 on 20–24 November."),
    ("TL12", "At this pace you pass 10,000 by 20–24 November."),
]


@pytest.mark.parametrize(("code", "sentence"), BAD)
def test_refused(code, sentence):
    assert code in codes(said(f"{VALUE} {CALM} {sentence}"))


GOOD = [
    "If you'd like to plan ahead, Business includes 25,000.",
    "At this pace you pass the 10,000 included in Team around 20–24 November.",
    "At this pace 10,000 is passed around 20–24 November.",
    "Business costs €890.00 a month.",
    "Team costs €490.00 a month.",
    "Each one above that costs €0.08.",
    "That is more than in October, which closed at 7,310.",
    "Your team has worked this way since March.",
    "14 people worked with it over the last four weeks.",
    "Use was seen on 22 days.",
    "Counting starts again on 1 December.",
    "The case shows both choices side by side.",
    "Harbor Logistics relies on Northwind Reports.",
    "Here is what Business would look like.",
    "If it helps, pass this on to whoever looks after the plan.",
    "The work itself stays as it is.",
    "There is nothing to do.",
    "The numbers are ready to pass on.",
    "Nobody has to decide anything this month.",
    "Ask for a PDF if you like one.",
    "The larger plan holds 25,000 a month.",
    "Your renewal is on 1 March 2027.",
    "These are the figures as of 18 November 2026, 16:20 (Europe/Berlin).",
    "Clients read what your team writes.",
    "You can answer whenever it suits you.",
    "A smaller step is fine too.",
    "Know-how grows with each report.",
]


@pytest.mark.parametrize("sentence", GOOD)
def test_let_through(sentence):
    assert codes(said(f"{VALUE} {CALM} {sentence}")) == set()


@pytest.mark.parametrize(
    ("truth", "sentence", "wanted"),
    [
        (AtLimit.CONTINUES, "", {"TL08"}),
        (AtLimit.CONTINUES, "Nothing stops.", set()),
        (AtLimit.STOPS, "Nothing stops.", {"TL08"}),
        (AtLimit.STOPS, "New reports wait until 1 December.", set()),
        (AtLimit.CONTINUES, "New reports wait until 1 December.", {"TL08"}),
        (AtLimit.SOFT, "Work carries on for a grace period.", set()),
        (AtLimit.SOFT, "Nothing stops.", {"TL08"}),
    ],
)
def test_an_ask_tells_truly_what_happens_at_the_limit(truth, sentence, wanted):
    story = sample_story(main=sample_meter(at_limit=truth))
    assert codes(said(f"{VALUE} {sentence}", story), story) == wanted


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (f"Things go well. {CALM}", {"TL06"}),
        (f"The plan includes 10,000 and your team is at 8,420. {CALM}", {"TL06"}),
        (f"Your team is at 8,420 and the plan includes 10,000. {CALM}", set()),
    ],
)
def test_value_comes_before_the_limit(body, wanted):
    assert codes(said(body)) == wanted


def test_prices_are_for_who_may_see_them():
    text = said(f"{VALUE} {CALM} Business costs €890.00.", can_buy=False)
    assert codes(text) == {"TL13"}
    assert "TL13" in codes(said(f"{VALUE} It costs €890.00 a month.", NOTICE), NOTICE)


@pytest.mark.parametrize("story", [NOTICE, REFLECTION])
@pytest.mark.parametrize(
    "sentence", ["Business has more.", "If you'd like to plan ahead, ask.", "Upgrade whenever."]
)
def test_only_an_ask_may_offer_anything(story, sentence):
    assert "TL13" in codes(said(f"{VALUE} {sentence}", story), story)


def test_a_notice_does_not_even_name_the_plan():
    assert codes(said(f"{VALUE} Team includes 10,000.", NOTICE), NOTICE) == {"TL13"}
    assert codes(said(f"{VALUE} Team includes 10,000.", REFLECTION), REFLECTION) == set()


def test_a_decline_is_one_of_the_neutral_labels():
    text = said(f"{VALUE} {CALM}")
    assert codes(text, labels=("No thanks, I prefer slow",)) == {"TL04"}
    assert codes(text, labels=("Not now", "Don't suggest this again", "Close")) == set()


def test_approvers_read_nothing_about_a_single_person():
    text = said(f"{VALUE} {CALM} Ana made most of them.", audience=Audience.MANAGER)
    assert codes(text, audience=Audience.MANAGER, people=("Ana Petrova",)) == {"TL14"}
    assert codes(text, audience=Audience.CHAMPION, people=("Ana Petrova",)) == set()


def test_lengths():
    assert codes(said(f"{VALUE} {CALM} " + "word " * 60)) >= {"TL10"}
    assert codes(said(f"{VALUE} {CALM}", title="A title that " + "goes on " * 8)) == {"TL10"}
    assert codes(said(f"{VALUE} {CALM}", title="")) == {"TL10"}


def test_a_fact_that_is_not_the_storys_is_found_out():
    text = said(f"{VALUE} {CALM}")
    false = CitedFact(id="reports.used", label="reports used", value="9,000", as_of=AS_OF)
    assert codes(replace(text, facts=(*text.facts, false))) == {"TL07"}
    assert codes(replace(text, facts=())) == {"TL07"}
    assert codes(replace(text, source_line="Source: trust us")) == {"TL07"}


def test_names_are_data_and_not_our_words():
    story = sample_story(
        account_name="HURRY UP! Now Ltd",
        product="Boost 3000",
        plan=sample_plan("team", "Unlock 20", "490.00"),
        next_plan=sample_plan("business", "ULTIMATE 🎉", "890.00"),
    )
    for audience in Audience:
        text = message(story, audience=audience, locale="en", can_buy=True)
        assert codes(text, story, audience=audience) == set()


@pytest.mark.parametrize("locale", ["en", "de"])
@pytest.mark.parametrize("number", range(0, len(stories()), 7))
def test_the_built_in_text_sells_nothing_and_always_passes(locale, number):
    _, story = stories(locale)[number]
    text = neutral(story, locale)
    notice = story.alert_class is AlertClass.NOTICE
    told = replace(story, alert_class=AlertClass.NOTICE if notice else AlertClass.REFLECTION)
    assert check(text, told, audience=Audience.USER, locale=locale) == ()


def test_a_price_among_the_facts_is_one_even_where_no_text_says_it():
    text = said(f"{VALUE} {CALM}", can_buy=False)
    price = facts_of(ASK, pack("en"))["next_price"].cited
    assert codes(replace(text, facts=(*text.facts, price))) == {"TL13"}


def test_a_price_says_what_period_it_is_for():
    assert codes(said(f"{VALUE} {CALM} Business costs €890.00.")) == {"TL13"}
    assert codes(said(f"{VALUE} {CALM} Business costs €890.00 a month.")) == set()


def test_a_price_for_one_unit_may_be_the_same_text_as_the_plans():
    free = replace(
        sample_story(moment=Moment.SUSTAINED_OVER),
        plan=sample_plan("team", "Team", "0.00"),
        next_plan=sample_plan("business", "Business", "0.00"),
        main=sample_meter(overage=Decimal("0.00")),
    )
    text = message(free, audience=Audience.FINANCE, locale="en", can_buy=True)
    assert "Each one above that costs €0.00. Team costs €0.00 a month" in text.body
    assert codes(text, free, audience=Audience.FINANCE) == set()
    bare = replace(text, body=text.body.replace("€0.00 a month", "€0.00"))
    assert codes(bare, free, audience=Audience.FINANCE) == {"TL13"}
