"""Where the words meet the services: nothing is sent that the lint has not looked at."""

from dataclasses import replace

import pytest

from engine.alert import AlertClass, Moment, ReasonCode
from engine.errors import LocaleMissing
from engine.snapshot import AccountFacts, Person, Role, Snapshot
from service import wording
from templates.samples import sample_meter, sample_story


def facts(*people, locale="en", product="en"):
    account = AccountFacts(
        id="acc_harbor",
        name="Harbor Logistics",
        plan="team",
        next_plan="business",
        time_zone="Europe/Berlin",
        locale=locale,
        product_locale=product,
        currency="EUR",
    )
    return Snapshot(account=account, meters=(), people=people)


@pytest.mark.parametrize("locale", ["en", "de", "de-CH", "en-US"])
@pytest.mark.parametrize("moment", [Moment.PACE, Moment.SUSTAINED_OVER, Moment.RECURRING_FRICTION])
def test_an_ask_in_our_own_words_is_never_held_back_for_them(locale, moment):
    story = sample_story(locale, moment=moment)
    crew = (
        Person(id="ana", role=Role.CHAMPION, name="Ana Petrova"),
        Person(id="grace", role=Role.MANAGER, name="Grace Day", locale="en"),
        Person(id="will", role=Role.USER, name="Will May", locale="de"),
    )
    assert wording.blocked(story, facts(*crew, locale=locale)) is None


@pytest.mark.parametrize("locale", ["en", "de"])
@pytest.mark.parametrize(
    ("moment", "alert_class"),
    [
        (Moment.PACE, AlertClass.ASK),
        (Moment.SUSTAINED_OVER, AlertClass.ASK),
        (Moment.RECURRING_FRICTION, AlertClass.ASK),
        (Moment.MILESTONE, AlertClass.REFLECTION),
    ],
)
@pytest.mark.parametrize("name", ["exports1", "s3 requests", "v2-Aufrufe", "iPhone 15 sessions"])
def test_a_meter_may_be_called_by_a_number(name, moment, alert_class, locale):
    main = sample_meter(name_one=name, name_other=name)
    story = sample_story(locale, moment=moment, alert_class=alert_class, main=main)
    assert wording.blocked(story, facts(locale=locale)) is None


def test_a_name_that_would_stand_in_an_approvers_text_holds_the_ask_back():
    value = "delivered to clients by Ana Petrova"
    story = sample_story(main=sample_meter(name_other="reports", value=""))
    told = replace(story, product="Northwind", account_name="Harbor")
    assert wording.blocked(told, facts(Person(id="w", name="Nothing Work"))).code is (
        ReasonCode.COPY_BLOCKED
    )
    own = replace(told, main=sample_meter(value=value))
    assert wording.blocked(own, facts()) is None  # The vendor's own words are the vendor's.


def test_the_language_of_every_person_is_looked_at_a_plain_users_too():
    reader = Person(id="u", role=Role.USER, name="Ana Auch", locale="de")
    held = wording.blocked(sample_story(), facts(reader))
    assert held is not None
    assert dict(held.evidence)["rule"] == "TL14"


def test_a_message_has_its_greeting_and_its_note():
    text = wording.message(
        sample_story(),
        "manager",
        "en",
        can_buy=False,
        recipient_name="Marta Silva",
        asked_by="Ana Petrova",
        note="We rely on it.",
    )
    assert text.greeting == "Hello Marta Silva,"
    assert text.lead == "Ana Petrova asked us to send you this."
    assert text.note == "We rely on it."


@pytest.mark.parametrize("alert_class", AlertClass)
def test_a_message_is_the_same_for_the_same_story(alert_class):
    story = sample_story(moment=Moment.AT_LIMIT, alert_class=alert_class)
    one, two = (wording.message(story, "user", "de", can_buy=False) for _ in range(2))
    assert one == two


def test_a_language_without_texts_is_said():
    with pytest.raises(LocaleMissing):
        wording.message(sample_story(), "user", "xx", can_buy=False)


@pytest.mark.parametrize(("product", "read"), [("en", "en"), ("de", "de"), ("fi", "en")])
def test_whoever_reads_none_of_our_languages_is_spoken_to_in_the_products(product, read):
    swedish = facts(locale="sv", product=product)
    assert wording.locale_of(None, swedish) == read


def test_nothing_is_proposed_where_the_product_speaks_none_of_them_either():
    held = wording.blocked(sample_story(), facts(locale="sv", product="fi"))
    assert held is not None
    assert held.code is ReasonCode.LOCALE_MISSING
    assert wording.blocked(sample_story(), facts(locale="sv")) is None
