"""What a page pays for the widget: the main thread's time, and whether anything moved."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser import ARGS, chromium
from tests.widget import sample
from tests.widget.stub import Host, Segue
from tests.widget.stub import Page as HostPage

_SETTLED = 1_500
_SHIFTS = """
  window.shifts = 0; window.long = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((e) => (shifts += e.value)))
    .observe({ type: "layout-shift", buffered: true });
  new PerformanceObserver((list) => list.getEntries().forEach((e) => (long += e.duration)))
    .observe({ type: "longtask", buffered: true });
"""
PAGES = {
    "without it": None,
    "nothing to say, no element": "",
    "nothing to say, banner": "<segue-banner></segue-banner>",
    "a meter": "<segue-meter></segue-meter>",
    "a banner comes up": "<segue-banner></segue-banner>",
}


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds of the main thread by kind, those in tasks over 50 ms, and the layout shift."""

    script: float
    style_and_layout: float
    long_tasks: float
    shift: float
    requests: int


def costs(rounds: int) -> dict[str, Cost]:
    """Medians over rounds in which the pages take turns."""
    seen: dict[str, list[Cost]] = {name: [] for name in PAGES}
    with _stage() as (browser, segue, host):
        for _ in range(rounds):
            for name, elements in PAGES.items():
                alert = sample.ask() if name == "a banner comes up" else None
                segue.state = sample.state(alert=alert)
                seen[name].append(_visit(browser, segue, host, elements, alert is not None))
    return {
        name: Cost(
            *(
                median(getattr(one, field) for one in found)
                for field in ("script", "style_and_layout", "long_tasks", "shift", "requests")
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
    page.goto(host.origin)
    if comes:
        expect(page.locator("segue-banner .card")).to_be_visible()
    page.wait_for_timeout(_SETTLED)
    told = {one["name"]: one["value"] for one in wire.send("Performance.getMetrics")["metrics"]}
    shifts, long = page.evaluate("[shifts, long]")
    page.close()
    segue.hang_up()
    return Cost(
        script=told["ScriptDuration"] * 1e3,
        style_and_layout=(told["RecalcStyleDuration"] + told["LayoutDuration"]) * 1e3,
        long_tasks=long,
        shift=shifts,
        requests=len(segue.gets) - asked,
    )
