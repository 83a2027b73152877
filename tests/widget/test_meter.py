"""The meter: what was used, of how much, and where it is heading."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.widget import sample
from tests.widget.conftest import Visit

PARTS = """() => {
  const root = document.querySelector('segue-meter').shadowRoot;
  const whole = root.querySelector('.bar').getBoundingClientRect();
  const at = (name) => {
    const part = root.querySelector(name)?.getBoundingClientRect();
    const percent = (x) => Math.round(100 * (x - whole.left) / whole.width);
    return part && [part.left, part.right].map(percent);
  };
  return { used: at('.used'), ahead: at('.forecast'), limit: at('.limit') };
}"""


@pytest.fixture
def alone(visit: Visit) -> Visit:
    visit.segue.state["alert"] = None
    return visit


def test_it_is_one_accessible_meter_with_a_sentence(alone: Visit) -> None:
    page = alone.open()
    meter = page.get_by_role("meter", name="Reports")
    for name, value in {
        "aria-valuemin": "0",
        "aria-valuenow": "8420",
        "aria-valuemax": "10000",
        "aria-valuetext": sample.meter()["sentence"],
    }.items():
        expect(meter).to_have_attribute(name, value)
    expect(page.locator("segue-meter")).to_contain_text("8,420 of 10,000")
    expect(page.locator("segue-meter")).to_contain_text(sample.meter()["sentence"])


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        pytest.param(
            {}, {"used": [0, 84], "ahead": [84, 100]}, id="days fill the way to the limit"
        ),
        pytest.param({"forecast": None}, {"used": [0, 84]}, id="no forecast"),
        pytest.param(
            {"forecast": {"low": 9000, "mid": 9300, "high": 9600}},
            {"used": [0, 84], "ahead": [90, 96]},
            id="amounts lie where they lie",
        ),
        pytest.param(
            {"used": "12500.00", "forecast": None},
            {"used": [0, 100], "limit": [80, 80]},
            id="beyond the limit, as an exact string",
        ),
        pytest.param(
            {"used": 0, "limit": 0, "forecast": None}, {"used": [0, 0]}, id="nothing of nothing"
        ),
    ],
)
def test_the_bar_is_true(alone: Visit, changes: dict[str, Any], parts: dict[str, Any]) -> None:
    alone.segue.state["meters"] = [sample.meter(**changes)]
    page = alone.open()
    expect(page.locator("segue-meter .bar")).to_be_visible()
    shown = {name: part for name, part in page.evaluate(PARTS).items() if part}
    assert shown == parts


def test_without_a_limit_it_is_a_count(alone: Visit) -> None:
    unlimited = sample.meter(limit=None, forecast=None, sentence="8,420 reports this month.")
    alone.segue.state["meters"] = [unlimited]
    page = alone.open()
    expect(page.locator("segue-meter .amount")).to_have_text("8,420")
    expect(page.locator("segue-meter")).to_contain_text("8,420 reports this month.")
    expect(page.get_by_role("meter")).to_have_count(0)


def test_it_follows_the_usage_and_its_attribute(alone: Visit) -> None:
    seats = sample.meter(key="seats", name="Seats", used=14, limit=20, forecast=None)
    alone.segue.state["meters"] = [sample.meter(), seats]
    page = alone.open()
    expect(page.locator("segue-meter .amount")).to_have_text("8,420 of 10,000")
    alone.segue.wait_for_stream()
    alone.segue.publish(meters=[sample.meter(used=8421), seats])
    expect(page.locator("segue-meter .amount")).to_have_text("8,421 of 10,000")
    page.locator("segue-meter").evaluate("node => node.setAttribute('meter', 'seats')")
    expect(page.locator("segue-meter .amount")).to_have_text("14 of 20")
    page.locator("segue-meter").evaluate("node => node.setAttribute('meter', 'unknown')")
    expect(page.locator("segue-meter")).to_be_hidden()


def test_the_banner_shows_the_meter_its_facts_name(visit: Visit) -> None:
    seats = sample.meter(key="seats", name="Seats", used=14, limit=20, forecast=None)
    visit.segue.state["meters"] = [seats, sample.meter()]
    visit.open()
    expect(visit.card.get_by_role("meter")).to_have_attribute("aria-label", "Reports")
    expect(visit.card).to_contain_text("around 22–26 Nov")
