"""The reliability plot: what forecasts said against what happened."""

from collections.abc import Callable, Sequence

from markupsafe import Markup

from templates.backtest_svg import svg, text
from templates.backtest_view import Point
from templates.backtest_words import Words


def reliability(raw: Sequence[Point], calibrated: Sequence[Point], words: Words) -> Markup:
    """What was said against what happened; on the diagonal both are the same."""
    size, left, top, side = 380, 44, 14, 312
    most = max((p.count for p in (*raw, *calibrated)), default=1)

    def x(share: float) -> float:
        return round(left + share * side, 1)

    def y(share: float) -> float:
        return round(top + (1 - share) * side, 1)

    parts = [_grid(x, y, words)]
    for kind, points in (("raw", raw), ("calibrated", calibrated)):
        line = " ".join(f"{x(p.said)},{y(p.happened)}" for p in points)
        parts.append(Markup('<polyline class="r-{}" points="{}"/>').format(kind, line))
        for point in points:
            parts.append(
                Markup(
                    '<circle class="r-{}" cx="{}" cy="{}" r="{}"><title>{}</title></circle>'
                ).format(
                    kind,
                    x(point.said),
                    y(point.happened),
                    round(3 + 7 * (point.count / most) ** 0.5, 1),
                    _dot(point, words),
                )
            )
    middle = left + side / 2
    parts.append(text(middle, size - 6, words.say("reliability.axis_said"), "muted", "middle"))
    parts.append(
        Markup(
            '<text class="muted" transform="translate(12 {}) rotate(-90)"'
            ' text-anchor="middle">{}</text>'
        ).format(top + side / 2, words.say("reliability.axis_happened"))
    )
    alt = words.say("reliability.alt", dots="; ".join(_dot(p, words) for p in (calibrated or raw)))
    return svg(size, size, "reliability", alt, parts)


def _dot(point: Point, words: Words) -> str:
    return words.say(
        "reliability.dot",
        said=words.percent(point.said),
        happened=words.percent(point.happened),
        count=words.number(point.count),
    )


def _grid(x: Callable[[float], float], y: Callable[[float], float], words: Words) -> Markup:
    parts = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(
            Markup('<line class="rule" x1="{}" x2="{}" y1="{y}" y2="{y}"/>').format(
                x(0), x(1), y=y(share)
            )
        )
        label = words.number(100 * share)
        parts.append(text(x(0) - 10, y(share) + 4, label, "muted small", "end"))
        parts.append(text(x(share), y(0) + 22, label, "muted small", "middle"))
    parts.append(
        Markup('<line class="diagonal" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(
            x(0), y(0), x(1), y(1)
        )
    )
    return Markup("").join(parts)
