"""Where the banner stands, and that it can be read there in any colour a vendor gives it."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.widget.conftest import Visit
from tests.widget.test_looks import BOTH, audit

TALL = "<div style='block-size: 3000px'>A long page</div>"
RATIO = """() => {
  const root = document.querySelector('segue-banner').shadowRoot;
  const paint = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const parts = (color) => {
    for (const layer of [getComputedStyle(root.querySelector('.card')).backgroundColor, color]) {
      paint.fillStyle = layer;
      paint.fillRect(0, 0, 1, 1);
    }
    return [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => part / 255);
  };
  const luminance = (color) => parts(color)
    .map((part) => (part > 0.04045 ? ((part + 0.055) / 1.055) ** 2.4 : part / 12.92))
    .reduce((sum, part, n) => sum + [0.2126, 0.7152, 0.0722][n] * part, 0);
  const ratio = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const of = (name) => getComputedStyle(root.querySelector(name));
  const ground = of('.card').backgroundColor;
  const inner = root.querySelector('segue-meter').shadowRoot.querySelector('.sentence');
  return [
    ratio(of('.title').color, ground),
    ratio(of('.body').color, ground),
    ratio(of('.primary').color, of('.primary').backgroundColor),
    ratio(of('.primary').backgroundColor, ground),
    ratio(getComputedStyle(inner).color, ground),
  ]; }"""
DRESSES = {
    "pale on white": "--segue-accent: #9ed3f5; --segue-on-accent: #fff; --segue-quiet: #c3c7cd",
    "grey on grey": "--segue-surface: #777; --segue-ink: #888; --segue-quiet: #666",
    "any notation": "--segue-accent: oklch(0.9 0.1 200); --segue-ink: hsl(60deg 100% 90%)",
    "see-through words": "--segue-accent: yellow; --segue-on-accent: white",
    "near black": "--segue-surface: #0a0a0a; --segue-ink: #222; --segue-accent: #003",
}


def placed(visit: Visit, place: str) -> None:
    """The banner at a place, in a page that is longer than the screen."""
    visit.page.add_init_script(f"""
      addEventListener('DOMContentLoaded', () =>
        document.querySelector('segue-banner').setAttribute('placement', '{place}')); """)
    visit.open(body=TALL)
    expect(visit.card).to_be_visible()


@pytest.mark.parametrize("width", [1100, 320])
def test_in_the_corner_it_leaves_the_page_as_it_was(visit: Visit, width: int) -> None:
    page = visit.page
    page.set_viewport_size({"width": width, "height": 600})
    placed(visit, "corner")
    banner = page.locator("segue-banner").bounding_box()
    assert banner is not None
    assert banner["x"] + banner["width"] <= width - 16
    assert banner["y"] + banner["height"] <= 600 - 16
    assert banner["y"] >= 0
    assert banner["x"] >= 16
    before = page.locator("h1").bounding_box(), page.locator("#search").bounding_box()
    visit.button("Not now").click()
    expect(visit.card).to_contain_text("Noted.")
    assert (page.locator("h1").bounding_box(), page.locator("#search").bounding_box()) == before
    page.evaluate("scrollTo(0, 1500)")
    expect(visit.button("Undo")).to_be_in_viewport()
    assert audit(page) == []


def test_in_the_corner_all_of_it_can_be_reached(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 360, "height": 420})
    placed(visit, "corner")
    visit.card.get_by_text("Why am I seeing this?").click()
    last = visit.card.locator("li").last
    last.scroll_into_view_if_needed()
    expect(last).to_be_in_viewport()
    assert audit(visit.page) == []


def test_at_the_top_it_stays_in_sight_and_covers_nothing(visit: Visit) -> None:
    page = visit.page
    placed(visit, "top")
    banner, search = (page.locator(name).bounding_box() for name in ("segue-banner", "#search"))
    assert banner is not None
    assert search is not None
    assert banner["y"] + banner["height"] <= search["y"]
    page.evaluate("scrollTo(0, 1500)")
    expect(visit.button("Not now")).to_be_in_viewport()


def test_a_narrow_column_gets_the_narrow_card_on_a_wide_screen(visit: Visit) -> None:
    visit.open(html="style='inline-size: 380px'")
    expect(visit.card).to_be_visible()
    boxes = [
        visit.card.get_by_role(role, name=name).bounding_box()
        for role, name in (("link", "See Business"), ("button", "Send to Fiona"))
    ]  # fmt: skip
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[0]["y"] + boxes[0]["height"] <= boxes[1]["y"], "the first has a line of its own"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("dress", DRESSES)
def test_any_dress_can_be_read(visit: Visit, dress: str, theme: Any) -> None:
    visit.page.emulate_media(color_scheme=theme)
    visit.open(html=f'style="{BOTH}; {DRESSES[dress]}"')
    expect(visit.card).to_be_visible()
    ratios = visit.page.evaluate(RATIO)
    assert min(ratios) >= 4.5, ratios
    # A meter that stands alone has no surface, so what it is read on is the page's affair.
    assert [line for line in audit(visit.page) if "segue-banner" in line] == []


def test_a_dress_that_can_be_read_stays_as_it_is(visit: Visit) -> None:
    visit.open(html='style="--segue-accent: rgb(11, 107, 99)"')
    expect(visit.card).to_be_visible()
    assert visit.page.locator("segue-banner").get_attribute("mended") == ""
    primary = visit.card.locator(".primary")
    assert primary.evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(11, 107, 99)"


def test_it_says_what_it_mended_and_mends_anew_in_the_dark(visit: Visit) -> None:
    visit.page.emulate_media(color_scheme="light")
    visit.open(html=f'style="{BOTH}; --segue-quiet: #c3c7cd"')
    expect(visit.card).to_be_visible()
    banner = visit.page.locator("segue-banner")
    assert banner.get_attribute("mended") == "quiet"
    visit.page.emulate_media(color_scheme="dark")
    expect(banner).to_have_attribute("mended", "")
    body = visit.card.locator(".body")
    assert body.evaluate("node => getComputedStyle(node).color") == "rgb(195, 199, 205)"
