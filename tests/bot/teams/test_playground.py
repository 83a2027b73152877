"""The whole story in Microsoft's own client: added, linked, told, passed on, approved."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from litestar import Litestar, post
from litestar.params import FromPath
from playwright.sync_api import Browser, Page, expect, sync_playwright

import api.case
from bot.teams.app import TeamsApp
from bot.teams.verify import Keys, Verifier
from segue.teams_mount import route
from service import chat_admins, rooms
from service.context import Context
from service.secrets import Secrets
from store.database import Database
from store.migrations import migrate
from tests.bot.conftest import ACCOUNT, Clock, fill
from tests.bot.teams.conftest import MARA, MARTA, World, own_token
from tests.browser import ARGS, chromium
from tests.fakes.microsoft import APP, Microsoft
from tests.fakes.playground import Person, opened, playground, signer, write
from tests.servers import PATIENCE, free_port, serving

CHAMPION = Person(MARA, "Mara Lindt", "champion@acme.test")
MANAGER = Person(MARTA, "Marta Silva", "manager@acme.test")
SOON = 60_000
"""Milliseconds until something must be there; an answer takes one or two hundred."""


@dataclass
class Stage:
    """Two people before their own Teams, and Segue behind both."""

    context: Context
    clock: Clock
    segue: str
    mara: Page
    marta: Page

    def do(self, what: str) -> None:
        """Have the product do something by itself: push, drain."""
        httpx.post(f"{self.segue}/do/{what}", timeout=PATIENCE).raise_for_status()


@contextlib.contextmanager
def staged(folder: Path, browser: Browser, *, scale: float = 1) -> Iterator[Stage]:
    """Everything, with real servers and a browser."""
    database = Database(f"sqlite:///{folder / 'segue.db'}")
    migrate(database)
    port, clock, microsoft = free_port(), Clock(), Microsoft()
    context = Context(
        database=database,
        clock=clock,
        secrets=Secrets(["a-key-of-the-tests-that-is-long-enough"]),
        public_url=f"http://127.0.0.1:{port}",
        channels=("teams",),
    )
    fill(context)
    hosts: set[str] = set()
    with contextlib.ExitStack() as stack:
        microsoft.url = stack.enter_context(serving(microsoft.app()))
        keys = Keys(f"{microsoft.url}/openid")
        app = TeamsApp(
            context,
            client_id=APP,
            verifier=Verifier(APP, keys=keys, hosts=hosts),  # type: ignore[arg-type]
            token=own_token,
        )
        world = World(context, clock, microsoft, app, httpx.AsyncClient())

        @post("/do/{what:str}")
        async def do(what: FromPath[str]) -> None:
            await getattr(world, what)()

        routes = [route(app), do, *api.case.routes(context)]
        segue = stack.enter_context(serving(Litestar(routes, on_startup=[app.start]), port=port))
        signed = stack.enter_context(serving(signer(microsoft, segue)))
        pages = []
        for me, other in ((CHAMPION, MANAGER), (MANAGER, CHAMPION)):
            address = stack.enter_context(playground(folder / me.id, signed, me, [other]))
            hosts.add(address)
            page = browser.new_page(
                viewport={"width": 1100, "height": 1400}, device_scale_factor=scale
            )
            opened(page, address)
            said(page, "isn't linked to an account yet")
            pages.append(page)
        yield Stage(context, clock, segue, *pages)
        for page in pages:
            page.close()
    database.close()


def said(page: Page, text: str) -> None:
    """It can be read there."""
    expect(page.get_by_text(re.compile(re.escape(text))).last).to_be_visible(timeout=SOON)


def press(page: Page, name: str) -> None:
    """Press the newest button of this name."""
    page.get_by_role("button", name=name, exact=True).last.click(timeout=SOON)


@contextlib.contextmanager
def chrome() -> Iterator[Browser]:
    """The browser that both sit before."""
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium(), args=ARGS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chrome() as made:
        yield made


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("playground"), browser) as made:
        yield made


def test_a_story_from_the_first_hello_to_the_approval(stage: Stage) -> None:
    write(stage.mara, f"link {rooms.code(stage.context, ACCOUNT)}")
    said(stage.mara, "linked to Harbor Logistics")
    # The summary arrives by itself.
    stage.do("push")
    said(stage.mara, "8,420 / 10,000")
    press(stage.mara, "Send to Marta Silva")
    said(stage.mara, "Sending to Marta Silva")
    stage.clock.pass_by(seconds=11)
    stage.do("drain")
    said(stage.mara, "Sent to Marta Silva")
    said(stage.marta, "8,420 / 10,000")
    with stage.marta.context.expect_page(timeout=SOON) as opening:
        stage.marta.get_by_role("link", name="Approve?").last.click(timeout=SOON)
    case = opening.value
    case.get_by_role("button", name=re.compile("Approve")).first.click(timeout=SOON)
    expect(case.get_by_text(re.compile("approved", re.IGNORECASE)).first).to_be_visible()
    stage.do("drain")
    said(stage.mara, "approved")


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("help", "What you can type"),
        ("help quiet", "hours in which nothing is pushed to you"),
        ("usage", "of 10,000 reports used this month"),
        ("why", "nothing in your usage to suggest"),
        ("approvers", "Who decides at your side"),
        ("forward", "no open summary"),
        ("link me", "You are Mara Lindt"),
        ("quiet 19:00 08:30", "between 19:00 and 08:30"),
        ("quiet off", "usual hours hold for you again"),
        ("doctor", "we can write to you here"),
        ("usgae", "Did you mean usage"),
        ("stop", "These messages end for you"),
    ],
)
def test_every_verb_is_answered(stage: Stage, typed: str, answer: str) -> None:
    write(stage.mara, typed)
    said(stage.mara, answer)


def test_a_stop_is_taken_back_in_its_own_card(stage: Stage) -> None:
    press(stage.mara, "Start them again")
    said(stage.mara, "These messages come to you again")


VENDOR = [
    ("help", "What you can type"),
    ("status", "Accounts"),
    ("meters", "Reports (reports)"),
    ("plans", "Business (business)"),
    ("policy", "The settings that people change most"),
    ("policy ask.spacing_days", "ask.spacing_days"),
    ("policy ask.spacing_days 45", "Leave it"),
    ("quiet-hours", "18:00"),
    (f"mute {ACCOUNT} for 30d because they are migrating", "unmute"),
    (f"unmute {ACCOUNT}", "Before"),
    (f"why {ACCOUNT}", "Nothing was decided"),
    (f"preview pace {ACCOUNT} as finance", "As finance gets it"),
    ("test", "A sample, to see that messages arrive"),
    ("simulate 30d", "Replay of 30 days"),
    ("holdout", "held out"),
    ("report", "Said in seven days"),
    (f"link {ACCOUNT}", f"Link an organisation to {ACCOUNT}"),
    ("keys", "There are none."),
    ("webhooks", "There are none."),
    ("pause for 4h because of the incident", "Before"),
    ("resume because it is over", "Before"),
    ("doctor", "Nothing stands in the way"),
    ("forward", "customer's organisation"),
]


def test_every_verb_of_the_vendor_is_answered(tmp_path: Path, browser: Browser) -> None:
    with staged(tmp_path, browser) as stage:
        chat_admins.add(stage.context, MARA, by="tests", chat="teams")
        write(stage.mara, f"link {rooms.code(stage.context, None)}")
        said(stage.mara, "the vendor's own now")
        cards = stage.mara.locator(".ac-adaptiveCard")
        for typed, answer in VENDOR:
            before = cards.count()
            write(stage.mara, typed)
            expect(cards.nth(before)).to_be_attached(timeout=SOON)
            expect(cards.last).to_contain_text(answer, timeout=SOON)
