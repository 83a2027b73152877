"""Answers given while Segue can't be reached: taken, kept in the tab, and sent once."""

import json
from typing import Any

from playwright.sync_api import expect

from tests.widget import sample
from tests.widget.conftest import Visit

KEPT = "sessionStorage.getItem('segue.waiting')"
TAKEN = "Noted. This won't come back before 13 January 2027."


def answered_unheard(visit: Visit, **more: Any) -> None:
    """The banner was answered while Segue was down."""
    visit.open(**more)
    expect(visit.card).to_be_visible()
    visit.segue.wait_for("seen")
    visit.segue.stop()
    visit.button("Not now").click()
    expect(visit.card).to_contain_text(TAKEN)


def left(visit: Visit, who: str) -> None:
    """An earlier page of this tab left an answer of somebody's."""
    answer = {
        "alert": "al_1",
        "said": {"id": "left", "kind": "snoozed"},
        "who": who,
        "at": visit.page.evaluate("Date.now()"),
    }
    kept = json.dumps(json.dumps([answer]))
    visit.page.add_init_script(
        f"if (!window.name) {{ window.name = 'left'; sessionStorage['segue.waiting'] = {kept}; }}"
    )


def test_it_is_sent_once_when_segue_is_back(visit: Visit) -> None:
    answered_unheard(visit)
    visit.page.wait_for_function(f"{KEPT} !== null")
    visit.segue.start()
    visit.page.evaluate("dispatchEvent(new Event('online'))")
    [said] = visit.segue.wait_for("feedback")
    assert said["kind"] == "snoozed"
    visit.page.wait_for_function(f"{KEPT} === null")
    visit.segue.publish(meters=[sample.meter(used=8500)])
    expect(visit.page.locator("segue-meter .amount")).to_contain_text("8,500")
    assert len(visit.segue.said("feedback")) == 1


def test_it_is_sent_by_the_next_page(visit: Visit) -> None:
    answered_unheard(visit)
    visit.page.wait_for_function(f"{KEPT} !== null")
    visit.page.goto("about:blank")
    visit.segue.start()
    visit.open()
    assert [said["kind"] for said in visit.segue.wait_for("feedback")] == ["snoozed"]
    visit.page.wait_for_function(f"{KEPT} === null")
    expect(visit.card).to_have_count(0)


def test_undone_before_it_left_it_is_never_sent(visit: Visit) -> None:
    answered_unheard(visit)
    visit.button("Undo").click()
    expect(visit.button("Not now")).to_be_visible()
    visit.page.wait_for_function(f"{KEPT} === null")
    visit.segue.start()
    visit.page.reload()
    expect(visit.button("Not now")).to_be_visible()
    visit.segue.publish(meters=[sample.meter(used=8500)])
    expect(visit.page.locator("segue-meter[meter] .amount").first).to_contain_text("8,500")
    assert visit.segue.said("feedback") == []
    assert visit.segue.said("undo") == []


def test_what_was_left_is_sent(visit: Visit) -> None:
    left(visit, "")  # The tests' token names nobody.
    visit.open()
    assert visit.segue.wait_for("feedback") == [{"id": "left", "kind": "snoozed"}]


def test_nobodys_answer_is_sent_as_somebody_elses(visit: Visit) -> None:
    left(visit, "acme/fiona")
    visit.open()
    expect(visit.card).to_be_visible()
    visit.segue.wait_for("seen")
    assert visit.segue.said("feedback") == []


def test_what_is_refused_by_then_is_gone(visit: Visit) -> None:
    left(visit, "")
    visit.segue.refuse = [(409, {"detail": "This one was answered in Slack."})]
    visit.open()
    visit.segue.wait_for("feedback")
    visit.page.wait_for_function(f"{KEPT} === null")
    assert len(visit.segue.said("feedback")) == 1


def test_without_storage_it_waits_in_the_page(visit: Visit) -> None:
    answered_unheard(visit, attributes='data-token="good" data-storage="none"')
    assert visit.page.evaluate(KEPT) is None
    visit.segue.start()
    visit.page.evaluate("dispatchEvent(new Event('online'))")
    assert [said["kind"] for said in visit.segue.wait_for("feedback")] == ["snoozed"]


def test_signing_out_forgets_it(visit: Visit) -> None:
    answered_unheard(visit)
    visit.page.wait_for_function(f"{KEPT} !== null")
    visit.page.evaluate("segue.stop()")
    assert visit.page.evaluate(KEPT) is None
