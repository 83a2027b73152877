"""The strokes that a backtest's drawings are made of, and what reasons share a colour."""

from collections.abc import Iterable

from markupsafe import Markup

from engine.alert import ReasonCode

R = ReasonCode
FAMILIES: dict[str, frozenset[ReasonCode]] = {
    "commitment": frozenset(
        (R.STAGE_EXPERIMENTING, R.STAGE_LEARNING, R.ONBOARDING, R.DORMANT, R.DECLINING)
    ),
    "doubt": frozenset((R.DATA_STALE, R.DATA_SUSPECT, R.DATA_THIN, R.ONE_OFF, R.RAMP)),
    "restraint": frozenset(
        (
            R.DUPLICATE,
            R.ASK_SPACING,
            R.ASK_ANNUAL_CAP,
            R.BACKOFF,
            R.REFLECTION_SPACING,
            R.TRUST_LOW,
            R.ACCOUNT_MUTED,
            R.PULL_ONLY,
            R.OBJECTED,
        )
    ),
    "time": frozenset(
        (
            R.CANCEL_PENDING,
            R.PAYMENT_FAILED,
            R.INCIDENT,
            R.SECURITY_NOTICE,
            R.TICKET_OPEN,
            R.TICKET_RECENT,
            R.PRICE_CHANGE,
            R.UPGRADE_RECENT,
            R.DOWNGRADE_RECENT,
            R.RENEWAL_OWNER,
            R.SALES_ACTIVE,
            R.CARE_FLAG,
        )
    ),
    "plan": frozenset((R.LIMIT_UNKNOWN, R.NO_NEXT_PLAN, R.CUSTOM_CONTRACT)),
}
"""What a reason is about, so that reasons can be told apart by colour."""


def family(reason: ReasonCode) -> str:
    """What a reason is about."""
    return next((name for name, reasons in FAMILIES.items() if reason in reasons), "other")


def text(x: float, y: float, words: str, kind: str, side: str) -> Markup:
    """A label; `kind`: its classes, `side`: which of its ends stands there."""
    return Markup('<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>').format(
        kind, round(x, 1), round(y, 1), side, words
    )


def path(points: Iterable[tuple[float, float]]) -> str:
    """Points as a path."""
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)


def svg(width: int, height: int, kind: str, alt: str, parts: Iterable[Markup]) -> Markup:
    """A whole drawing, which a page's style colours by classes."""
    return Markup('<svg class="{}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        kind, width, height, alt, Markup("").join(parts)
    )
