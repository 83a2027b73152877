"""A browser, the vendor's app and Segue's side of the contract, fresh for every test."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    expect,
    sync_playwright,
)

from tests.browser import ARGS, chromium
from tests.widget import sample
from tests.widget.stub import Host, Segue
from tests.widget.stub import Page as HostPage


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    # Not for the session: while it lives, playwright's own loop runs, and no asynchronous test can.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def segue() -> Iterator[Segue]:
    segue = Segue(sample.state())
    yield segue
    segue.stop()


@pytest.fixture
def host() -> Iterator[Host]:
    host = Host()
    yield host
    host.stop()


_PATIENCE = 30_000
"""Milliseconds until what should be seen is missed, on a machine that is busy with others."""
expect.set_options(timeout=_PATIENCE)
_AHEAD = 20.0
"""Seconds: a page whose clock still goes must not be asked to stop in its past."""


@dataclass
class Visit:
    """A reader's visit to the vendor's app, and what the browser complained about."""

    page: Page
    segue: Segue
    host: Host
    complaints: list[str]

    def open(self, path: str = "/", headers: dict[str, str] | None = None, **more: Any) -> Page:
        html = sample.page(self.segue.origin, **more)
        self.host.pages[path] = HostPage(html, headers or {})
        self.page.goto(self.host.origin + path)
        return self.page

    def open_by_hand(self) -> None:
        """Open it; once the card is there the page's clock goes by `run_for` alone."""
        self.page.clock.install()
        self.open()
        expect(self.card).to_be_visible()
        now = float(self.page.evaluate("Date.now()")) / 1000
        self.page.clock.pause_at(now + _AHEAD)

    @property
    def card(self) -> Locator:
        return self.page.locator("segue-banner .card")

    def button(self, name: str) -> Locator:
        return self.page.locator("segue-banner").get_by_role("button", name=name, exact=True)


def watched(context: BrowserContext, complaints: list[str]) -> Page:
    """A page whose complaints are collected, but for the browser's own note of a failed request."""
    page = context.new_page()

    def on_error(error: Error) -> None:
        complaints.append(str(error))

    def on_console(message: ConsoleMessage) -> None:
        if not message.text.startswith("Failed to load resource"):
            complaints.append(f"{message.type}: {message.text}")

    page.on("pageerror", on_error)
    page.on("console", on_console)
    return page


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(
        viewport={"width": 1100, "height": 800},
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="Europe/Berlin",
    )
    context.set_default_timeout(_PATIENCE)
    yield context
    context.close()


@pytest.fixture
def visit(context: BrowserContext, segue: Segue, host: Host) -> Iterator[Visit]:
    complaints: list[str] = []
    visit = Visit(watched(context, complaints), segue, host, complaints)
    yield visit
    assert visit.complaints == []
