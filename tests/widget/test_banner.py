"""The banner: it comes live, says its piece once, takes an answer and goes."""

import json

import pytest
from playwright.sync_api import expect

from tests.widget import sample
from tests.widget.conftest import Visit
from tests.widget.stub import Page as HostPage

SHOWN = "document.querySelector('segue-banner').hasAttribute('shown')"
HEIGHT = "document.querySelector('segue-banner').getBoundingClientRect().height"
ANSWERS = ["Useful", "Not now", "Don’t suggest this again"]


def test_it_is_not_there_until_there_is_something_to_say(visit: Visit) -> None:
    visit.segue.state["alert"] = None
    page = visit.open()
    expect(page.locator("segue-meter .bar")).to_be_visible()
    before = page.locator("#after").bounding_box()
    assert page.evaluate(HEIGHT) == 0
    visit.segue.wait_for_stream()

    visit.segue.publish(alert=sample.ask())

    expect(visit.card).to_contain_text("Your team delivered 8,420 reports this month")
    after = page.locator("#after").bounding_box()
    assert before
    assert after
    assert after["y"] > before["y"] + 100


def test_it_says_everything_the_server_said(visit: Visit) -> None:
    visit.open()
    alert = sample.ask()
    for text in (alert["title"], alert["body"], "as of 14 Nov, 09:00"):
        expect(visit.card).to_contain_text(text)
    facts = visit.card.locator("dl > div").all_text_contents()
    assert facts == ["Reports this month8,420", "In August5,100", "In Team10,000"]
    expect(visit.card.get_by_role("meter")).to_have_attribute("aria-valuenow", "8420")
    link = visit.card.get_by_role("link", name="See Business")
    expect(link).to_have_attribute("href", "https://app.example.com/billing")


def test_it_never_takes_the_focus_and_is_announced_politely(visit: Visit) -> None:
    visit.segue.state["alert"] = None
    page = visit.open()
    visit.segue.wait_for_stream()
    page.locator("h1").evaluate("node => { node.tabIndex = 0; node.focus(); }")
    visit.segue.publish(alert=sample.ask())
    expect(visit.card).to_be_visible()
    assert page.evaluate("document.activeElement.tagName") == "H1"
    announced = page.locator("segue-banner").get_by_role("status")
    expect(announced).to_have_text(sample.ask()["title"])
    assert page.locator("segue-banner [aria-modal], segue-banner [role=dialog]").count() == 0


def test_it_waits_while_the_reader_is_writing(visit: Visit) -> None:
    visit.segue.state["alert"] = None
    page = visit.open()
    visit.segue.wait_for_stream()
    page.locator("#search").fill("quarterly")
    visit.segue.publish(alert=sample.ask(), meters=[sample.meter(used=8421)])
    expect(page.locator("segue-meter .amount")).to_contain_text("8,421")
    assert not page.evaluate(SHOWN)
    page.locator("#search").blur()
    expect(visit.card).to_be_visible()


@pytest.mark.parametrize(
    ("button", "kind", "words"),
    [
        ("Useful", "useful", "Thank you, noted."),
        ("Not now", "snoozed", "Noted. This won't come back before 13 January 2027."),
        ("Don’t suggest this again", "muted", "Noted. We won't suggest this to you again."),
        ("Close", "dismissed", "Closed."),
    ],
)
def test_an_answer_is_confirmed_and_then_gone(
    visit: Visit, button: str, kind: str, words: str
) -> None:
    visit.open_by_hand()
    visit.button(button).click()
    expect(visit.card).to_contain_text(words)
    expect(visit.button("Undo")).to_be_visible()
    said = [body["kind"] for body in visit.segue.wait_for("feedback")]
    assert said == [kind]
    visit.page.clock.run_for(9_000)
    expect(visit.button("Undo")).to_be_visible()
    visit.page.clock.run_for(1_500)
    expect(visit.card).to_have_count(0)
    assert visit.page.evaluate(HEIGHT) == 0


def test_an_answer_is_undone(visit: Visit) -> None:
    visit.open_by_hand()
    visit.button("Not now").click()
    (feedback,) = visit.segue.wait_for("feedback")
    visit.button("Undo").click()
    expect(visit.button("Not now")).to_be_visible()
    assert visit.segue.wait_for("undo") == [{"id": feedback["id"]}]
    visit.page.clock.run_for(11_000)
    expect(visit.button("Not now")).to_be_visible()
    visit.page.reload()
    visit.page.clock.run_for(5_000)
    expect(visit.button("Not now")).to_be_visible()


def test_an_answer_holds_across_a_reload_and_never_flashes(visit: Visit) -> None:
    page = visit.open()
    visit.button("Don’t suggest this again").click()
    visit.segue.wait_for("feedback")
    visit.segue.state = sample.state()  # A server that has not caught up yet.
    page.add_init_script("addEventListener('segue:shown', () => { window.flashed = true; });")
    page.reload()
    expect(page.locator("segue-meter .bar")).to_be_visible()
    visit.segue.wait_for_stream()
    visit.segue.publish(meters=[sample.meter(used=8500)])
    expect(page.locator("segue-meter .amount")).to_contain_text("8,500")
    assert page.evaluate(SHOWN) is False
    assert page.evaluate("window.flashed") is None
    kept = json.loads(page.evaluate("JSON.stringify({...sessionStorage})"))
    assert kept == {"segue.alerts": '{"al_1":"muted"}'}
    assert page.evaluate("localStorage.length") == 0
    assert page.evaluate("document.cookie") == ""

    visit.segue.publish(alert=sample.ask(id="al_9", title="Your best month so far"))
    expect(visit.card).to_contain_text("Your best month so far")


def test_it_can_be_told_to_keep_nothing(visit: Visit) -> None:
    page = visit.open(attributes='data-token="good" data-storage="none"')
    visit.button("Not now").click()
    visit.segue.wait_for("feedback")
    assert page.evaluate("sessionStorage.length") == 0


def test_an_answer_that_does_not_arrive_brings_the_banner_back(visit: Visit) -> None:
    visit.open()
    visit.segue.refuse = [(409, {"title": "closed", "detail": "This one was answered in Slack."})]
    visit.button("Not now").click()
    expect(visit.card.locator(".problem")).to_have_text("This one was answered in Slack.")
    expect(visit.button("Not now")).to_be_visible()


def test_a_passing_fault_is_tried_again_with_the_same_id(visit: Visit) -> None:
    visit.open()
    visit.segue.refuse = [(503, {})]
    visit.button("Useful").click()
    first, second = visit.segue.wait_for("feedback", 2)
    assert first == second
    expect(visit.card).to_contain_text("Thank you, noted.")


def test_an_answer_elsewhere_closes_it_here(visit: Visit) -> None:
    visit.open()
    expect(visit.card).to_be_visible()
    visit.segue.wait_for_stream()
    visit.segue.publish(alert=None)
    expect(visit.card).to_have_count(0)


def test_nothing_vanishes_under_a_readers_hands(visit: Visit) -> None:
    visit.open()
    visit.segue.wait_for_stream()
    visit.button("Useful").focus()
    visit.segue.publish(alert=None)
    expect(visit.card).to_have_text("This is no longer open.")
    assert visit.page.evaluate("document.activeElement.tagName") == "SEGUE-BANNER"


def test_it_says_why(visit: Visit) -> None:
    visit.open()
    reasons = visit.card.locator("details li")
    expect(reasons.first).to_be_hidden()
    visit.card.get_by_text("Why am I seeing this?").click()
    expect(reasons).to_have_text(sample.ask()["why"])
    expect(reasons.first).to_be_visible()
    visit.segue.wait_for_stream()
    visit.segue.publish(alert=sample.ask(title="Your team delivered 8,500 reports this month"))
    visit.page.locator("#search").focus()
    expect(visit.card).to_contain_text("8,500")
    expect(reasons.first).to_be_visible()


def test_declining_is_as_easy_as_accepting(visit: Visit) -> None:
    visit.open()
    style = """node => {
      const s = getComputedStyle(node);
      return [node.offsetHeight, s.padding, s.fontSize, s.fontWeight, s.borderWidth]; }"""
    primary = visit.card.get_by_role("link", name="See Business").evaluate(style)
    for name in ANSWERS:
        assert visit.button(name).evaluate(style) == primary


def test_a_notice_sells_nothing(visit: Visit) -> None:
    offers = [
        {"kind": "open", "label": "Upgrade", "url": "https://app.example.com/billing"},
        {"kind": "forward", "label": "Send to Fiona", "to": "fiona"},
        {"kind": "dismiss", "label": "Understood"},
    ]
    visit.segue.state["alert"] = sample.notice(actions=offers)
    visit.open()
    expect(visit.card).to_contain_text("Reports already delivered stay available.")
    assert visit.card.locator("button, a").all_text_contents() == ["Understood"]
    visit.button("Understood").click()
    assert visit.segue.wait_for("feedback")[0]["kind"] == "dismissed"


def test_opening_the_link_is_reported_and_leads_on(visit: Visit) -> None:
    visit.host.pages["/billing"] = HostPage("<title>Billing</title>")
    open_ = {"kind": "open", "label": "See Business", "url": f"{visit.host.origin}/billing"}
    visit.segue.state["alert"] = sample.ask(actions=[open_])
    visit.open()
    visit.card.get_by_role("link", name="See Business").click()
    visit.page.wait_for_url("**/billing")
    assert [body["kind"] for body in visit.segue.wait_for("feedback")] == ["acted"]


def test_seen_is_said_once_and_only_when_it_was(visit: Visit) -> None:
    page = visit.page
    page.clock.install()
    page.add_init_script("""
      addEventListener('DOMContentLoaded', () => {
        if (!sessionStorage.opened) {
          document.querySelector('main').style.paddingBlockStart = '2000px'; }
        sessionStorage.opened = true; });
    """)
    visit.open(html="style='display:block'", body="<p style='height:2000px'></p>")
    expect(visit.card).to_be_attached()
    page.clock.run_for(3_000)
    assert visit.segue.said("seen") == []

    visit.card.scroll_into_view_if_needed()
    page.wait_for_timeout(200)
    page.clock.run_for(1_500)
    assert len(visit.segue.wait_for("seen")) == 1

    page.reload()
    expect(visit.card).to_be_attached()
    page.wait_for_timeout(200)
    page.clock.run_for(3_000)
    # A page that goes before it heard that it was noted lets the next one say it again.
    assert len({said["id"] for said in visit.segue.said("seen")}) == 1


def test_a_hidden_tab_has_seen_nothing(visit: Visit) -> None:
    page = visit.page
    page.clock.install()
    page.add_init_script("""
      window.visibility = 'hidden';
      Object.defineProperty(document, 'visibilityState', { get: () => window.visibility });
    """)
    visit.open()
    expect(visit.card).to_be_visible()
    page.wait_for_timeout(200)
    page.clock.run_for(5_000)
    assert visit.segue.said("seen") == []
    page.evaluate("""() => {
      window.visibility = 'visible';
      document.dispatchEvent(new Event('visibilitychange')); }""")
    page.clock.run_for(1_500)
    assert len(visit.segue.wait_for("seen")) == 1


def test_the_page_hears_of_everything(visit: Visit) -> None:
    page = visit.page
    page.add_init_script("""
      window.heard = [];
      for (const name of ['shown', 'answered', 'forwarded', 'undone'])
        addEventListener('segue:' + name, ({ detail }) => heard.push([name, detail]));
    """)
    visit.open()
    visit.button("Useful").click()
    (useful,) = visit.segue.wait_for("feedback")
    visit.button("Undo").click()
    visit.segue.wait_for("undo")
    visit.button("Send to Fiona").click()
    (forward,) = visit.segue.wait_for("forward")
    expect(visit.card).to_contain_text("Sending to Fiona")
    assert page.evaluate("heard") == [
        ["shown", {"alert": "al_1", "class": "ask", "moment": "pace"}],
        ["answered", {"alert": "al_1", "kind": "useful", "id": useful["id"]}],
        ["undone", {"alert": "al_1", "kind": "useful", "id": useful["id"]}],
        ["forwarded", {"alert": "al_1", "forward": forward["id"], "state": "waiting"}],
    ]


def test_two_banners_agree(visit: Visit) -> None:
    page = visit.open(body="<segue-banner id='second'></segue-banner>")
    expect(visit.card).to_have_count(2)
    page.locator("#second").get_by_role("button", name="Not now").click()
    expect(visit.card).to_have_count(1)
    expect(page.locator("#second")).to_contain_text("Noted.")


def test_words_come_from_the_server_where_it_has_them(visit: Visit) -> None:
    labels = {"why": "Warum sehe ich das?", "undo": "Rückgängig", "useful": "Danke."}
    visit.segue.state["labels"] |= labels
    visit.segue.state["locale"] = "de"
    visit.open()
    expect(visit.card).to_contain_text("Warum sehe ich das?")
    expect(visit.card).to_contain_text("8.420 of 10.000")
    visit.button("Useful").click()
    expect(visit.card).to_contain_text("Danke.")
    expect(visit.button("Rückgängig")).to_be_visible()
