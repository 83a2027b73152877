"""Forwarding from the banner: one click where the person is known, a short form where not."""

import pytest
from playwright.sync_api import expect

from tests.widget import sample
from tests.widget.conftest import Visit


def test_one_click_sends_after_a_moment_to_think(visit: Visit) -> None:
    visit.open_by_hand()
    visit.button("Send to Fiona").click()
    expect(visit.card).to_contain_text("Sending to Fiona")
    expect(visit.button("Undo")).to_be_visible()
    (forward,) = visit.segue.wait_for("forward")
    assert forward == {"id": forward["id"], "to": "fiona"}
    visit.page.clock.run_for(9_500)
    expect(visit.card).to_contain_text("Sending to Fiona")
    visit.page.clock.run_for(1_000)
    expect(visit.card).to_have_text("Sent to Fiona")
    visit.page.clock.run_for(6_000)
    expect(visit.card).to_have_count(0)
    visit.page.reload()
    visit.page.clock.run_for(5_000)
    expect(visit.page.locator("segue-meter .bar")).to_be_visible()
    expect(visit.card).to_have_count(0)


def test_it_can_be_undone_while_it_waits(visit: Visit) -> None:
    visit.open()
    visit.button("Send to Fiona").click()
    (forward,) = visit.segue.wait_for("forward")
    visit.button("Undo").click()
    expect(visit.button("Send to Fiona")).to_be_visible()
    assert visit.segue.wait_for("undo") == [{"id": forward["id"]}]


def test_an_undo_that_comes_too_late_says_so(visit: Visit) -> None:
    visit.open()
    visit.button("Send to Fiona").click()
    visit.segue.wait_for("forward")
    visit.segue.refuse = [(409, {"title": "sent"})]
    visit.button("Undo").click()
    expect(visit.card).to_have_text("It was too late to undo that.")


def test_the_server_decides_how_long_it_waits(visit: Visit) -> None:
    visit.segue.forward_as = {"undo_seconds": 3}
    visit.open_by_hand()
    visit.button("Send to Fiona").click()
    expect(visit.card).to_contain_text("Sending to Fiona")
    visit.page.clock.run_for(3_100)
    expect(visit.card).to_have_text("Sent to Fiona")


def test_what_goes_can_be_looked_at_beside_the_page(visit: Visit) -> None:
    visit.segue.forward_as = {"preview": "https://segue.test/case/preview/sealed"}
    visit.open_by_hand()
    visit.button("Send to Fiona").click()
    link = visit.card.get_by_role("link", name="See what is sent")
    expect(link).to_have_attribute("href", "https://segue.test/case/preview/sealed")
    expect(link).to_have_attribute("target", "_blank")
    expect(visit.button("Undo")).to_be_visible()
    visit.page.clock.run_for(10_500)
    expect(visit.card).to_contain_text("Sent to Fiona")
    expect(link).to_be_visible()


def test_a_draft_is_opened_in_the_readers_own_mailbox(visit: Visit) -> None:
    visit.segue.forward_as = {"state": "draft", "mailto": "mailto:fiona@acme.test?subject=Reports"}
    visit.open()
    visit.button("Send to Fiona").click()
    link = visit.card.get_by_role("link", name="Open in e-mail")
    expect(link).to_have_attribute("href", "mailto:fiona@acme.test?subject=Reports")


@pytest.mark.parametrize("state", ["waiting", "sent", "draft"])
def test_a_note_that_did_not_go_along_is_told(state: str, visit: Visit) -> None:
    visit.segue.forward_as = {"state": state, "note": "without_note"}
    if state == "draft":
        visit.segue.forward_as["mailto"] = "mailto:fiona@acme.test"
    visit.open()
    visit.button("Send to Fiona").click()
    told = "There is one for Fiona already; your note was not added to it."
    expect(visit.card).to_contain_text(told)
    if state == "waiting":
        visit.page.clock.run_for(10_500)
        expect(visit.card).to_contain_text(told)


def test_it_asks_whom_when_nobody_is_known(visit: Visit) -> None:
    visit.segue.state["alert"] = sample.asking_whom()
    page = visit.open()
    visit.button("Send to someone").click()
    email = page.get_by_label("E-mail")
    expect(email).to_be_focused()
    visit.button("Send").click()
    assert visit.segue.said("forward") == []  # The browser asks for the address.

    email.fill("fiona@acme.test")
    page.get_by_label("Name (optional)").fill("Fiona")
    page.get_by_label("They read it as").select_option("Finance")
    note = page.get_by_label("Your note (optional)")
    expect(note).to_have_attribute("maxlength", "280")
    note.fill("As we discussed.")
    visit.button("Send").click()

    expect(visit.card).to_contain_text("Sending to Fiona")
    expect(visit.button("Undo")).to_be_focused()
    (forward,) = visit.segue.wait_for("forward")
    assert forward == {
        "id": forward["id"],
        "to": None,
        "email": "fiona@acme.test",
        "name": "Fiona",
        "role": "finance",
        "note": "As we discussed.",
    }


@pytest.mark.parametrize("way", ["Escape", "Cancel"])
def test_the_form_closes_without_a_trace(visit: Visit, way: str) -> None:
    visit.segue.state["alert"] = sample.asking_whom()
    page = visit.open()
    visit.button("Send to someone").click()
    if way == "Escape":
        page.keyboard.press("Escape")
    else:
        visit.button("Cancel").click()
    expect(visit.button("Send to someone")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_count(0)
    assert visit.segue.said("forward") == []


def test_a_refusal_keeps_what_was_written(visit: Visit) -> None:
    visit.segue.state["alert"] = sample.asking_whom()
    page = visit.open()
    visit.button("Send to someone").click()
    page.get_by_label("E-mail").fill("fiona@acme.test")
    page.get_by_label("Your note (optional)").fill("see https://example.com")
    visit.segue.refuse = [(422, {"title": "note", "detail": "A note can’t have links."})]
    visit.button("Send").click()
    expect(visit.card.locator(".problem")).to_have_text("A note can’t have links.")
    expect(page.get_by_label("E-mail")).to_have_value("fiona@acme.test")


def test_news_does_not_disturb_who_is_writing(visit: Visit) -> None:
    visit.segue.state["alert"] = sample.asking_whom()
    page = visit.open()
    visit.segue.wait_for_stream()
    visit.button("Send to someone").click()
    page.get_by_label("E-mail").fill("fiona@acme.test")
    visit.segue.publish(alert=sample.ask(title="Another title"), meters=[sample.meter(used=9000)])
    expect(page.locator("segue-meter").last.locator(".amount")).to_contain_text("9,000")
    expect(page.get_by_label("E-mail")).to_have_value("fiona@acme.test")
