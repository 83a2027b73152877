"""The stream: its parser on any cut of the bytes, and the connection through trouble."""

import json
import random
import time
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.widget import sample
from tests.widget.conftest import Visit
from tests.widget.stub import Page as HostPage

PARSE = """async ([module, chunks]) => {
  const { parser } = await import(module);
  const events = [];
  const push = parser((event) => events.push([event.type, event.data, event.id]));
  chunks.forEach((chunk) => push(chunk));
  return events;
}"""

CASES = {
    "a state": ("event: state\ndata: {}\n\n", [["state", "{}", ""]]),
    "no type": ("data: a\n\n", [["message", "a", ""]]),
    "many lines": ("data: a\ndata:b\ndata\ndata:  c\n\n", [["message", "a\nb\n\n c", ""]]),
    "comments": (": hello\n\n:\ndata: a\n: in between\n\n", [["message", "a", ""]]),
    "an id stays": (
        "id: 7\ndata: a\n\ndata: b\n\n",
        [["message", "a", "7"], ["message", "b", "7"]],
    ),
    "an id alone": ("id: 7\n\ndata: b\n\n", [["message", "b", "7"]]),
    "a null in the id": ("id: 1\nid: 7\0\ndata: a\n\n", [["message", "a", "1"]]),
    "no data, no event": ("event: state\n\ndata: a\n\n", [["message", "a", ""]]),
    "other line ends": ("data: a\r\ndata: b\rdata: c\n\r\n", [["message", "a\nb\nc", ""]]),
    "unknown fields": ("retry: 10\nfoo: bar\ndata: a:b: c\n\n", [["message", "a:b: c", ""]]),
    "not finished": ("data: a\n\ndata: b\n", [["message", "a", ""]]),
    "any script": ("data: تقرير 📈\n\n", [["message", "تقرير 📈", ""]]),
}


def test_the_parser_reads_it_however_it_is_cut(visit: Visit) -> None:
    visit.host.pages["/"] = HostPage("<title>Empty</title>")
    visit.page.goto(visit.host.origin)
    module = f"{visit.segue.origin}/widget/v1/stream.js"
    for case, (text, events) in CASES.items():
        cut = random.Random(case)
        marks = [sorted(cut.choices(range(len(text) + 1), k=3)) for _ in range(6)]
        cuts = ([text[:a], text[a:b], text[b:c], text[c:]] for a, b, c in marks)
        for chunks in ([text], list(text), *cuts):
            assert visit.page.evaluate(PARSE, [module, chunks]) == events, case


def test_it_finds_back_after_a_restart_without_a_word(visit: Visit) -> None:
    page = visit.open()
    expect(visit.card).to_be_visible()
    visit.segue.wait_for_stream()
    visit.segue.publish(meters=[sample.meter(used=8500)])
    expect(page.locator("segue-meter").last.locator(".amount")).to_contain_text("8,500")

    visit.segue.stop()
    page.wait_for_timeout(800)
    expect(visit.card).to_be_visible()  # What was true stays on the page.
    visit.segue.publish(meters=[sample.meter(used=9000)])
    visit.segue.start()
    expect(page.locator("segue-meter").last.locator(".amount")).to_contain_text(
        "9,000", timeout=15_000
    )
    streams = [last for path, _, last in visit.segue.gets if "/stream" in path]
    assert streams[0] is None
    assert streams[1:].count("1") >= 1, "it goes on from what it knows"
    assert None not in streams[1:]


def test_the_page_notices_nothing_when_segue_is_down(visit: Visit) -> None:
    visit.segue.stop()
    page = visit.open()
    page.wait_for_timeout(300)
    box = page.locator("segue-banner").bounding_box()
    assert box is None or box["width"] * box["height"] == 0
    expect(page.locator("#after")).to_be_visible()


def test_it_comes_up_with_segue(visit: Visit) -> None:
    page = visit.open()
    expect(visit.card).to_be_visible()
    page.evaluate(
        "async (module) => { window.client = await import(module); }",
        f"{visit.segue.origin}/widget/v1/client.js",
    )
    visit.segue.stop()
    page.evaluate("""() => {
      window.states = [];
      client.createClient({ token: 'good', onState: (state) => states.push(state.account) }); }""")
    page.wait_for_timeout(500)
    assert page.evaluate("states") == []
    visit.segue.start()
    page.wait_for_function("states.length > 0", timeout=15_000)
    assert page.evaluate("states[0]") == "acme"


def test_back_off_grows_and_differs(visit: Visit) -> None:
    page = visit.page
    page.clock.install()
    visit.segue.tokens.clear()
    page.add_init_script("""
      window.tries = [];
      window.fetch = () => {
        tries.push(Date.now());
        return Promise.reject(new TypeError('down')); };
    """)
    visit.open()
    for _ in range(240):
        page.clock.run_for(500)
    tries = page.evaluate("tries")
    pauses = [(after - before) / 1000 for before, after in pairwise(tries)]
    assert 0.5 <= pauses[0] <= 1.5
    assert all(pause <= 31 for pause in pauses)
    assert max(pauses) >= 15
    assert len(tries) <= 15


def test_a_token_about_to_expire_is_replaced_in_time(visit: Visit) -> None:
    page = visit.page
    page.add_init_script("""
      window.asked = 0;
      addEventListener('segue:ready', () => segue.token(() => (++asked === 1 ? 'good' : 'fresh')));
    """)
    visit.open(attributes="")
    expect(visit.card).to_be_visible()
    visit.segue.wait_for_stream()
    visit.segue.tokens = {"fresh"}
    visit.segue.send("event: expiring\ndata: {}\n\n")
    page.wait_for_function("asked >= 2")
    until = time.monotonic() + 30
    while time.monotonic() < until and visit.segue.gets[-1][1] != "Bearer fresh":
        page.wait_for_timeout(50)
    assert visit.segue.gets[-1][:2] == ("/v1/widget/stream", "Bearer fresh")
    visit.button("Useful").click()
    assert visit.segue.wait_for("feedback")[0]["kind"] == "useful"


def test_a_refused_token_is_renewed_from_its_address(visit: Visit) -> None:
    visit.host.pages["/token"] = HostPage('{"token": "fresh"}')
    visit.segue.tokens = {"fresh"}
    visit.open(attributes='data-token="old" data-token-url="/token"')
    expect(visit.card).to_be_visible()
    assert [token for _, token, _ in visit.segue.gets][:2] == ["Bearer old", "Bearer fresh"]


def test_it_stops_when_the_token_is_gone(visit: Visit) -> None:
    page = visit.open()
    expect(visit.card).to_be_visible()
    visit.segue.wait_for_stream()
    visit.segue.tokens.clear()
    visit.segue.hang_up()
    expect(visit.card).to_have_count(0, timeout=10_000)
    expect(page.locator("segue-meter .bar")).to_be_visible()
    asked = len(visit.segue.gets)
    page.wait_for_timeout(2_500)
    assert len(visit.segue.gets) == asked


def test_signing_out_leaves_nothing(visit: Visit) -> None:
    page = visit.open()
    expect(visit.card).to_be_visible()
    page.evaluate("segue.stop()")
    expect(visit.card).to_have_count(0)
    expect(page.locator("segue-meter")).to_be_hidden()
    assert page.evaluate("sessionStorage.length") == 0


@pytest.mark.parametrize("state", [None, [], {"meters": 7, "alert": {"id": 1}}, {"alert": "x"}])
def test_a_strange_state_does_no_harm(visit: Visit, state: object) -> None:
    page = visit.open()
    visit.segue.wait_for_stream()
    expect(visit.card).to_be_visible()
    visit.segue.send(f"event: state\ndata: {json.dumps(state)}\n\n")
    visit.segue.send("event: state\ndata: {not json\n\n")
    visit.segue.publish(alert=sample.ask(id="al_7", title="Still here"))
    expect(visit.card).to_contain_text("Still here")
    assert page.locator("h1").is_visible()


def streams(visit: Visit) -> list[str]:
    """The addresses of the streams that were asked for."""
    return [path for path, _, _ in visit.segue.gets if "/stream" in path]


def test_where_something_holds_streams_back_it_asks_for_one_that_ends(visit: Visit) -> None:
    visit.segue.buffers = True
    page = visit.open()
    expect(visit.card).to_be_visible()
    page.wait_for_function("true")
    visit.segue.wait_for_poll()
    visit.segue.publish(meters=[sample.meter(used=9100)])
    expect(page.locator("segue-meter").last.locator(".amount")).to_contain_text("9,100")
    visit.segue.wait_for_poll()
    visit.segue.publish(meters=[sample.meter(used=9200)])
    expect(page.locator("segue-meter").last.locator(".amount")).to_contain_text("9,200")
    assert streams(visit)[0] == "/v1/widget/stream"
    assert all(path.endswith("?once=true") for path in streams(visit)[1:])


def test_where_streams_are_refused_it_asks_for_one_that_ends(visit: Visit) -> None:
    visit.segue.blocks = True
    page = visit.open()
    expect(visit.card).to_be_visible()
    visit.segue.wait_for_poll()
    visit.segue.publish(meters=[sample.meter(used=9100)])
    expect(page.locator("segue-meter").last.locator(".amount")).to_contain_text("9,100")
