"""Safe in any page: hostile text, the strictest content security policy, trusted types."""

from playwright.sync_api import expect

from tests.widget import sample
from tests.widget.build import BUILT, LOADER, built, gzipped, size, wrong
from tests.widget.conftest import Visit
from tests.widget.stub import Page

HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'


def strict(segue: str) -> dict[str, str]:
    rules = [
        "default-src 'none'",
        f"script-src {segue}",
        f"connect-src {segue}",
        "style-src 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
    return {"Content_Security_Policy": "; ".join(rules)}


def test_hostile_text_is_only_text(visit: Visit) -> None:
    alert = sample.ask(
        title=HOSTILE,
        body=HOSTILE,
        why=[HOSTILE],
        facts=[{"id": HOSTILE, "label": HOSTILE, "value": HOSTILE, "as_of": HOSTILE}],
        actions=[
            {"kind": "open", "label": HOSTILE, "url": "https://app.example.com/"},
            {"kind": "forward", "label": HOSTILE, "to": HOSTILE},
        ],
    )
    visit.segue.forward_as = {"to_name": HOSTILE}
    meters = [sample.meter(name=HOSTILE, sentence=HOSTILE)]
    visit.segue.state.update(alert=alert, meters=meters, locale=HOSTILE)
    visit.segue.state["labels"]["why"] = HOSTILE
    page = visit.open()
    expect(visit.card.locator(".title")).to_have_text(HOSTILE)
    visit.card.get_by_role("button").first.click()
    expect(visit.card).to_contain_text("Sending to <img")
    page.wait_for_timeout(200)
    assert page.evaluate("window.hacked") is None
    assert page.locator("segue-banner img, segue-banner script, segue-meter img").count() == 0


def test_a_link_leads_nowhere_but_the_web(visit: Visit) -> None:
    script = "javascript:window.hacked=1"
    actions = [
        {"kind": "open", "label": "See Business", "url": script},
        {"kind": "forward", "label": "Send to Fiona", "to": "fiona"},
    ]
    visit.segue.state["alert"] = sample.ask(actions=actions)
    visit.segue.forward_as = {"state": "draft", "mailto": script}
    visit.open()
    visit.button("Send to Fiona").click()
    expect(visit.card).to_contain_text("Sending to Fiona")
    expect(visit.card.get_by_role("link")).to_have_count(0)


def test_it_works_under_the_strictest_policy(visit: Visit) -> None:
    page = visit.open(headers=strict(visit.segue.origin))
    card = visit.card
    expect(card).to_be_visible()
    assert card.evaluate("node => getComputedStyle(node).borderRadius") == "12px"
    bar = page.locator("segue-meter .used").last
    expect(bar).to_be_visible()
    share = "node => node.offsetWidth / (node.parentElement?.offsetWidth || Infinity)"
    for _ in range(50):  # A meter that is drawn anew at this instant has no width.
        if filled := bar.evaluate(share):
            break
        page.wait_for_timeout(100)
    assert 0.83 < filled < 0.85
    visit.button("Send to Fiona").click()
    expect(visit.card).to_contain_text("Sending to Fiona")
    visit.button("Undo").click()
    expect(visit.button("Send to Fiona")).to_be_visible()
    for root in ("segue-banner", "segue-meter"):
        styled = f"document.querySelector('{root}').shadowRoot.querySelectorAll('[style], style')"
        assert page.evaluate(f"{styled}.length") == 0


def test_the_strict_page_really_is_strict(visit: Visit) -> None:
    """A canary: the same page refuses what the widget avoids."""
    html = sample.page(visit.segue.origin, body="<p id='canary' style='color:red'>x</p>")
    visit.host.pages["/strict"] = Page(html, strict(visit.segue.origin))
    visit.page.goto(f"{visit.host.origin}/strict")
    color = visit.page.locator("#canary").evaluate("node => getComputedStyle(node).color")
    assert color != "rgb(255, 0, 0)"
    refused = visit.page.evaluate(
        """() => {
        try { document.body.innerHTML = '<b>x</b>'; } catch { return true; }
        return false; }"""
    )
    assert refused
    assert visit.complaints
    visit.complaints.clear()


def test_page_styles_do_not_reach_in(visit: Visit) -> None:
    shouting = (
        "<style>* { text-transform: uppercase; letter-spacing: 4px; font-size: 30px }</style>"
    )
    visit.open(body=shouting)
    style = "node => [getComputedStyle(node).textTransform, getComputedStyle(node).letterSpacing]"
    assert visit.button("Not now").evaluate(style) == ["none", "normal"]


def test_an_old_browser_shows_nothing_and_says_nothing(visit: Visit) -> None:
    visit.page.add_init_script("""
      window.CSSStyleSheet = class CSSStyleSheet { constructor() { throw new TypeError('old'); } };
      CSS.supports = () => false;
    """)
    visit.open()
    visit.page.wait_for_timeout(300)
    assert visit.page.evaluate("customElements.get('segue-banner')") is None
    assert visit.segue.gets == []


def test_it_is_small_and_made_of_these_modules() -> None:
    files = {str(file.relative_to(BUILT)): file.read_bytes() for file in BUILT.rglob("*.js")}
    assert files == built()
    assert wrong() == ""
    assert size() <= 12 * 1024
    assert gzipped(BUILT / LOADER) <= 2 * 1024


FRAMEWORK = """<style>
  *, *::before, *::after { box-sizing: border-box; border: 0 solid red; margin: 0; padding: 0 }
  button, a, input, p, section, div { all: unset !important; display: none !important;
    color: hotpink !important }
  .card, .button, .primary, .title { visibility: hidden !important; transform: scale(0) }
  :root { font-size: 62.5%; line-height: 3 }
</style>"""
PATCHED = """
  for (const prototype of [Array.prototype, Object.prototype, String.prototype])
    prototype.evil = () => { throw new Error('evil'); };
  const append = Element.prototype.append;
  Element.prototype.append = function (...nodes) { return append.apply(this, nodes); };
  const fetched = window.fetch;
  window.fetch = function (...given) { return fetched.apply(window, given); };
  const stringify = JSON.stringify;
  JSON.stringify = (...given) => stringify(...given);
  window.Promise = class extends Promise {};
  window.segueTest = window.card = window.h = 'taken';
  Object.defineProperty(window, 'name', { value: 'taken' });
"""


def test_a_framework_of_shouting_rules_does_not_reach_in(visit: Visit) -> None:
    visit.open(body=FRAMEWORK)
    expect(visit.card).to_be_visible()
    expect(visit.button("Not now")).to_be_visible()
    color = visit.button("Not now").evaluate("node => getComputedStyle(node).color")
    assert color == "rgb(27, 29, 34)"
    visit.button("Not now").click()
    expect(visit.card).to_contain_text("Noted.")


def test_a_page_that_patched_the_language_is_no_trouble(visit: Visit) -> None:
    visit.page.add_init_script(PATCHED)
    visit.open()
    expect(visit.card).to_be_visible()
    visit.button("Send to Fiona").click()
    expect(visit.card).to_contain_text("Sending to Fiona")
    visit.button("Undo").click()
    expect(visit.button("Not now")).to_be_visible()
    assert len(visit.segue.said("forward")) == 1


def test_in_a_shadow_root_of_the_vendors_own_it_is_the_same(visit: Visit) -> None:
    page = visit.open()
    page.evaluate("""() => {
      const host = document.createElement('div');
      host.attachShadow({ mode: 'open' }).append(document.querySelector('segue-banner'));
      document.querySelector('main').prepend(host); }""")
    expect(visit.card).to_be_visible()
    visit.button("Useful").click()
    expect(visit.card).to_contain_text("Thank you, noted.")
    assert [said["kind"] for said in visit.segue.wait_for("feedback")] == ["useful"]


def test_the_tag_twice_is_the_tag_once(visit: Visit) -> None:
    source = f"{visit.segue.origin}/widget/v1/segue.js"
    visit.open(body=f'<script type="module" src="{source}?again" data-token="good"></script>')
    expect(visit.card).to_have_count(1)
    visit.segue.wait_for_stream()
    assert sum(path.endswith("/stream") for path, _, _ in visit.segue.gets) == 1
