"""What a page pays for the widget: the main thread's time, and whether anything moved."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser import ARGS, chromium
from tests.widget import sample
from tests.widget.stub import Host, Segue
from tests.widget.stub import Page as HostPage

_SETTLED = 2_500
_SLOWER = 4
_RUNNING = {
    "v8.compile",
    "v8.compileModule",
    "v8.evaluateModule",
    "EvaluateScript",
    "FunctionCall",
    "v8.callFunction",
    "FireIdleCallback",
    "TimerFire",
    "RunMicrotasks",
}
_ROOM = "display: block; min-block-size: 90px"
_SHIFTS = """
  window.shifts = 0;
  const ours = (node) => !node || node.getRootNode() !== document || /^SEGUE-/.test(node.nodeName);
  new PerformanceObserver((list) => list.getEntries().forEach((e) => {
    if (e.sources.some(({ node }) => !ours(node))) shifts += e.value; }))
    .observe({ type: "layout-shift", buffered: true });
"""
PAGES = {
    "without it": None,
    "no element": "",
    "a banner with nothing to say": "<segue-banner></segue-banner>",
    "a meter, its room kept": f"<style>segue-meter {{{_ROOM}}}</style><segue-meter></segue-meter>",
    "a banner in the corner comes up": '<segue-banner placement="corner"></segue-banner>',
    "a banner in the page comes up": "<segue-banner></segue-banner>",
}


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds on a processor slowed down to a quarter, and what of the page moved.

    `at_load`: scripts until the page's load event; `script`: with those after it, in the browser's
    idle moments; `shift`: cumulative.
    """

    at_load: float
    script: float
    style_and_layout: float
    shift: float
    requests: int


def costs(rounds: int) -> dict[str, Cost]:
    """Medians over rounds in which the pages take turns."""
    seen: dict[str, list[Cost]] = {name: [] for name in PAGES}
    with _stage() as (browser, segue, host):
        for _ in range(rounds):
            for name, elements in PAGES.items():
                alert = sample.ask() if name.endswith("comes up") else None
                segue.state = sample.state(alert=alert)
                seen[name].append(_visit(browser, segue, host, elements, alert is not None))
    return {
        name: Cost(
            *(
                median(getattr(one, field) for one in found)
                for field in ("at_load", "script", "style_and_layout", "shift", "requests")
            )
        )
        for name, found in seen.items()
    }


@contextmanager
def _stage() -> Iterator[tuple[Browser, Segue, Host]]:
    segue, host = Segue(sample.state()), Host()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=ARGS)
            yield browser, segue, host
            browser.close()
    finally:
        segue.stop()
        host.stop()


def _visit(browser: Browser, segue: Segue, host: Host, elements: str | None, comes: bool) -> Cost:
    script = (
        f'<script type="module" src="{segue.origin}/widget/v1/segue.js" data-token="good"'
        ' data-after="0"></script>'
    )
    lines = "".join(f"<p>Line {n} of a page that is being read.</p>" for n in range(40))
    host.pages["/"] = HostPage(
        f"<!doctype html><title>App</title>{'' if elements is None else script}"
        f"<main><h1>Overview</h1>{elements or ''}{lines}</main>"
    )
    page = browser.new_page()
    page.add_init_script(_SHIFTS)
    asked = len(segue.gets)
    wire = page.context.new_cdp_session(page)
    wire.send("Performance.enable")
    wire.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})
    browser.start_tracing(page=page, categories=["devtools.timeline", "v8"])
    page.goto(host.origin)
    if comes:
        expect(page.locator("segue-banner .card")).to_be_visible()
    page.wait_for_timeout(_SETTLED)
    at_load, in_all = _scripts(json.loads(browser.stop_tracing())["traceEvents"])
    metrics = wire.send("Performance.getMetrics")["metrics"]
    told = {one["name"]: one["value"] for one in metrics}
    shifts = page.evaluate("shifts")
    page.close()
    segue.hang_up()
    return Cost(
        at_load=at_load,
        script=in_all,
        style_and_layout=(told["RecalcStyleDuration"] + told["LayoutDuration"]) * 1e3,
        shift=shifts,
        requests=len(segue.gets) - asked,
    )


def _scripts(events: list[dict[str, Any]]) -> tuple[float, float]:
    """Milliseconds of compiling and running scripts, until the load event and in all."""
    loaded = max((e["ts"] for e in events if e["name"] == "MarkLoad"), default=0)
    runs = sorted((e["ts"], e["ts"] + e.get("dur", 0)) for e in events if e["name"] in _RUNNING)
    before = after = end = 0.0
    for start, stop in runs:
        more = max(0.0, stop - max(start, end))  # What is inside another is counted with it.
        end = max(end, stop)
        if start < loaded:
            before += more
        else:
            after += more
    return before / 1e3, (before + after) / 1e3
