"""The usage chart: this period's use, the limit, the forecast; as SVG, as PNG and in words."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import resvg_py
from markupsafe import Markup

from engine.story import Range, Story
from engine.usage import MeterKind
from templates.chart_plot import (
    TEXT,
    Plot,
    cone_points,
    cone_top,
    line_points,
    now_in_days,
    plot_of,
    text_width,
)
from templates.facts import Fact, facts_of, formats_of, passed, shown_range, span_of, today_of
from templates.pack import HERE, Pack, pack
from templates.render import names_of

Theme = Literal["light", "dark"]
FONTS = HERE / "fonts"
_SLIM = 500
_PICTURE, _PAD = (440, 272), 22
_CARD = {"light": "#f5f8f7", "dark": "#1a2220"}
_PLAIN = Markup("")


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one theme; text is AA on the background, and there is one accent."""

    back: str
    ink: str
    muted: str
    rule: str
    accent: str


PALETTES: dict[str, Palette] = {
    "light": Palette("#ffffff", "#17211f", "#5a6664", "#dbe1df", "#0b6b63"),
    "dark": Palette("#121817", "#eef3f1", "#a3b0ad", "#34403d", "#5ccdbf"),
}


def svg(
    story: Story, *, locale: str, theme: Theme = "light", width: int = 720, height: int = 300
) -> str:
    """The chart as one SVG element; classes let a page's own style re-colour it."""
    return _drawing(story, locale, PALETTES[theme], width, height)


def picture(story: Story, *, locale: str, theme: Theme = "light") -> bytes:
    """The chart as a PNG card for e-mail and chats: small enough to read on a phone."""
    colours = replace(PALETTES[theme], back=_CARD[theme])
    width, height = _PICTURE
    drawing = _drawing(story, locale, colours, width - 2 * _PAD, height - 2 * _PAD + 8)
    card = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}">'
        '<rect width="{w}" height="{h}" rx="14" fill="{c}"/>'
        '<g transform="translate({p} {p})">{drawing}</g></svg>'
    ).format(w=width, h=height, c=colours.back, p=_PAD, drawing=drawing)
    return _png(card, 2, None)


def _drawing(story: Story, locale: str, colours: Palette, width: int, height: int) -> Markup:
    words = pack(locale)
    plot = plot_of(story, width, height)
    ahead = shown_range(story.main, today_of(story))
    parts = [_area(story, plot, colours), _axis(story, plot, colours, words)]
    parts += _reference_lines(story, plot, colours, words)
    if ahead is not None:
        parts += _forecast(story, ahead, plot, colours, words)
    parts += _here(story, plot, colours, words)
    return Markup(
        '<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}"'
        ' height="{h}" role="img" aria-label="{alt}" font-family="Inter, system-ui, sans-serif"'
        ' font-size="{size}">{parts}</svg>'
    ).format(
        w=width, h=height, alt=alt(story, locale=locale), size=TEXT, parts=Markup("").join(parts)
    )


def png(drawing: str, scale: int = 2, theme: Theme = "light") -> bytes:
    """The SVG as a PNG with the shipped fonts, so that it looks the same on every machine."""
    return _png(drawing, scale, PALETTES[theme].back)


def _png(drawing: str, scale: int, background: str | None) -> bytes:
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=str(drawing),
            zoom=scale,
            background=background,
            skip_system_fonts=True,
            font_files=[str(path) for path in sorted(FONTS.glob("*.otf"))],
            font_family="Inter",
            sans_serif_family="Inter",
        )
    )


def alt(story: Story, *, locale: str) -> str:
    """What the chart shows, in words: the same facts, nothing more."""
    words = pack(locale)
    facts, names = facts_of(story, words), names_of(story, "full")
    values = _values(facts) | names | {"this": words.words["this"][span_of(story.main)]}
    text = words.words["chart"]
    key = "used_of" if "limit" in facts else "used_only"
    values["head"] = " ".join(words.words["meter"][key].format(**values).split(" ")).strip()
    sentence = text["alt_forecast" if "forecast" in facts else "alt"].format(**values)
    if "last" in facts:
        sentence = text["alt_last"].format(alt=sentence, when=values["last_when"], **values)
    return str(sentence)


def _values(facts: dict[str, Fact]) -> dict[str, str]:
    return {name: fact.cited.value for name, fact in facts.items()}


def _text(x: float, y: float, text: str, colours: Palette, kind: str, side: str) -> Markup:
    """A label with a halo in the background's colour, so that lines behind it stay quiet."""
    return Markup(
        '<text class="t-{k}" x="{x}" y="{y}" fill="{c}" font-weight="{w}" text-anchor="{a}"'
        ' stroke="{b}" stroke-width="4" stroke-linejoin="round" paint-order="stroke">{t}</text>'
    ).format(
        k=kind, x=round(x, 1), y=round(y, 1), c=getattr(colours, kind), b=colours.back,
        w="400" if kind == "muted" else "600", a=side, t=text,
    )  # fmt: skip


def _rule(x1: float, x2: float, y: float, colour: str, kind: str, extra: Markup = _PLAIN) -> Markup:
    return Markup('<line class="{k}" x1="{a}" x2="{b}" y1="{y}" y2="{y}" stroke="{c}"{e}/>').format(
        k=kind, a=x1, b=x2, y=y, c=colour, e=extra
    )


def _path(points: list[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in points)


def _area(story: Story, plot: Plot, colours: Palette) -> Markup:
    points = line_points(story, plot)
    floor = plot.y(0)
    closed = [(points[0][0], floor), *points, (points[-1][0], floor)]
    return Markup(
        '<path class="area" d="{area}Z" fill="{c}" fill-opacity=".09"/>'
        '<path class="line" d="{line}" fill="none" stroke="{c}" stroke-width="2.5"'
        ' stroke-linejoin="round" stroke-linecap="round"/>'
    ).format(area=_path(closed), line=_path(points), c=colours.accent)


def _axis(story: Story, plot: Plot, colours: Palette, words: Pack) -> Markup:
    """The base line, and the days at its ends and at the as-of time; ends yield to that one."""
    formats, end = formats_of(story, words), story.main.period_end
    y, now = plot.height - plot.bottom + 22, plot.x(now_in_days(story, plot))
    left, right = plot.left, plot.width - plot.right
    today = formats.day(today_of(story))
    half = text_width(today, bold=True) / 2
    middle = min(max(now, left + half), right - half)
    parts = [_rule(left, right, plot.y(0), colours.rule, "rule")]
    parts.append(_text(middle, y, today, colours, "ink", "middle"))
    start = formats.day(plot.first)
    if left + text_width(start) + 14 < middle - half:
        parts.append(_text(left, y, start, colours, "muted", "start"))
    if end is not None and right - text_width(formats.day(end)) - 14 > middle + half:
        parts.append(_text(right, y, formats.day(end), colours, "muted", "end"))
    return Markup("").join(parts)


def _reference_lines(story: Story, plot: Plot, colours: Palette, words: Pack) -> list[Markup]:
    """The limit as a quiet dashed line, the period before as a fainter one, each with its label."""
    main, values = story.main, _values(facts_of(story, words))
    left, right = plot.left, plot.width - plot.right
    limit_y = None if main.limit is None else plot.y(float(main.limit))
    parts: list[Markup] = []
    last_y = plot.y(float(main.past[-1].used)) if main.past else plot.y(0)
    if main.kind is not MeterKind.CUMULATIVE and plot.y(0) - last_y > 2 * TEXT:
        label = words.words["chart"]["last"].format(when=values["last_when"], **values)
        below = limit_y is not None and abs(last_y - limit_y) < 2 * TEXT
        label_y = max(last_y, limit_y or 0) + 18 if below else last_y - 8
        parts.append(_rule(left, right, last_y, colours.rule, "rule"))
        parts.append(_text(left, label_y, label, colours, "muted", "start"))
    if limit_y is not None:
        dashes = Markup(' stroke-width="1.5" stroke-dasharray="5 5"')
        parts.append(_rule(left, right, limit_y, colours.muted, "limit", dashes))
        label = _limit_label(story, words, values, plot)
        parts.append(_text(left, limit_y - 9, label, colours, "ink", "start"))
    return parts


def _limit_label(story: Story, words: Pack, values: dict[str, str], plot: Plot) -> str:
    plan = names_of(story, "brief" if plot.width > _SLIM else "tight")["plan"]
    key = "limit_plan" if plan else "limit"
    return str(words.words["chart"][key].format(plan=plan, **values))


def _forecast(
    story: Story, ahead: Range, plot: Plot, colours: Palette, words: Pack
) -> list[Markup]:
    """The cone, the days on the limit as a bracket, and their range in words."""
    limit, values = story.main.limit, _values(facts_of(story, words))
    if limit is None:
        return []
    y = plot.y(float(limit))
    low, high = plot.x(_edge(plot, ahead.low)), plot.x(_edge(plot, ahead.high) + 1)
    label = words.words["chart"]["forecast"].format(**values)
    half = text_width(label, bold=True) / 2
    middle = min(max((low + high) / 2, plot.left + half), plot.width - plot.right - half)
    above = plot.y(cone_top(float(limit))) - 9
    thick = Markup(' stroke-width="5" stroke-linecap="round"')
    return [
        Markup('<path class="cone" d="{d}Z" fill="{c}" fill-opacity=".16"/>').format(
            d=_path(cone_points(story, ahead, limit, plot)), c=colours.accent
        ),
        _rule(low, high, y, colours.accent, "span", thick),
        _text(middle, above, label, colours, "accent", "middle"),
    ]


def _edge(plot: Plot, day: date) -> float:
    return plot.of(day) - 0.5


def _here(story: Story, plot: Plot, colours: Palette, words: Pack) -> list[Markup]:
    """Where use stands: a dot, and the amount beside it, on the side that has room."""
    used = facts_of(story, words)["used"].cited.value
    x, y = line_points(story, plot)[-1]
    one = formats_of(story, words).is_one(story.main.used)
    things = names_of(story, "brief")["one" if one else "many"]
    label = words.words["chart"]["used"].format(many=things, used=used)
    room = max(plot.width - plot.right - x, x - plot.left) - 14
    label = label if text_width(label, bold=True) < room else used
    side = "start" if x + 12 + text_width(label, bold=True) < plot.width - plot.right else "end"
    beside = y - 9 if passed(story.main) else min(y + 21, plot.y(0) - 7)
    before = plot.y(float(story.main.past[-1].used)) if story.main.past else plot.height
    if -TEXT < before - beside < 4:  # The line of the period before would strike it through.
        beside = before + TEXT + 4
    dot = Markup(
        '<circle class="dot" cx="{x}" cy="{y}" r="5" fill="{c}" stroke="{b}" stroke-width="2"/>'
    ).format(x=x, y=y, c=colours.accent, b=colours.back)
    return [dot, _text(x + (12 if side == "start" else -10), beside, label, colours, "ink", side)]
