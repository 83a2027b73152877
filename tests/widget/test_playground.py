"""The page for vendors: the real widget at every moment, in every language, dress and place."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from segue.settings import Settings
from segue.wiring import build
from tests.api.live import Live, live
from tests.backends import Backend
from tests.widget.conftest import watched
from tests.widget.test_looks import audit

MOMENTS = 9
APP = "#app"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live(Backend("sqlite", tmp_path_factory.mktemp("db"), None)) as made:
        yield made


@pytest.fixture
def page(browser: Browser, world: Live) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    complaints: list[str] = []
    page = watched(context, complaints)
    page.goto(f"{world.url}/widget/playground")
    yield page
    context.close()
    assert complaints == []


def app(page: Page) -> FrameLocator:
    return page.frame_locator(APP)


def choose(page: Page, name: str, value: str) -> None:
    """Chooses, and waits until the app was opened anew with it."""
    page.locator(f"[name={name}]").select_option(value)
    page.wait_for_function(
        "([name, value]) => new URLSearchParams("
        "document.querySelector('#app').contentWindow.location.search).get(name) === value",
        arg=[name, value],
    )


def test_it_shows_every_moment_in_every_language(page: Page) -> None:
    options = page.locator("[name=moment] option")
    expect(options).to_have_count(MOMENTS)
    card = app(page).locator("segue-banner .card")
    for language, decline in (("en", "Not now"), ("de", "Nicht jetzt")):
        choose(page, "locale", language)
        titles = set()
        for moment in [one.get_attribute("value") for one in options.all()]:
            choose(page, "moment", str(moment))
            expect(card).to_be_visible()
            titles.add(card.locator(".title").inner_text())
            if not str(moment).endswith("notice"):
                expect(card.get_by_role("button", name=decline)).to_be_visible()
        assert len(titles) > 3


def test_the_code_to_paste_follows_the_choice(page: Page, world: Live) -> None:
    code = page.locator("#code")
    expect(code).to_contain_text(f'src="{world.url}/widget/v1/segue.js"')
    choose(page, "place", "corner")
    choose(page, "theme", "dark")
    choose(page, "dress", "forest")
    expect(code).to_contain_text('<segue-banner placement="corner" theme="dark">')
    expect(code).to_contain_text("--segue-accent: #0b6b63;")


def test_what_is_clicked_goes_nowhere(page: Page, world: Live) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    card = app(page).locator("segue-banner .card")
    card.get_by_role("button", name="Not now").click()
    expect(card).to_contain_text("Noted.")
    card.get_by_role("button", name="Undo").click()
    expect(card.get_by_role("button", name="Not now")).to_be_visible()
    assert not [url for url in asked if "/v1/widget/" in url]


def test_it_says_when_colours_were_mended(page: Page) -> None:
    choose(page, "dress", "pale")
    expect(page.locator("#note")).to_contain_text("mended: quiet accent")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_whatever_is_chosen(page: Page, theme: Any) -> None:
    page.emulate_media(color_scheme=theme)
    for direction in ("ltr", "rtl"):
        choose(page, "dir", direction)
        expect(app(page).locator("segue-banner .card")).to_be_visible()
        page.wait_for_timeout(300)
        assert audit(page) == []


def test_a_language_from_right_to_left_reads_so_and_fits(browser: Browser, world: Live) -> None:
    """Every word the reader sees is turned round: one that is not was not taken from the state."""
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    page.goto(f"{world.url}/widget/playground/app?dir=rtl&moment=pace/ask")
    card = page.locator("segue-banner .card")
    expect(card).to_be_visible()
    texts = card.evaluate(
        """node => {
        const found = [];
        const walk = (within) => {
          for (const child of within.childNodes)
            if (child.nodeType === 3) found.push(child.data.trim());
            else { walk(child); if (child.shadowRoot) walk(child.shadowRoot); }
        };
        walk(node);
        return found.filter((text) => /[a-z]{3}/i.test(text)); }"""
    )
    assert len(texts) > 10
    plain = [text for text in texts if "\u202e" not in text]
    assert all("Nov" in text for text in plain), plain
    sideways = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    for width in (320, 1000):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(sideways) <= 0
    page.close()


@pytest.mark.parametrize(("url", "there"), [("https://x.example", False), ("http://x", True)])
def test_production_has_none(tmp_path: Path, url: str, there: bool) -> None:
    settings = Settings(
        database_url=Backend("sqlite", tmp_path, None).url(),
        public_url=url,
        secret_keys=("a-test-key-of-its-own",),
    )
    runtime = build(settings, served_at=url, background=False)
    paths = {route.path for route in runtime.app.routes}
    runtime.close()
    assert ("/widget/playground" in paths) is there
