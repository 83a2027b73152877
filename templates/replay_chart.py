"""The chart of a replay: how many messages there would have been each week, by class."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from babel.dates import format_date
from markupsafe import Markup

from engine.alert import AlertClass
from templates.chart import PALETTES, png
from templates.pack import pack

_WIDTH, _HEIGHT = 520, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 16, 76, 44
_SHADES = {
    AlertClass.ASK: "#0b6b63",
    AlertClass.REFLECTION: "#7fb5ae",
    AlertClass.NOTICE: "#c9a45c",
}
_LABELS = 5
_FONT = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """A week by its first day, and how many of each class fell into it."""

    first: date
    counts: tuple[tuple[AlertClass, int], ...]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(n for _, n in self.counts)


def picture(
    weeks: Sequence[Week], names: Sequence[tuple[AlertClass, str]], title: str, locale: str
) -> bytes:
    """The chart as a PNG.

    Args:
        weeks: Every week, also those in which nothing was said.
        names: What the classes are called, in the order of the legend.
        title: What is counted.
        locale: The reader's language.
    """
    return png(svg(weeks, names, title, locale))


def svg(
    weeks: Sequence[Week], names: Sequence[tuple[AlertClass, str]], title: str, locale: str
) -> str:
    """The same as SVG."""
    colours = PALETTES["light"]
    most = _round(max((week.total for week in weeks), default=0))
    plot = _HEIGHT - _TOP - _BOTTOM
    step = (_WIDTH - _LEFT - _RIGHT) / max(len(weeks), 1)
    parts = [_text(_LEFT, 24, title, colours.ink, weight=600), *_legend(names, colours.muted)]
    for share in (0, 0.5, 1):
        y = _TOP + plot * (1 - share)
        parts.append(
            Markup('<line x1="{a}" x2="{b}" y1="{y}" y2="{y}" stroke="{c}"/>').format(
                a=_LEFT, b=_WIDTH - _RIGHT, y=y, c=colours.rule
            )
        )
        if most * share == int(most * share):
            parts.append(_text(_LEFT - 8, y + 5, f"{int(most * share)}", colours.muted, "end"))
    every = max(1, -(-len(weeks) // _LABELS))
    for n, week in enumerate(weeks):
        x, bottom = _LEFT + n * step, float(_TOP + plot)
        for kind, count in week.counts:
            height = plot * count / most
            bottom -= height
            parts.append(
                Markup('<rect x="{x}" y="{y}" width="{w}" height="{h}" fill="{c}"/>').format(
                    x=x + 0.15 * step, y=bottom, w=min(0.7 * step, 48), h=height, c=_SHADES[kind]
                )
            )
        if n % every == 0:
            day = format_date(week.first, "d MMM", locale=pack(locale).babel)
            parts.append(_text(x + 0.15 * step, _HEIGHT - 16, day, colours.muted))
    return str(
        Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}"'
            ' font-family="Inter, system-ui, sans-serif" font-size="{s}">{parts}</svg>'
        ).format(s=_FONT, w=_WIDTH, h=_HEIGHT, parts=Markup("").join(parts))
    )


def _legend(names: Sequence[tuple[AlertClass, str]], ink: str) -> list[Markup]:
    parts, x = [], float(_LEFT)
    for kind, name in names:
        parts.append(
            Markup('<rect x="{x}" y="41" width="13" height="13" rx="2" fill="{c}"/>').format(
                x=x, c=_SHADES[kind]
            )
        )
        parts.append(_text(x + 19, 53, name, ink))
        x += 46 + 8.5 * len(name)
    return parts


def _text(
    x: float, y: float, words: str, ink: str, anchor: str = "start", weight: int = 400
) -> Markup:
    return Markup(
        '<text x="{x}" y="{y}" fill="{c}" text-anchor="{a}" font-weight="{b}">{t}</text>'
    ).format(x=x, y=y, c=ink, a=anchor, b=weight, t=words)


def _round(most: int) -> int:
    """The top of the axis: even, so that its middle is a whole number."""
    return max(2, most + most % 2)
