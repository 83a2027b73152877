"""Asks that do harm pause themselves, say so everywhere, and go on when an admin says so."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count
from typing import Any

import httpx
import pytest
from sqlalchemy import delete
from sqlmodel import select
from typer.testing import CliRunner

from engine import holdout
from engine.snapshot import Arm
from segue.cli import app
from segue.worker import night
from service import configure, pause
from service.explain import explain
from store import audit, tables
from templates.paused import told
from tests.api.live import NOW, PEOPLE, Live, growing, live, policy
from tests.backends import ONE, Backend

BACKENDS = ONE

SHARE = 0.05
REFUSING = 31
PRIYA = {"priya": PEOPLE["priya"]}
_numbers = count(1)


@pytest.fixture(scope="module")
def running(backend: Backend) -> Iterator[Live]:
    """Thirty-one accounts were asked, each said that it was not useful, and two weeks went by."""
    with live(backend, holdout=SHARE) as made:
        usage = {day: used for day, used in growing().items() if day >= date(2026, 10, 1)}
        lean: dict[str, Any] = {"usage": usage, "people": PRIYA, "slack": False}
        asked = [made.account(account=treated(made), **lean) for _ in range(REFUSING)]
        made.settle()
        for account in asked:
            alert = made.widget(account).alert()
            assert alert is not None, made.decision(account)
            assert made.widget(account).say(alert["id"], "not_useful").is_success
        made.made.clear()
        yield made


@pytest.fixture
def world(running: Live) -> Iterator[Live]:
    running.clock.set(NOW + timedelta(days=15))
    yield running
    running.reset()
    with running.runtime.context.database.write() as session:
        session.execute(delete(tables.Pause))


def treated(world: Live) -> str:
    key = world.runtime.context.secrets.key("holdout")
    names = (f"treated-{next(_numbers)}" for _ in count())
    return next(n for n in names if holdout.arm(key, n, SHARE) is Arm.TREATED)


def after_night(world: Live) -> None:
    night(world.runtime.context)


def segue(world: Live, monkeypatch: pytest.MonkeyPatch, *args: str) -> Any:
    monkeypatch.setenv("SEGUE_DATABASE_URL", world.runtime.settings.database_url)
    monkeypatch.setenv("SEGUE_SECRET_KEYS", "a-key-that-every-node-has")
    return CliRunner().invoke(app, args)


def at_its_limit(world: Live) -> str:
    """An account that a notice and an ask are due for: 1,020 of 1,000 on the third of December."""
    today = world.clock.now().date()
    usage = growing(today) | {date(2026, 12, 1): 450, date(2026, 12, 2): 450}
    account = world.account(account=treated(world), usage=usage)
    world.use(account, 120)
    world.settle()
    return account


def test_harm_is_found_in_the_night_and_holds_asks_back_but_no_notice(world: Live) -> None:
    after_night(world)
    account = at_its_limit(world)
    decision = world.decision(account)
    assert (decision["outcome"], decision["reason"]) == ("notice", "policy_off")
    assert ["paused", "2026-12-03"] in decision["reasons"][0]["evidence"]
    assert decision["sentence"] == (
        "Held back because suggestions were paused for everybody on 3 December. Since 3 December "
        "none goes out: “segue doctor” says why, “segue resume” lets them go on."
    )
    assert "nothing to suggest" in decision["customer_sentence"]
    assert [a["class"] for a in world.alerts(account)] == ["notice"]
    assert explain(world.runtime.context, account).replayed


def test_before_the_night_and_without_harm_asks_go_out(world: Live) -> None:
    account = at_its_limit(world)
    assert {a["class"] for a in world.alerts(account)} == {"notice", "ask"}
    world.clock.set(NOW + timedelta(days=5))
    assert pause.watch(world.runtime.context) is None


def test_what_was_on_its_way_is_dropped_and_its_banner_waits(world: Live) -> None:
    world.clock.set(NOW.replace(hour=20) + timedelta(days=15))
    account = at_its_limit(world)
    notice = world.widget(account).alert()
    assert notice is not None
    world.widget(account).say(notice["id"], "dismissed")
    seen = world.widget(account).alert()
    assert seen is not None
    assert seen["class"] == "ask"
    assert [d["state"] for d in world.deliveries(account)] == ["due"]
    after_night(world)
    assert world.widget(account).alert() is None
    world.clock.set(NOW + timedelta(days=16))
    world.settle()
    assert [d["state"] for d in world.deliveries(account)] == ["expired"]
    pause.resume(world.runtime.context, by="test", because="the copy was mended")
    back = world.widget(account).alert()
    assert back is not None
    assert back["id"] == seen["id"]


def test_everybody_who_looks_after_it_can_see_it(
    world: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    fine = segue(world, monkeypatch, "doctor").stdout
    assert fine.startswith("Nothing stands in the way.\n- 0 of 31 accounts that could be asked")
    assert world.admin("GET", "/v1/config").json()["paused"] is None
    after_night(world)
    found = world.admin("GET", "/v1/config").json()["paused"]
    assert (found["why"], found["since"]) == ("harm", "2026-12-03T08:00:00+00:00")
    began, harm, then = found["sentences"]
    assert began.startswith("Suggestions paused themselves on 3 December 2026, 09:00")
    assert harm.startswith("Of the 31 accounts that were asked, ")
    assert harm.endswith(" at least said no; up to 50% are tolerated.")
    assert "segue resume" in then
    page = segue(world, monkeypatch, "doctor").stdout
    assert page.startswith("Suggestions are paused.\n")
    assert all(line in page for line in found["sentences"])
    ready = httpx.get(f"{world.url}/readyz").json()
    assert ready["ready"] is True
    assert "paused" in ready["notes"][0]


def test_an_admin_looks_first_and_then_lets_asks_go_on(
    world: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Nothing is paused" in segue(world, monkeypatch, "resume").stdout
    after_night(world)
    account = at_its_limit(world)
    dry = segue(world, monkeypatch, "resume", "--dry-run")
    assert dry.exit_code == 0
    assert "at least said no" in dry.stdout
    assert "Nothing was changed" in dry.stdout
    assert pause.in_force(world.runtime.context) is not None
    without_a_reason = segue(world, monkeypatch, "resume")
    assert without_a_reason.exit_code != 0
    assert pause.in_force(world.runtime.context) is not None
    done = segue(world, monkeypatch, "resume", "--because", "the copy was mended")
    assert done.stdout.endswith("Suggestions go on.\n")
    world.clock.advance(days=1)
    world.settle()
    assert {a["class"] for a in world.alerts(account)} == {"notice", "ask"}
    with world.runtime.context.database.read() as session:
        entries = audit.newest(session, limit=20)
    resumed = next(e for e in entries if e.action == "asks.resume")
    assert (resumed.actor, resumed.after) == (
        "command line", {"paused": None, "because": "the copy was mended"},
    )  # fmt: skip
    assert any(e.action == "asks.pause" and e.actor == "segue" for e in entries)


def test_what_was_judged_before_pauses_nothing_again(world: Live) -> None:
    context = world.runtime.context
    after_night(world)
    pause.resume(context, by="test", because="the copy was mended")
    for _ in range(3):
        world.clock.advance(days=1)
        after_night(world)
    assert pause.in_force(context) is None


def test_a_pause_is_one_however_many_nights_see_it(world: Live) -> None:
    for _ in range(2):
        after_night(world)
        world.clock.advance(days=1)
    found = pause.in_force(world.runtime.context)
    assert found is not None
    assert found.since == NOW + timedelta(days=15)
    with world.runtime.context.database.read() as session:
        assert len(session.exec(select(tables.Pause)).all()) == 1


def test_the_terminal_says_what_ends_it(world: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    after_night(world)
    account = at_its_limit(world)
    page = segue(world, monkeypatch, "explain", account).stdout
    assert "paused        since 3 Dec 2026, 09:00, for everybody" in page
    assert "policy_off  paused since 3 Dec 2026" in page
    assert "With `segue resume`" in page


@pytest.mark.parametrize("locale", ["en", "de"])
def test_every_kind_of_harm_has_its_sentence(locale: str) -> None:
    kinds = ("upgrade", "churn", "ticket", "dismissal", "mute")
    found = [{"kind": k, "least": 0.043, "tolerated": 0.05, "accounts": 1200} for k in kinds]
    lines = told(NOW, found, locale=locale, zone="Europe/Berlin")
    assert len(set(lines)) == 7
    for line in lines[1:-1]:
        assert {"en": "4.3%", "de": "4,3"}[locale] in line
        assert {"en": "1,200", "de": "1.200"}[locale] in line


def test_nothing_is_paused_where_nobody_is_held_out(world: Live) -> None:
    context = world.runtime.context
    configure.apply(context, policy(holdout=0.0), "test")
    after_night(world)
    assert pause.in_force(context) is None
    configure.apply(context, policy(holdout=SHARE), "test")
