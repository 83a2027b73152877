"""When it comes up: not over what the reader is in the middle of. Times are the account's own."""

import pytest
from playwright.sync_api import expect

from tests.widget import sample
from tests.widget.conftest import Visit

SHOWN = "document.querySelector('segue-banner').hasAttribute('shown')"
NOTED = "addEventListener('segue:shown', () => { window.shownAt = performance.now(); });"
LONG = 600_000
DIALOG = '<dialog id="sure">Really? <button>Yes</button></dialog>'
IN_THE_WAY = {
    "paused": ("segue.pause()", "segue.resume()"),
    "marked": (
        "document.querySelector('label').toggleAttribute('data-segue-busy', true)",
        "document.querySelector('label').toggleAttribute('data-segue-busy', false)",
    ),
    "marked and taken away": (
        "document.body.insertAdjacentHTML('beforeend', '<p id=call data-segue-busy>A call</p>')",
        "document.querySelector('#call').remove()",
    ),
    "a modal": (
        "document.querySelector('#sure').showModal()",
        "document.querySelector('#sure').close()",
    ),
}


def quiet(visit: Visit) -> None:
    """Usage has come since, the reader saw that, and the banner keeps still."""
    visit.segue.wait_for_stream()
    visit.segue.publish(alert=sample.ask(), meters=[sample.meter(used=8421)])
    expect(visit.page.locator("segue-meter[meter] .amount").first).to_contain_text("8,421")
    assert not visit.page.evaluate(SHOWN)


@pytest.mark.parametrize("name", IN_THE_WAY)
def test_it_waits_until_nothing_is_in_the_way(visit: Visit, name: str) -> None:
    begin, end = IN_THE_WAY[name]
    visit.segue.state["alert"] = None
    page = visit.open(body=DIALOG)
    visit.segue.wait_for_stream()
    page.evaluate(begin)
    quiet(visit)
    page.evaluate(end)
    expect(visit.card).to_be_visible()


def test_one_thing_less_in_the_way_is_not_enough(visit: Visit) -> None:
    visit.segue.state["alert"] = None
    page = visit.open()
    visit.segue.wait_for_stream()
    page.locator("#search").fill("quarterly")
    page.evaluate("segue.pause()")
    quiet(visit)
    page.evaluate("segue.resume()")
    assert not page.evaluate(SHOWN)
    page.locator("#search").blur()
    expect(visit.card).to_be_visible()


def test_what_is_there_stays_while_it_is_paused(visit: Visit) -> None:
    page = visit.open()
    expect(visit.card).to_be_visible()
    page.evaluate("segue.pause()")
    visit.button("Not now").click()
    expect(visit.card).to_contain_text("Noted.")


def test_whoever_has_just_arrived_is_left_alone(visit: Visit) -> None:
    visit.page.add_init_script(NOTED)
    page = visit.open(after=None)
    expect(visit.card).to_be_visible()
    assert page.evaluate("window.shownAt") > 2_990


def test_what_was_there_before_is_there_on_the_next_page(visit: Visit) -> None:
    visit.open()
    expect(visit.card).to_be_visible()
    visit.segue.wait_for("seen")
    visit.open(after=LONG)
    expect(visit.card).to_be_visible()


def test_what_is_new_is_not(visit: Visit) -> None:
    """The counterpart of the one before: there the wait was long enough."""
    visit.segue.state["alert"] = None
    visit.open(after=LONG)
    quiet(visit)


@pytest.mark.parametrize(
    ("zone", "time"),
    [("America/New_York", "03:00"), ("Mars/Olympus", "09:00"), (7, "09:00"), (None, "09:00")],
)
def test_times_are_the_accounts_own(visit: Visit, zone: object, time: str) -> None:
    """Where the browser does not know the zone, it is the reader's own: Berlin."""
    visit.segue.state["time_zone"] = zone
    visit.open()
    expect(visit.card).to_contain_text(f"as of 14 Nov, {time}")
