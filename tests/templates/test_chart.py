"""The chart holds in every state of the facts, and its words are really drawn."""

import re
import xml.etree.ElementTree as ET
from decimal import Decimal

import pytest

from templates.chart import PALETTES, alt, picture, png, svg
from tests.templates.stories import sample_meter, sample_story, variants

NS = "{http://www.w3.org/2000/svg}"


def texts(drawing: str) -> list[str]:
    return [node.text or "" for node in ET.fromstring(drawing).iter(f"{NS}text")]


@pytest.mark.parametrize(("name", "story"), variants().items(), ids=list(variants()))
@pytest.mark.parametrize(("width", "height"), [(720, 300), (340, 240)])
def test_every_state_is_drawn_inside_its_frame(name, story, width, height):
    root = ET.fromstring(svg(story, locale="en", width=width, height=height))
    for node in root.iter():
        for key in ("x", "x1", "x2", "cx"):
            assert -1 <= float(node.get(key, 0)) <= width
        for key in ("y", "y1", "y2", "cy"):
            assert 0 <= float(node.get(key, 0)) <= height
        for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", node.get("d", "")):
            assert -1 <= float(x) <= width + 1
            assert -1 <= float(y) <= height
    assert root.get("aria-label") == alt(story, locale="en")
    assert "nan" not in svg(story, locale="en")


def test_the_sample_says_limit_forecast_use_and_days():
    assert texts(svg(sample_story(), locale="en")) == [
        "18 November", "1 November", "1 December", "7,310 in October", "10,000 included in Team",
        "around 20–24 November", "8,420 reports",
    ]  # fmt: skip


def test_no_limit_no_line_and_no_cone():
    drawing = svg(variants()["no_limit"], locale="en")
    assert 'class="limit"' not in drawing
    assert 'class="cone"' not in drawing


def test_the_line_ends_at_what_is_used_whatever_the_days_add_up_to():
    late = sample_meter(daily=(Decimal(100),) * 18)
    same = sample_meter(daily=(Decimal(467),) * 18)
    ends = [
        re.search(
            r'class="dot" cx="([\d.]+)" cy="([\d.]+)"', svg(sample_story(main=m), locale="en")
        )
        for m in (late, same)
    ]
    assert ends[0].groups() == ends[1].groups()


def test_text_has_pixels_without_any_font_of_the_machine():
    drawing = svg(sample_story(), locale="en")
    silent = re.sub(r"<text.*?</text>", "", drawing)
    assert png(drawing) != png(silent)
    only = re.sub(r"<(path|line|circle)[^>]*/>", "", drawing)
    blank = re.sub(r"<text.*?</text>", "", only)
    assert len(png(only)) > 2 * len(png(blank))


def test_a_hostile_name_stays_text():
    drawing = svg(variants()["hostile"], locale="en")
    assert "<script" not in drawing
    assert any("<script>" in text for text in texts(drawing))


def test_the_picture_is_a_png_in_both_themes():
    light, dark = (picture(sample_story(), locale="en", theme=t) for t in ("light", "dark"))
    assert light.startswith(b"\x89PNG")
    assert light != dark


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", PALETTES)
@pytest.mark.parametrize("kind", ["ink", "muted", "accent"])
def test_text_is_aa_on_its_background(theme, kind):
    palette = PALETTES[theme]
    pair = sorted([luminance(palette.back), luminance(getattr(palette, kind))])
    assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5
