"""`segue demo` in a real browser: the story is watched, answered, and read on both sides."""

import re
import signal
import subprocess
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, FrameLocator, Page, expect, sync_playwright

from tests.browser import ARGS, chromium
from tests.servers import PATIENCE, SEGUE

SLOWLY = 60_000
UNDO_PASSED = 20_000


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A demo of its own process; at the end it must stop cleanly at Ctrl-C."""
    folder = tmp_path_factory.mktemp("demo")
    process = subprocess.Popen(
        [SEGUE, "demo", "--port", "0", "--folder", folder],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    opened = re.fullmatch(r"Open (http://\S+)/ \(Ctrl-C ends it\)\n", process.stdout.readline())
    assert process.stdout.readline()
    try:
        assert opened is not None
        yield opened[1]
    finally:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert err == ""
    assert out == ""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def page(browser: Browser, demo: str) -> Iterator[Page]:
    """The demo's page, open for the whole module: its time only goes on."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 800},
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="Europe/Berlin",
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda m: m.type == "error" and complaints.append(m.text))
    page.goto(demo)
    yield page
    assert complaints == []
    context.close()


SETTLED = 700
"""Milliseconds in which a caption that another follows has been followed."""


def go_on_until(page: Page, words: str) -> None:
    """Press "Next moment" until the narrator says it."""
    said = page.locator("#caption-said")
    while words not in (before := said.inner_text()):
        page.get_by_role("button", name="Next moment").click()
        page.wait_for_function(
            "before => document.getElementById('caption-said').textContent !== before",
            arg=before,
            timeout=SLOWLY,
        )
        page.wait_for_timeout(SETTLED)  # What is said next may follow at once: not past that.


def app(page: Page) -> FrameLocator:
    """The sample product beside the story."""
    return page.frame_locator("#app")


def audit(page: Page) -> list[str]:
    violations = Axe().run(page).response["violations"]
    return [f"{one['id']}: {[node['target'] for node in one['nodes']]}" for one in violations]


def test_a_notice_is_closed_for_good(page: Page) -> None:
    go_on_until(page, "still experimenting")
    expect(page.get_by_text("Nobody at Quarry & Co got anything.")).to_be_visible()
    go_on_until(page, "A neutral notice says so")
    banner = app(page).locator("segue-banner .card")
    expect(banner.get_by_text("304 of 300 reports used this month")).to_be_visible()
    banner.get_by_role("button", name="Close").first.click()
    expect(banner.get_by_text("304 of 300 reports used this month")).to_have_count(0)
    page.reload()
    page.get_by_role("button", name=re.compile("Oakline Dental")).click()
    expect(app(page).get_by_role("heading", name="Oakline Dental")).to_be_visible()
    expect(app(page).locator("segue-meter").get_by_text("304", exact=True)).to_be_visible()
    expect(app(page).locator("segue-banner .card")).to_have_count(0)
    page.get_by_label("Follow the story").check()


def test_the_ask_is_passed_on_from_the_banner(page: Page) -> None:
    go_on_until(page, "so Segue speaks. Once.")
    expect(page.get_by_text("Segue spoke.")).to_be_visible()
    banner, outbox = app(page).locator("segue-banner .card"), page.locator("#pane-outbox .body")
    title = "2,514 reports delivered to your clients this month"
    expect(banner.get_by_text(title)).to_be_visible()
    expect(outbox.get_by_text(title, exact=True)).to_be_visible()
    assert audit(page) == []
    banner.get_by_role("button", name="Send to Fiona Becker").click()
    expect(banner.get_by_role("button", name="Undo")).to_be_visible()
    expect(outbox.get_by_text("Sending to Fiona Becker")).to_be_visible()
    expect(outbox.get_by_text("Sent to Fiona Becker")).to_be_visible(timeout=UNDO_PASSED)
    expect(page.locator("#chapters .begun")).to_have_count(5)


def test_finance_reads_the_same_numbers_and_asks(page: Page, browser: Browser) -> None:
    page.locator(".email").scroll_into_view_if_needed()
    mail = page.frame_locator(".email iframe")
    link = mail.get_by_role("link", name="Open the case")
    expect(mail.get_by_text("24–29 June").first).to_be_visible()
    case = page.context.new_page()
    case.goto(str(link.get_attribute("href")))
    for number in ("2,514", "4,000", "24–29 June"):
        expect(case.get_by_text(number).first).to_be_visible()
    assert audit(case) == []
    case.get_by_label("Your question").fill("Is the price the same in July?")
    case.get_by_role("button", name="Send the question").click()
    expect(case.get_by_text(re.compile("Priya Raman")).first).to_be_visible()
    case.close()
    asked = page.locator("#pane-outbox .body").get_by_text("Is the price the same in July?")
    expect(asked).to_be_visible()


def test_then_segue_is_silent_and_says_why(page: Page) -> None:
    go_on_until(page, "Segue stays silent")
    expect(page.locator("#chapters .begun")).to_have_count(6)
    page.get_by_role("tab", name="Decisions").click()
    shown = page.get_by_role("tabpanel", name="Decisions")
    expect(shown.get_by_text("Suggested the next plan").first).to_be_visible()
    expect(shown.get_by_text("Held back because").first).to_be_visible()
    page.get_by_role("tab", name="Attention").click()
    ledger = page.get_by_role("tabpanel", name="Attention")
    expect(ledger.get_by_role("row", name=re.compile("Ask delivered −40"))).to_be_visible()
    expect(ledger.get_by_role("row", name=re.compile(r"Passed on \+15"))).to_be_visible()
    assert audit(page) == []


def test_it_fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator("#chart svg")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
