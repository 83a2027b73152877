"""All tabs of one person share a connection, and none notices when the one that holds it goes."""

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.api.live import token
from tests.widget import sample
from tests.widget.conftest import Visit, watched
from tests.widget.stub import Page as HostPage

DANA, TOM = token("acme", "dana"), token("acme", "tom")


@pytest.fixture(autouse=True)
def _signed(visit: Visit) -> None:
    visit.segue.tokens = {DANA, TOM}


def another(visit: Visit, context: BrowserContext, who: str) -> Page:
    """A further tab of the same browser."""
    html = sample.page(visit.segue.origin, attributes=f'data-token="{who}"')
    visit.host.pages["/tab"] = HostPage(html)
    page = watched(context, visit.complaints)
    page.goto(f"{visit.host.origin}/tab")
    return page


def amount(page: Page) -> Locator:
    return page.locator("segue-meter[meter] .amount").first


def streams(visit: Visit) -> int:
    return sum("/stream" in path for path, _, _ in visit.segue.gets)


def test_one_connection_serves_them_all(visit: Visit, context: BrowserContext) -> None:
    first = visit.open(attributes=f'data-token="{DANA}"')
    visit.segue.wait_for_stream()
    second = another(visit, context, DANA)
    expect(second.locator("segue-banner .card")).to_be_visible()
    visit.segue.publish(meters=[sample.meter(used=8500)])
    for page in (first, second):
        expect(amount(page)).to_contain_text("8,500")
    assert streams(visit) == 1


def test_another_tab_takes_over_where_the_first_left_off(
    visit: Visit, context: BrowserContext
) -> None:
    first = visit.open(attributes=f'data-token="{DANA}"')
    visit.segue.wait_for_stream()
    second = another(visit, context, DANA)
    expect(second.locator("segue-banner .card")).to_be_visible()
    visit.segue.publish(meters=[sample.meter(used=8500)])
    expect(amount(second)).to_contain_text("8,500")
    first.close()
    with visit.segue.arrived:
        assert visit.segue.arrived.wait_for(lambda: streams(visit) == 2, 30)
    visit.segue.publish(meters=[sample.meter(used=8600)])
    expect(amount(second)).to_contain_text("8,600")
    assert [last for path, _, last in visit.segue.gets if "/stream" in path] == [None, "1"]


def test_an_answer_in_one_tab_is_known_in_the_other(visit: Visit, context: BrowserContext) -> None:
    visit.open(attributes=f'data-token="{DANA}"')
    visit.segue.wait_for_stream()
    second = another(visit, context, DANA)
    expect(second.locator("segue-banner .card")).to_be_visible()
    visit.button("Not now").click()
    expect(second.locator("segue-banner .card")).to_have_count(0)


def test_another_person_has_a_connection_of_their_own(
    visit: Visit, context: BrowserContext
) -> None:
    visit.open(attributes=f'data-token="{DANA}"')
    visit.segue.wait_for_stream()
    second = another(visit, context, TOM)
    expect(second.locator("segue-banner .card")).to_be_visible()
    with visit.segue.arrived:
        assert visit.segue.arrived.wait_for(lambda: streams(visit) == 2, 30)
    visit.segue.publish(meters=[sample.meter(used=8500)])
    expect(amount(second)).to_contain_text("8,500")
