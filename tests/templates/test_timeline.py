"""The page about an account's last months: whole in one file, safe, in every language alike."""

import base64
import hashlib
import re
import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from engine.alert import AlertClass, Moment
from templates.pack import HERE
from templates.timeline import gone, not_found, page, style_hash
from templates.timeline_view import AccountView, Day, MeterPart, Span, Step
from tests.templates.stories import sample_meter
from tests.templates.test_backtest import LINE

AS_OF = datetime(2026, 11, 18, 15, 20, tzinfo=UTC)
VIEW = AccountView(
    product="Northwind Reports",
    locale="en",
    account="acc_harbor",
    name="Harbor Logistics",
    zone="Europe/Berlin",
    days=90,
    as_of=AS_OF,
    until=AS_OF + timedelta(hours=1),
    sentence="Held back because of an earlier no. Earliest again: 17 January 2027.",
    stage="Adopted",
    trust=62.25,
    asks=1,
    meters=(
        MeterPart(
            story=sample_meter(),
            timeline=LINE,
            days=(
                Day(
                    day=date(2026, 11, 17), used=Decimal(410), total=Decimal(8010),
                    limit=Decimal(10_000),
                ),
                Day(day=date(2026, 11, 18), used=Decimal(410), total=Decimal(8420), limit=None),
            ),
        ),
    ),
    spans=(
        Span(
            first=date(2026, 11, 12),
            last=date(2026, 11, 18),
            said=None,
            moment=Moment.PACE,
            sentence="Held back because of an earlier no.",
        ),
        Span(
            first=date(2026, 11, 11),
            last=date(2026, 11, 11),
            said=AlertClass.ASK,
            moment=Moment.PACE,
            sentence="Suggested the next plan: on pace to pass the limit.",
            closed_as="snoozed",
            steps=(
                Step(kind="passed_on", day=date(2026, 11, 11)),
                Step(kind="question", day=date(2026, 11, 12)),
                Step(kind="decline", day=date(2026, 11, 12)),
                Step(kind="approve", day=date(2026, 11, 13)),
                Step(kind="upgrade", day=date(2026, 11, 14), plan="Business <b>"),
            ),
        ),
        Span(
            first=date(2026, 8, 21),
            last=date(2026, 11, 10),
            said=None,
            moment=None,
            sentence="Nothing was due: no moment holds.",
        ),
    ),
)  # fmt: skip


def read(html: str) -> str:
    text = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


@pytest.mark.parametrize(
    ("locale", "parts"),
    [
        (
            "en",
            (
                "8,420 of 10,000 reports used this month. At this pace 10,000 is passed around",
                "As of 18 November 2026, 16:20 (Europe/Berlin). This link works until 17:20.",
                "12–18 November Not said: on pace to pass the limit",
                "11 November Suggestion: on pace to pass the limit",
                "What came back: not now. Passed on, 11 November A question came back, 12 November",
                "Declined, 12 November Approved, 13 November",
                "Moved up to Business &lt;b&gt;, 14 November",
                "21 August – 10 November Nothing was due",
                "1 suggestion in 90 days",
                "18 Nov 2026 410 8,420 none",
            ),
        ),
        (
            "de",
            (
                "8.420 von 10.000 in diesem Monat. Bei diesem Tempo sind es rund um den",
                "Dieser Link gilt bis 17:20.",
                "Was zurückkam: nicht jetzt. Weitergegeben, 11. November",
                "Eine Frage kam zurück, 12. November Abgelehnt, 12. November",
                "Zugestimmt, 13. November Wechsel zu Business &lt;b&gt;, 14. November",
                "Nichts stand an",
            ),
        ),
    ],
)
def test_it_tells_how_it_stands_and_what_was_decided(locale: str, parts: tuple[str, ...]) -> None:
    shown = read(page(replace(VIEW, locale=locale)))
    for part in parts:
        assert part in shown, part
    assert "no moment holds" not in shown


def test_hostile_names_stay_text() -> None:
    hostile = "<script>alert(1)</script> \u202e& {{ 7*7 }}"
    meter = replace(VIEW.meters[0], story=sample_meter(name_one=hostile, name_other=hostile))
    html = page(replace(VIEW, name=hostile, account=hostile, product=hostile, meters=(meter,)))
    assert "<script" not in html
    assert "\u202e" not in html
    assert "{{ 7*7 }}" in html


@pytest.mark.parametrize("locale", ["en", "de"])
def test_its_style_is_the_one_the_header_names(locale: str) -> None:
    for html in (page(VIEW), gone("Northwind", locale), not_found("Northwind", locale)):
        style = re.findall(r"<style>(.*?)</style>", html, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(style[0].encode()).digest()).decode()
        assert f"'sha256-{digest}'" == style_hash()
        assert not re.search(r"<script|\sstyle=|https?:|src=", html)
    assert read(gone("Northwind", locale)) != read(not_found("Northwind", locale))


def test_every_language_has_the_same_words() -> None:
    tables = [tomllib.loads(path.read_text("utf-8")) for path in (HERE / "timeline").glob("*.toml")]
    keys = [{(table, key) for table in one for key in one[table]} for one in tables]
    assert len(keys) == 2
    assert keys[0] == keys[1]
