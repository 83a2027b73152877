"""Whose banner an ask is: theirs whom it was raised for, and anybody's where nobody is known."""

from service.ingest import ingest
from tests.api.live import NOW, PEOPLE, START, Live, event, growing


def readers(world: Live, account: str) -> set[str]:
    """Who has a banner before them."""
    names = ("priya", "jonas", "mia", "nobody")
    return {name for name in names if world.widget(account, name).alert()}


def test_regulars_see_it_and_passers_by_do_not(world: Live) -> None:
    account = world.account()
    world.settle()
    assert readers(world, account) == {"priya", "jonas", "mia"}


def test_who_joined_a_week_ago_does_not_however_much_they_use_it(world: Live) -> None:
    people = {**PEOPLE, "jonas": {**PEOPLE["jonas"], "joined": "2026-11-11"}}
    account = world.account(people=people)
    world.settle()
    assert readers(world, account) == {"priya", "mia"}


def anonymous(world: Live, people: dict[str, dict[str, str]]) -> str:
    """An account of one seat whose usage says of nobody who it was."""
    account = world.account(people=people, usage={}, slack=False, seats=1)
    world.clock.set(START)
    for day, amount in growing().items():
        at = f"{day.isoformat()}T10:00:00Z"
        world.clock.set(NOW.replace(year=day.year, month=day.month, day=day.day, hour=11))
        assert ingest(world.runtime.context, [event(account, value=amount, at=at)]).accepted == 1
    world.clock.set(NOW)
    world.settle()
    return account


def test_where_nobody_is_known_whoever_opens_the_app_sees_it(world: Live) -> None:
    account = anonymous(world, {})
    assert world.decision(account)["outcome"] == "ask", world.decision(account)
    assert readers(world, account) == {"priya", "jonas", "mia", "nobody"}


def test_where_those_who_are_known_may_not_see_it_there_is_nobody_to_ask(world: Live) -> None:
    account = anonymous(world, {"priya": {**PEOPLE["priya"], "joined": "2026-11-11"}})
    assert world.decision(account)["reason"] == "no_recipient", world.decision(account)
    assert readers(world, account) == set()
