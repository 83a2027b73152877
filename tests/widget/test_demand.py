"""Nothing is loaded before it is needed, and nothing of it moves the page."""

import pytest
from playwright.sync_api import Request, expect

from tests.api.live import token
from tests.widget import sample
from tests.widget.conftest import Visit
from tests.widget.stub import Page as HostPage


@pytest.fixture
def loaded(visit: Visit) -> list[str]:
    """What the page has asked Segue's origin for, by its last part without the hash."""
    names: list[str] = []

    def note(request: Request) -> None:
        if request.url.startswith(visit.segue.origin):
            names.append(request.url.rpartition("/")[2].partition("-")[0].partition("?")[0])

    visit.page.on("request", note)
    return names


def plain(visit: Visit, body: str, attributes: str = 'data-token="good"') -> None:
    source = f"{visit.segue.origin}/widget/v1/segue.js"
    visit.host.pages["/"] = HostPage(
        f'<title>App</title><script type="module" src="{source}" {attributes}></script>{body}'
    )
    visit.page.goto(visit.host.origin)


def test_a_page_without_an_element_loads_the_loader_alone(visit: Visit, loaded: list[str]) -> None:
    plain(visit, "<h1>Overview</h1>")
    visit.page.wait_for_timeout(500)
    assert loaded == ["segue.js"]
    visit.page.evaluate("document.body.append(document.createElement('segue-meter'))")
    expect(visit.page.locator("segue-meter .amount")).to_be_visible()


def test_a_page_nobody_has_signed_in_to_loads_the_loader_alone(
    visit: Visit, loaded: list[str]
) -> None:
    plain(visit, "<segue-banner></segue-banner>", attributes="")
    visit.page.wait_for_timeout(500)
    assert loaded == ["segue.js"]
    visit.page.evaluate("segue.token('good')")
    expect(visit.page.locator("segue-banner")).to_have_attribute("shown", "")


def test_with_nothing_to_say_no_banner_is_loaded_until_there_is(
    visit: Visit, loaded: list[str]
) -> None:
    visit.segue.state["alert"] = None
    plain(visit, "<segue-banner></segue-banner>", 'data-token="good" data-after="0"')
    visit.segue.wait_for_stream()
    visit.page.wait_for_timeout(300)
    assert sorted(set(loaded)) == ["live", "segue.js", "state", "stream"]
    visit.segue.publish(alert=sample.ask())
    expect(visit.card).to_be_visible()
    assert "elements" in loaded


def test_without_anything_to_show_it_takes_no_room(visit: Visit) -> None:
    visit.segue.state.update(alert=None, meters=[])
    plain(
        visit,
        "<main style='display:grid;gap:40px'><p>One</p><segue-banner></segue-banner>"
        "<segue-meter></segue-meter><p>Two</p></main>",
    )
    visit.segue.wait_for_stream()
    gap = visit.page.evaluate(
        """() => { const [one, two] = [...document.querySelectorAll('p')]
            .map((line) => line.getBoundingClientRect());
            return two.top - one.bottom - 32; }"""
    )
    assert gap == 40


def test_an_element_moved_about_in_time_is_filled_once(visit: Visit) -> None:
    plain(visit, "<div id='a'><segue-banner></segue-banner></div><div id='b'></div>",
          'data-token="good" data-after="0"')  # fmt: skip
    visit.page.evaluate("b.append(document.querySelector('segue-banner'))")
    expect(visit.page.locator("#b .card")).to_be_visible()
    visit.page.evaluate("a.append(document.querySelector('segue-banner'))")
    expect(visit.page.locator("#a .card")).to_be_visible()
    assert visit.page.locator(".card").count() == 1


def test_meters_are_there_before_segue_has_answered_again(visit: Visit) -> None:
    signed = token("acme", "dana")
    visit.segue.tokens = {signed}
    visit.open(attributes=f'data-token="{signed}"')
    expect(visit.card).to_be_visible()
    assert visit.page.evaluate("JSON.parse(sessionStorage['segue.state']).who") == "acme/dana"
    visit.page.route("**/v1/widget/**", lambda route: None)
    visit.page.reload()
    expect(visit.page.locator("segue-meter .amount")).to_contain_text("8,420")
    assert visit.card.count() == 0, "what is suggested is asked for first"


def test_what_one_person_left_is_not_shown_to_the_next(visit: Visit) -> None:
    dana, tom = token("acme", "dana"), token("globex", "tom")
    visit.segue.tokens = {dana, tom}
    visit.open(attributes=f'data-token="{dana}"')
    expect(visit.card).to_be_visible()
    visit.page.route("**/v1/widget/**", lambda route: None)
    visit.open(attributes=f'data-token="{tom}"')
    visit.page.wait_for_timeout(500)
    expect(visit.page.locator("segue-meter .amount")).to_have_count(0)


def test_nothing_is_kept_where_nothing_may_be(visit: Visit) -> None:
    signed = token("acme", "dana")
    visit.segue.tokens = {signed}
    visit.open(attributes=f'data-token="{signed}"')
    expect(visit.card).to_be_visible()
    visit.open(attributes=f'data-token="{signed}" data-storage="none"')
    expect(visit.card).to_be_visible()
    assert visit.page.evaluate("Object.keys(sessionStorage)") == []


def test_parts_that_are_out_of_reach_are_nobodys_trouble(visit: Visit) -> None:
    visit.page.route("**/parts/elements-*", lambda route: route.abort())
    plain(visit, "<segue-banner></segue-banner>", 'data-token="good" data-after="0"')
    visit.segue.wait_for_stream()
    visit.page.wait_for_timeout(300)
    assert visit.page.locator("segue-banner").get_attribute("shown") is None


def test_one_that_comes_and_goes_at_once_is_filled_once_when_it_stays(visit: Visit) -> None:
    plain(visit, "<segue-meter></segue-meter>", 'data-token="good" data-after="0"')
    expect(visit.page.locator("segue-meter .amount")).to_be_visible()
    visit.page.evaluate("""() => {
      addEventListener('segue:shown', () => (window.shown = (window.shown ?? 0) + 1));
      const banner = document.createElement('segue-banner');
      document.body.append(banner);
      banner.remove();
      setTimeout(() => document.body.append(banner), 300); }""")
    expect(visit.card).to_be_visible()
    visit.page.wait_for_timeout(300)
    assert visit.page.evaluate("window.shown") == 1
