"""For everyone: axe finds nothing, the keyboard is enough, and it fits any screen and theme."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.widget import sample
from tests.widget.conftest import Visit

BOTH = "color-scheme: light dark; background: light-dark(#fff, #111); color: light-dark(#111, #eee)"

States = dict[str, Callable[[Visit], None]]


def audit(page: Page) -> list[str]:
    violations = Axe().run(page).response["violations"]
    return [f"{one['id']}: {[node['target'] for node in one['nodes']]}" for one in violations]


def _why(visit: Visit) -> None:
    visit.card.get_by_text("Why am I seeing this?").click()


def _form(visit: Visit) -> None:
    visit.segue.publish(alert=sample.asking_whom())
    visit.button("Send to someone").click()


def _answered(visit: Visit) -> None:
    visit.button("Not now").click()
    expect(visit.button("Undo")).to_be_visible()


def _forwarding(visit: Visit) -> None:
    visit.button("Send to Fiona").click()
    expect(visit.button("Undo")).to_be_visible()


def _notice(visit: Visit) -> None:
    visit.segue.publish(alert=sample.notice())
    expect(visit.card).to_contain_text("Reports already delivered")


def _refused(visit: Visit) -> None:
    visit.segue.refuse = [(409, {"detail": "This one was answered in Slack."})]
    visit.button("Useful").click()
    expect(visit.card.locator(".problem")).to_be_visible()


def _beyond(visit: Visit) -> None:
    visit.segue.publish(meters=[sample.meter(used=12_500, forecast=None)])


STATES: States = {
    "card": lambda visit: None,
    "why": _why,
    "form": _form,
    "answered": _answered,
    "forwarding": _forwarding,
    "notice": _notice,
    "refused": _refused,
    "beyond": _beyond,
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", STATES)
def test_axe_finds_nothing(visit: Visit, name: str, theme: Any) -> None:
    visit.page.emulate_media(color_scheme=theme)
    visit.open(html=f'style="{BOTH}"')
    expect(visit.card).to_be_visible()
    visit.segue.wait_for_stream()
    STATES[name](visit)
    assert audit(visit.page) == []


def test_axe_sees_into_the_widget(visit: Visit) -> None:
    """A canary: two faults planted inside the shadow roots are found."""
    page = visit.open()
    expect(visit.card).to_be_visible()
    page.evaluate("""() => {
      const root = document.querySelector('segue-banner').shadowRoot;
      root.querySelector('.close').replaceWith(document.createElement('button'));
      const sheet = new CSSStyleSheet();
      sheet.replaceSync('.body { color: #ccc !important }');
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet]; }""")
    found = {line.partition(":")[0] for line in audit(page)}
    assert found == {"button-name", "color-contrast"}


def test_the_keyboard_is_enough(visit: Visit) -> None:
    page = visit.open()
    expect(visit.card).to_be_visible()
    reached = []
    focused = """() => { let node = document.activeElement;
      while (node.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
      return node.getAttribute('aria-label') ?? node.textContent; }"""
    for _ in range(7):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(focused))
    assert reached == [
        "See Business",
        "Send to Fiona",
        "Useful",
        "Not now",
        "Don’t suggest this again",
        "Why am I seeing this?",
        "Close",
    ]
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(visit.card.locator("details li").first).to_be_visible()
    for _ in range(2):
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    expect(visit.card).to_contain_text("won't come back")
    assert page.evaluate(focused) == "Undo"
    page.keyboard.press("Enter")
    expect(visit.button("Not now")).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "See Business"


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_it_fits_any_width(visit: Visit, direction: str) -> None:
    page = visit.open(html=f'dir="{direction}"')
    expect(visit.card).to_be_visible()
    sideways = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    outside = """() => {
      const root = document.querySelector('segue-banner').shadowRoot;
      const card = root.querySelector('.card').getBoundingClientRect();
      return [...root.querySelectorAll('.card *')].filter((node) => {
        const box = node.getBoundingClientRect();
        return box.width && (box.left < card.left - 1 || box.right > card.right + 1);
      }).length; }"""
    for width in (320, 360, 768, 1280, 2560):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(sideways) <= 0, width
        assert page.evaluate(outside) == 0, width


def test_right_to_left_is_mirrored(visit: Visit) -> None:
    page = visit.open(html='dir="rtl"')
    expect(visit.card).to_be_visible()
    sides = page.evaluate("""() => {
      const root = document.querySelector('segue-banner').shadowRoot;
      const inner = root.querySelector('segue-meter').shadowRoot;
      const box = (within, name) => within.querySelector(name).getBoundingClientRect();
      const [card, close] = [box(root, '.card'), box(root, '.close')];
      const [bar, used] = [box(inner, '.bar'), box(inner, '.used')];
      return [close.left - card.left < 40, Math.round(used.right - bar.right)]; }""")
    assert sides == [True, 0]


@pytest.mark.parametrize(
    ("system", "attribute", "dark"),
    [("light", "", False), ("dark", "", True), ("dark", "light", False), ("light", "dark", True)],
)
def test_it_follows_the_theme(visit: Visit, system: Any, attribute: str, dark: bool) -> None:
    page = visit.page
    page.emulate_media(color_scheme=system)
    visit.open()
    banner = page.locator("segue-banner")
    if attribute:
        banner.evaluate("(node, theme) => node.setAttribute('theme', theme)", attribute)
    surface = "node => getComputedStyle(node).backgroundColor"
    expected = "rgb(28, 30, 35)" if dark else "rgb(255, 255, 255)"
    assert visit.card.evaluate(surface) == expected
    ink = "node => getComputedStyle(node).color"
    inks = {visit.card.evaluate(ink), visit.card.locator("segue-meter").evaluate(ink)}
    assert len(inks) == 1


def test_a_vendor_dresses_it(visit: Visit) -> None:
    page = visit.open(
        body="""<style>:root { --segue-accent: rgb(1, 2, 3); --segue-radius: 3px }
        segue-banner::part(title) { font-size: 21px }</style>"""
    )
    link = visit.card.get_by_role("link", name="See Business")
    assert link.evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(1, 2, 3)"
    assert visit.card.evaluate("node => getComputedStyle(node).borderRadius") == "3px"
    title = page.locator("segue-banner .title")
    assert title.evaluate("node => getComputedStyle(node).fontSize") == "21px"


def test_motion_and_high_contrast_are_respected(visit: Visit) -> None:
    page = visit.page
    page.emulate_media(reduced_motion="reduce", forced_colors="active")
    visit.open()
    expect(visit.card).to_be_visible()
    moving = "document.querySelector('segue-banner').shadowRoot.getAnimations().length"
    assert page.evaluate(moving) == 0
    used = page.locator("segue-meter .used").last
    track = page.locator("segue-meter .bar").last
    color = "node => getComputedStyle(node).backgroundColor"
    assert used.evaluate(color) != track.evaluate(color)


def test_it_glides_in_where_motion_is_welcome(visit: Visit) -> None:
    page = visit.page
    page.emulate_media(reduced_motion="no-preference")
    page.add_init_script("""
      addEventListener('segue:shown', ({ target }) => {
        const [motion] = target.shadowRoot.getAnimations();
        motion.pause();
        window.heights = [0, .25, .5, .75].map((way) => {
          motion.currentTime = way * motion.effect.getTiming().duration;
          return target.offsetHeight;
        });
        motion.play();
      });
    """)
    visit.open()
    page.wait_for_function(
        "window.heights && "
        "!document.querySelector('segue-banner').shadowRoot.getAnimations().length"
    )
    heights = page.evaluate("[...heights, document.querySelector('segue-banner').offsetHeight]")
    assert heights == sorted(set(heights))
    assert heights[0] == 0
