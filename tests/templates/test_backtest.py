"""The report of a backtest: whole in one file, safe, and true to its figures."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from engine.alert import AlertClass, Moment, ReasonCode
from engine.decision import Stage
from templates.backtest import page, summary
from templates.backtest_svg import family
from templates.backtest_timeline import timeline
from templates.backtest_view import (
    BacktestView,
    Change,
    Choice,
    Cone,
    Figures,
    Mark,
    Point,
    ReasonSpan,
    Segment,
    Shown,
    StageSpan,
    Timeline,
)
from templates.backtest_words import words

ASKED = datetime(2026, 4, 16, 9, tzinfo=UTC)
LINE = Timeline(
    account="acme",
    first=date(2026, 3, 1),
    days=61,
    name_other="reports",
    limit=1000.0,
    segments=(
        Segment(points=((0.0, 0.0), (15.0, 400.0), (31.0, 820.0)), passed=False),
        Segment(points=((31.0, 0.0), (46.0, 640.0), (61.0, 1180.0)), passed=True),
    ),
    cones=(Cone(day=46.4, used=640.0, low=52.5, mid=55.5, high=58.5),),
    marks=(
        Mark(
            day=46.4,
            at=ASKED,
            alert_class=AlertClass.ASK,
            moment=Moment.PACE,
            p=0.91,
            why="used 640 of 1000",
        ),
    ),
    stages=(
        StageSpan(start=0, end=14, stage=Stage.LEARNING),
        StageSpan(start=14, end=61, stage=Stage.ADOPTED),
    ),
    reasons=(ReasonSpan(start=10, end=20, reason=ReasonCode.STAGE_LEARNING),),
    months=((31.0, date(2026, 4, 1)),),
)
FIGURES = Figures(
    preset="balanced",
    span=181,
    accounts=1204,
    days=98_211,
    asks=57,
    reflections=120,
    notices=31,
    asks_per_year=0.21,
    moments=(
        (AlertClass.ASK, Moment.PACE, 57),
        (AlertClass.REFLECTION, Moment.MILESTONE, 120),
        (AlertClass.NOTICE, Moment.AT_LIMIT, 31),
    ),
    judged=50,
    passed=41,
    stayed_judged=40,
    stayed=33,
    leads=(9.0, 6.0, -1.0),
    outgrew=44,
    outgrew_in_time=29,
    outgrew_late=4,
    experimenters=300,
    bothered=1,
    without_moment=700,
    untold=900,
    silences=(
        (ReasonCode.NO_MOMENT, 90_000, 1204),
        (ReasonCode.STAGE_LEARNING, 5_000, 310),
        (ReasonCode.ONE_OFF, 12, 3),
    ),
    years=((0, 1150), (1, 50), (2, 4)),
    least=200,
    resolved=900,
    scored=640,
    raw=(Point(said=0.2, happened=0.1, count=600), Point(said=0.9, happened=0.7, count=300)),
    calibrated=(Point(said=0.7, happened=0.72, count=200),),
    brier_raw=0.12,
    brier_calibrated=0.09,
    brier_base=0.2,
)
VIEW = BacktestView(
    product="Northwind Reports",
    locale="en",
    first=date(2026, 1, 1),
    last=date(2026, 6, 30),
    made_at=datetime(2026, 7, 1, tzinfo=UTC),
    names=("segue.toml",),
    sides=(FIGURES,),
    changes=(),
    same=0,
    shown=(Shown(choice=Choice.RIGHT, timeline=LINE, lead=9.2, outgrew=date(2026, 4, 25)),),
    bad_rows=0,
)
OTHER = replace(
    VIEW,
    names=("segue.toml", "keen.toml"),
    sides=(FIGURES, replace(FIGURES, asks=61)),
    same=50,
    changes=(
        Change(
            account="acme",
            moment=Moment.PACE,
            here=ASKED,
            there=datetime(2026, 4, 11, 9, tzinfo=UTC),
            days=-5.0,
            reason=None,
        ),
        Change(
            account="globex",
            moment=Moment.PACE,
            here=ASKED,
            there=None,
            days=None,
            reason=ReasonCode.ONBOARDING,
        ),
    ),
    shown=(Shown(choice=Choice.RIGHT, timeline=LINE, lead=9.2, there=LINE),),
)


def seen(html: str) -> str:
    """The text a reader sees."""
    text = re.sub(r"<(style|title)>.*?</\1>", "", html, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


@pytest.mark.parametrize("view", [VIEW, OTHER])
def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing(view: BacktestView) -> None:
    html = page(view)
    assert "<script" not in html
    assert not re.search(r"\b(src|href|action|poster|data)=", html)
    assert not re.search(r"https?://|url\(|@import|@font-face|javascript:| on[a-z]+=", html)
    assert html.startswith("<!doctype html>")
    assert html.count("<h1>") == 1


def test_it_says_the_figures_it_was_given() -> None:
    text = seen(page(VIEW))
    assert "57 asks in 181 days, over 1,204 accounts" in text
    assert "Of 50 that can be judged, 41 came in a period" in text
    assert "44 accounts passed a limit in two periods running; 29 of them" in text
    assert "82 %" in text
    assert "still learning 5,000 310" in text
    assert "Asked 16 Apr 2026: on pace to pass the limit, probability 0.91." in text
    assert "The limit was passed 9 days later." in text
    assert "It passed its limit in two periods running, first on 25 Apr 2026." in text


def test_it_speaks_german_too() -> None:
    html = page(replace(OTHER, locale="de"))
    assert '<html lang="de">' in html
    text = seen(html)
    assert "57 Vorschläge in 181 Tagen, bei 1.204 Konten" in text
    assert "acme auf dem Weg über das Limit 16.04.2026 11.04.2026 5 Tage früher" in text
    assert "Das Limit wurde 9 Tage später überschritten." in text
    assert summary(replace(VIEW, locale="de")).startswith("Northwind Reports: 01.01.2026 bis")


def test_a_language_it_does_not_have_is_read_in_english() -> None:
    assert page(replace(VIEW, locale="xx")) == page(VIEW)


def test_the_languages_say_the_same_things() -> None:
    tables = [words(locale).table for locale in ("en", "de")]
    english, german = ({f"{t}.{k}" for t, v in table.items() for k in v} for table in tables)
    assert english == german
    assert len(tables[0]["foot"]["lines"]) == len(tables[1]["foot"]["lines"])


def test_names_from_files_can_do_no_harm() -> None:
    evil = '<img src=x onerror="alert(1)">'
    shown = replace(VIEW.shown[0], timeline=replace(LINE, account=evil, name_other=evil))
    html = page(replace(VIEW, product=evil, names=(evil,), shown=(shown,)))
    assert "<img" not in html
    assert "&lt;img" in html


def test_without_asks_or_forecasts_there_is_still_a_page() -> None:
    bare = replace(
        FIGURES,
        asks=0,
        moments=(),
        judged=0,
        passed=0,
        stayed_judged=0,
        stayed=0,
        leads=(),
        outgrew=0,
        years=((0, 3),),
        resolved=0,
        scored=0,
        raw=(),
        calibrated=(),
        brier_raw=None,
        brier_calibrated=None,
        brier_base=None,
    )
    text = seen(page(replace(VIEW, sides=(bare,), shown=())))
    assert "No ask in 181 days" in text
    assert "No account passed its limit in two periods running." in text
    assert "0 forecasts have resolved; from 200 on" in text


def test_against_says_what_changes_account_by_account() -> None:
    text = seen(page(OTHER))
    assert "61 with keen.toml" in text
    assert "acme on pace to pass the limit 16 Apr 2026 11 Apr 2026 5 days earlier" in text
    assert "globex on pace to pass the limit 16 Apr 2026 no ask still onboarding" in text
    assert page(OTHER).count('class="timeline" viewBox="0 0 440') == 2


def test_a_timeline_draws_use_limit_forecast_ask_stages_and_reasons() -> None:
    drawing = timeline(LINE, "Asked.", words("en"))
    for kind in ("area", "line", "over", "limit", "cone", "bracket", "ask", "stage-adopted"):
        assert f'class="{kind}"' in drawing
    assert "<title>still learning</title>" in drawing
    assert 'aria-label="acme: reports by day, 1 Mar 2026 to 30 Apr 2026. Asked."' in drawing


def test_a_timeline_stays_within_its_frame() -> None:
    huge = Segment(points=((0.0, 0.0), (61.0, 1e9)), passed=True)
    drawing = timeline(replace(LINE, segments=(huge,)), "", words("en"))
    points = re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", drawing)
    assert points
    assert all(0 <= float(x) <= 440 and 0 <= float(y) <= 220 for x, y in points)
    assert "up to 1,000,000,000" in drawing


def test_every_reason_has_words_and_a_colour() -> None:
    text = words("en")
    for reason in ReasonCode:
        assert text.reason(reason)
        assert text.say(f"families.{family(reason)}")


def test_the_summary_is_aligned_and_says_the_same() -> None:
    text = summary(VIEW)
    assert all(len(line) <= 79 for line in text.splitlines())
    assert re.search(r"^asks judged +50$", text, flags=re.M)
    assert re.search(r"^  ask: on pace to pass the limit +57$", text, flags=re.M)
    assert "as drawn 0.120, calibrated 0.090, running base rate 0.200" in text
    beside = summary(OTHER)
    assert re.search(r"^policy +segue.toml +keen.toml$", beside, flags=re.M)
    assert re.search(r"^  only with segue.toml +1$", beside, flags=re.M)
