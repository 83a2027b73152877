"""Who hears it: one champion by push, and those who may see the banner."""

from datetime import date, timedelta
from typing import Any

import pytest

from engine.alert import AlertClass, FeedbackKind, PastAlert
from engine.audience import Audience
from engine.policy import Policy, RecipientsPolicy
from engine.snapshot import Person, Role, UserDays
from tests.builders import TODAY, ago, alert, answer, at, growing, person, user_days

ASK = AlertClass.ASK
FOUR, FIVE, THREE = (1, 2, 3, 4), (1, 2, 3, 4, 5), (1, 2, 3)


def audience(*people: Person, days: tuple[UserDays, ...] = (), **others: Any) -> Audience:
    facts = growing(people=people, user_days=days, **others)
    return Audience(facts, Policy(), at())


def user(name: str, **others: Any) -> Person:
    return person(name, Role.USER, **others)


CASES: dict[str, tuple[Audience, str | None]] = {
    "nobody": (audience(), None),
    "the champion by role": (audience(user("bob"), person("ada")), "ada"),
    "not who can't be reached": (audience(person("ada", reachable=())), None),
    "not who is muted": (audience(person("ada", muted=True)), None),
    "not who joined lately": (audience(person("ada", joined=TODAY - timedelta(13))), None),
    "who joined a fortnight ago": (audience(person("ada", joined=TODAY - timedelta(14))), "ada"),
    "not who was asked within 60 days": (audience(person("ada", last_asked=ago(59.9))), None),
    "who was asked 60 days ago": (audience(person("ada", last_asked=ago(60))), "ada"),
    "a role goes before use": (
        audience(user("bob"), person("ada"), days=(user_days("bob", *FIVE, 30),)),
        "ada",
    ),
    "a user of three days carries nothing": (
        audience(user("bob"), days=(user_days("bob", *THREE, 40),)),
        None,
    ),
    "a user of four days": (audience(user("bob"), days=(user_days("bob", *FOUR, 40),)), "bob"),
    "the most days": (
        audience(
            user("bob"),
            user("cy"),
            days=(user_days("bob", *FOUR, 40), user_days("cy", *FIVE, 40)),
        ),
        "cy",
    ),
    "who can buy among equals": (
        audience(
            user("bob"),
            user("cy", can_buy=True),
            days=(user_days("bob", *FOUR, 90), user_days("cy", *FOUR, 40)),
        ),
        "cy",
    ),
    "then who came first": (
        audience(
            user("bob"),
            user("cy"),
            days=(user_days("bob", *FOUR, 40), user_days("cy", *FOUR, 90)),
        ),
        "cy",
    ),
    "then by id": (
        audience(
            user("cy"), user("bob"), days=(user_days("bob", *FOUR, 40), user_days("cy", *FOUR, 40))
        ),
        "bob",
    ),
    "of two champions who uses it at all": (
        audience(person("ada", can_buy=True), person("bob"), days=(user_days("bob", 1),)),
        "bob",
    ),
    "of two who don't any more who can buy": (
        audience(person("ada", can_buy=True), person("bob"), days=(user_days("bob", 40),)),
        "ada",
    ),
    "joined with their first use where nobody said": (
        audience(user("bob", joined=None), days=(user_days("bob", *FOUR),)),
        None,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_recipient(name: str) -> None:
    asked, champion = CASES[name]
    assert asked.recipient(ASK) == champion


def test_who_was_pushed_an_ask_lately_is_left_in_peace() -> None:
    old = alert(charged=ago(40), closed=ago(39), person="ada")
    assert audience(person(), person("bob"), alerts=(old,)).recipient(ASK) == "bob"


@pytest.mark.parametrize(
    ("name", "past"),
    [
        ("a reflection", alert(alert_class=AlertClass.REFLECTION, charged=ago(9), person="ada")),
        ("a ghost", alert(charged=ago(9), person="ada", ghost=True)),
        ("on its way", alert(raised=ago(1), person="ada")),
    ],
)
def test_only_an_ask_that_arrived_was_asked(name: str, past: PastAlert) -> None:
    assert audience(person(), alerts=(past,)).recipient(ASK) == "ada"


def test_a_notice_goes_to_an_admin_too_but_to_no_plain_user() -> None:
    root = person("root", Role.ADMIN, joined=TODAY)
    assert audience(user("bob"), root).recipient(AlertClass.NOTICE) == "root"
    assert audience(root).recipient(AlertClass.REFLECTION) is None
    assert audience(user("bob")).recipient(AlertClass.NOTICE) is None


def test_a_reflection_goes_to_a_champion_who_has_been_there_for_a_while() -> None:
    lately = person(joined=TODAY - timedelta(13))
    assert audience(user("bob"), lately).recipient(AlertClass.REFLECTION) is None
    assert audience(lately).recipient(AlertClass.NOTICE) == "ada"


def test_who_never_uses_it_is_no_champion_however_little_is_asked_for() -> None:
    little = Policy(recipients=RecipientsPolicy(value_days=1))
    for days, champion in (((1,), "bob"), ((28,), None)):
        facts = growing(people=(user("bob"),), user_days=(user_days("bob", *days),))
        assert Audience(facts, little, at()).recipient(ASK) == champion
    alone = growing(people=(user("bob"),))
    assert Audience(alone, little, at()).recipient(ASK) is None


def test_a_reflection_and_a_notice_mind_no_sixty_days() -> None:
    asked = audience(person("ada", last_asked=ago(10)))
    assert asked.recipient(AlertClass.REFLECTION) == "ada"
    assert asked.recipient(AlertClass.NOTICE) == "ada"


def test_after_a_stop_a_notice_is_in_the_widget_only() -> None:
    assert audience(person(), objected=True).recipient(AlertClass.NOTICE) is None
    word = answer(
        alert(charged=ago(90)), FeedbackKind.MUTED, ago(80), Role.ADMIN, whole_account=True
    )
    assert audience(person(), answers=(word,)).recipient(AlertClass.NOTICE) is None
    assert audience(person(muted=True)).recipient(AlertClass.NOTICE) is None


def test_the_banner_is_for_carriers_and_for_those_who_rely_on_it() -> None:
    asked = audience(
        person("ada"),
        person("max", Role.MANAGER),
        person("fin", Role.FINANCE),
        user("bob"),
        user("cy"),
        person("root", Role.ADMIN),
        days=(
            user_days("bob", *FOUR, 40),
            user_days("cy", *THREE, 40),
            user_days("unknown", *FOUR, 40),
        ),
    )
    assert asked.banner(ASK) == ("ada", "bob", "fin", "max", "unknown")


TOMORROW = TODAY + timedelta(1)
OF_ASK = alert(charged=ago(80))
OF_REFLECTION = alert(alert_class=AlertClass.REFLECTION, charged=ago(80))


@pytest.mark.parametrize(
    ("kind", "days", "until", "sees"),
    [
        (FeedbackKind.MUTED, 70, None, False),
        (FeedbackKind.MUTED, 70, TOMORROW, False),
        (FeedbackKind.MUTED, 70, TODAY, True),
        (FeedbackKind.MUTED, 0, None, False),
        (FeedbackKind.MUTED, -1, None, True),
        (FeedbackKind.NOT_USEFUL, 0, None, False),
        (FeedbackKind.NOT_USEFUL, -1, None, True),
        (FeedbackKind.SNOOZED, 70, TOMORROW, False),
        (FeedbackKind.SNOOZED, 70, TODAY, True),
        (FeedbackKind.SNOOZED, 59, TODAY, False),
        (FeedbackKind.SNOOZED, 60, None, True),
        (FeedbackKind.DECLINED, 70, TOMORROW, False),
        (FeedbackKind.NOT_USEFUL, 70, TOMORROW, False),
        (FeedbackKind.NOT_USEFUL, 59, None, False),
        (FeedbackKind.NOT_USEFUL, 60, None, True),
        (FeedbackKind.USEFUL, 70, None, True),
    ],
)
@pytest.mark.parametrize("to", [OF_ASK, OF_REFLECTION], ids=["an ask", "a reflection"])
def test_a_users_own_word_binds_them(
    to: PastAlert, kind: FeedbackKind, days: int, until: date | None, sees: bool
) -> None:
    word = answer(to, kind, ago(days), Role.USER, person="bob", until=until)
    asked = audience(user("bob"), days=(user_days("bob", *FOUR, 90),), answers=(word,))
    assert ("bob" in asked.banner(ASK)) is sees
    assert (asked.recipient(ASK) == "bob") is sees


@pytest.mark.parametrize(
    ("to", "days", "sees"),
    [
        (OF_ASK, 59, False),
        (OF_ASK, 60, True),
        (OF_ASK, 0, False),
        (OF_ASK, -1, True),
        (OF_REFLECTION, 1, True),
    ],
)
def test_who_saw_the_banner_of_an_ask_was_asked(to: PastAlert, days: int, sees: bool) -> None:
    word = answer(to, FeedbackKind.SEEN, ago(days), Role.USER, person="bob")
    asked = audience(user("bob"), days=(user_days("bob", *FOUR, 90),), answers=(word,))
    assert ("bob" in asked.banner(ASK)) is sees
    assert (asked.recipient(ASK) == "bob") is sees


def test_whom_it_was_pushed_to_was_asked_then_and_not_when_they_answered() -> None:
    pushed = alert(charged=ago(60), person="ada")
    word = answer(pushed, FeedbackKind.USEFUL, ago(50))
    assert audience(person("ada"), alerts=(pushed,), answers=(word,)).recipient(ASK) == "ada"


def test_the_whole_account_is_muted_by_whom_it_was_pushed_to() -> None:
    pushed = alert(charged=ago(80), person="bob")
    for who, quiet in (("bob", True), ("cy", False)):
        word = answer(
            pushed, FeedbackKind.MUTED, ago(79), Role.USER, person=who, whole_account=True
        )
        told = audience(person("ada"), alerts=(pushed,), answers=(word,))
        assert told.quiet is quiet
        assert (who in told.muted) is not quiet


def reads(*people: Person, **others: Any) -> bool:
    """Whether anybody may see an ask's banner, where all who could are known."""
    return audience(*people, readers_known=True, **others).somebody(ASK)


def test_somebody_may_see_a_banner() -> None:
    assert reads(person("ada"))
    assert reads(person("max", Role.MANAGER, reachable=()))
    assert reads(days=(user_days("unknown", *FOUR, 40),))


def test_nobody_may_see_a_banner() -> None:
    assert not reads(person("ada", muted=True))
    assert not reads(person("ada", last_asked=ago(10)))
    assert not reads(person("ada", joined=TODAY))
    assert not reads(user("bob"))
    assert not reads(days=(user_days("unknown", *THREE, 40),))


def test_where_nobody_is_known_whoever_opens_the_app_may_see_it() -> None:
    assert reads()
    lately = alert(charged=ago(50), person="gone")
    assert not reads(alerts=(lately,))
    assert reads(alerts=(alert(charged=ago(60), person="gone"),))
    assert reads(alerts=(alert(charged=ago(50)),))
    seen = answer(OF_ASK, FeedbackKind.SEEN, ago(10), Role.USER, person="gone")
    assert not reads(answers=(seen,))


def test_where_readers_are_not_asked_after_anybody_may_be_meant() -> None:
    assert audience(person("ada", muted=True)).somebody(ASK)


def test_an_asks_banner_too_is_shown_to_nobody_twice_in_60_days() -> None:
    asked = audience(person("ada", last_asked=ago(10)))
    assert asked.banner(ASK) == ()
    assert asked.banner(AlertClass.REFLECTION) == ("ada",)
