"""The pages without a login, in a browser: axe finds nothing, a phone shows all, no stranger."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, sync_playwright

from service import links as made
from service import timeline
from tests.api.live import PEOPLE, Live, links
from tests.backends import FILE
from tests.browser import ARGS, chromium

BACKENDS = FILE
WIDTHS = (320, 768, 1280)
LONG = "Rechnungs-und-Zahlungsabwicklungsgesellschaft-Süddeutschland mbH & Co. KG"


@contextmanager
def opened(world: Live, link: str, *, theme: Any = "light", width: int = 1280) -> Iterator[Page]:
    """A page in a browser that may ask nobody but us."""
    strangers: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGS)
        page = browser.new_page(color_scheme=theme, viewport={"width": width, "height": 900})
        page.on("request", lambda r: strangers.append(r.url) if world.url not in r.url else None)
        page.goto(link)
        yield page
        browser.close()
    assert strangers == []


def forwarded(world: Live, to: str, **account: Any) -> str:
    """A case that somebody got, with its numbers."""
    name, alert = world.asked(**account)
    answer = world.widget(name).send(alert, to=to, note="For Rotterdam we need this.")
    assert answer.is_success
    world.clock.advance(seconds=10)
    world.settle()
    mails = "".join(str(mail.get_body(("plain",))) for mail in world.mailbox.messages[-1:])
    [page] = links(str(world.sink.messages[-1:]) + mails, "case")
    return page


def drawn(world: Live) -> str:
    """An account's last months, an answer and a silence among them."""
    name, alert = world.asked(name=LONG, slack=False)
    assert world.widget(name).say(alert, "snoozed").is_success
    world.settle()
    return timeline.link(world.runtime.context, name)


def asked(world: Live) -> str:
    """The page of who sent a case, after a question, some hours later: all it can hold."""
    name, alert = world.asked()
    told = world.widget(name).send(alert, to="tomas").json()
    world.clock.advance(seconds=10)
    world.settle()
    [page] = links(str(world.sink.messages[-1]), "case")
    world.open(f"{page}/question", "POST", data={"question": "Why now?"})
    world.clock.advance(hours=3)
    return str(told["preview"])


def summary(world: Live, **account: Any) -> str:
    """The page of a summary for whom it was mailed to: one draft, one on its way, all answers."""
    people = {**PEOPLE, "fiona": {**PEOPLE["fiona"], "email": None}}
    name, alert = world.asked(slack=False, people=people, **account)
    page = made.summary(world.runtime.context, name, alert, "priya")
    for to in ("tomas", "fiona"):
        world.open(f"{page}/forward", "POST", data={"to": to})
    return f"{page}?told=outside"


PAGES = {
    "summary": summary,
    "long summary": lambda world: summary(world, name=LONG, locale="de"),
    "finance": lambda world: forwarded(world, "fiona", slack=False),
    "its sender's": asked,
    "manager": lambda world: forwarded(world, "tomas"),
    "long name": lambda world: forwarded(world, "tomas", name=LONG),
    "german": lambda world: forwarded(world, "tomas", locale="de") + "?lang=de",
    "timeline": drawn,
}


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_and_nothing_is_cut_off(name: str, world: Live) -> None:
    link = PAGES[name](world)
    for theme in ("light", "dark"):
        with opened(world, link, theme=theme) as page:
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                assert audit(page) == [], (theme, width)
                wide = "document.documentElement.scrollWidth - window.innerWidth"
                assert page.evaluate(wide) <= 0, (theme, width)
        with opened(world, link, theme=theme) as page:
            page.emulate_media(media="print")
            assert audit(page) == [], (theme, "on paper")


def test_axe_sees_what_is_wrong(world: Live) -> None:
    """A canary: two faults that are planted in the page are found."""
    with opened(world, drawn(world)) as page:
        page.locator(".made").evaluate("node => node.style.setProperty('color', '#ccc')")
        page.evaluate("document.documentElement.removeAttribute('lang')")
        found = {line.partition(":")[0] for line in audit(page)}
    assert found == {"color-contrast", "html-has-lang"}


def test_a_case_is_answered_by_keyboard_without_a_script(world: Live) -> None:
    with opened(world, forwarded(world, "tomas"), width=320) as page:
        assert page.locator("script").count() == 0
        focused = "document.activeElement.textContent"
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")  # Past the notes' numbers, to the answers.
        page.keyboard.press("Tab")  # A name.
        page.keyboard.press("Tab")
        assert page.evaluate(focused) == "Approve the move to Business"
        page.keyboard.press("Tab")
        page.keyboard.type("Does it hold for 2027?")
        page.keyboard.press("Tab")
        assert page.evaluate(focused) == "Send the question"
        page.keyboard.press("Enter")
        page.get_by_text("Your question is on its way").wait_for()


def test_a_summary_is_passed_on_and_answered_by_keyboard_without_a_script(world: Live) -> None:
    name, alert = world.asked(slack=False)
    page_url = made.summary(world.runtime.context, name, alert, "priya")
    with opened(world, page_url, width=320) as page:
        assert page.locator("script").count() == 0
        page.get_by_label("A line from you").first.focus()
        page.keyboard.type("For Rotterdam.")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_text("It goes to Tomás Vidal in a moment.").wait_for()
        page.get_by_label("Not before").fill("2027-02-01")
        page.get_by_role("button", name="Not now").press("Enter")
        page.get_by_text("This won't come back before 1 February 2027.").wait_for()
    assert world.widget(name).alert() is None


def audit(page: Page) -> list[str]:
    """What axe objects to, a line each."""
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {[n['target'] for n in v['nodes']]}" for v in found]
