"""The default policy with one part off, or one value moved: what an ablation tries."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field

from engine.alert import Moment, ReasonCode
from engine.policy import Policy

_NEVER, _ENDLESS = 2.0, 3650.0
"""A probability nothing has, and more days than there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A policy to be tried.

    `values` by `table.key`. `gates`: the reasons it bears on, where it can bring no moment about
    that was not there before; None: everything must be looked at anew. `only`: of what the policy
    says, the asks of one moment.
    """

    name: str
    values: Mapping[str, float] = field(default_factory=dict)
    gates: frozenset[ReasonCode] | None = frozenset()
    only: Moment | None = None


def changed(policy: Policy, values: Mapping[str, float]) -> Policy:
    """The policy with other values, past its own checks: an ablation asks what they hold up."""
    policy = copy(policy)
    for path, value in values.items():
        table, _, key = path.partition(".")
        part = copy(getattr(policy, table))
        getattr(part, key)  # A value nobody reads would change nothing, unseen.
        object.__setattr__(part, key, value)
        object.__setattr__(policy, table, part)
    return policy


def _gate(name: str, *gates: ReasonCode, **values: float) -> Variant:
    return Variant(name=name, values=_paths(values), gates=frozenset(gates))


def _anew(name: str, **values: float) -> Variant:
    return Variant(name=name, values=_paths(values), gates=None)


def _paths(values: Mapping[str, float]) -> dict[str, float]:
    return {name.replace("__", "."): value for name, value in values.items()}


_R = ReasonCode
_ONE_DAY = {"forecast__one_off_share": _NEVER, "forecast__one_off_p": 0.0}
_OVER_TIME = {
    "ask__spacing_days": 0,
    "ask__per_year": _ENDLESS,
    "ask__after_refusal_days": 0,
    "ask__pull_only_at": _ENDLESS,
    "trust__ask_needs": 0.0,
}

VARIANTS = (
    Variant(name="the policy"),
    # What shows that growth lasts.
    _gate("no level of earlier periods", _R.ONE_OFF, lasting__level=0),
    _gate("no last week's pace", _R.ONE_OFF, lasting__pace=0),
    _gate("neither", _R.ONE_OFF, lasting__level=0, lasting__pace=0),
    _gate("no single-day test", _R.ONE_OFF, **_ONE_DAY),
    _gate("none of the three", _R.ONE_OFF, lasting__level=0, lasting__pace=0, **_ONE_DAY),
    _gate("at the limit, a single day never passes", at_limit__pace=_ENDLESS),
    _gate(
        "declining may be asked",
        _R.DECLINING,
        stage__declining_ratio=0,
        stage__declining_ratio_over=0,
    ),
    _gate("dormant may be asked", _R.DORMANT, stage__dormant_days=_ENDLESS),
    _gate("suspect jumps may be asked", _R.DATA_SUSPECT, data__suspect_jump=_ENDLESS),
    # Commitment.
    _anew("onboarding 7 days", stage__onboarding_days=7),
    _anew("onboarding 28 days", stage__onboarding_days=28),
    _anew("two value days are rhythm enough", stage__rhythm_value_days=1, stage__rhythm_weeks=1),
    # Attention.
    _gate("no trust ledger", _R.TRUST_LOW, trust__ask_needs=0.0),
    _gate("no 30 days between asks", _R.ASK_SPACING, ask__spacing_days=0),
    _gate(
        "no rest after unanswered asks",
        _R.BACKOFF,
        _R.PULL_ONLY,
        ask__after_refusal_days=0,
        ask__pull_only_at=_ENDLESS,
    ),
    _gate(
        "none of the three, no cap a year",
        _R.TRUST_LOW,
        _R.ASK_SPACING,
        _R.BACKOFF,
        _R.PULL_ONLY,
        _R.ASK_ANNUAL_CAP,
        **_OVER_TIME,
    ),
    # Moments.
    *(
        Variant(name=f"asks of {moment} alone", only=moment)
        for moment in (Moment.AT_LIMIT, Moment.PACE, Moment.APPROACHING, Moment.SUSTAINED_OVER)
    ),
    _gate("no pace", pace__p=_NEVER, pace__p_calibrated=_NEVER),
    _gate("no approaching", approaching__p=_NEVER),
    _gate("no sustained_over", sustained_over__periods=0),
    _anew("pace bars 0.1 lower", pace__p=0.7, pace__p_calibrated=0.4),
    _gate("pace bars 0.1 higher", pace__p=0.9, pace__p_calibrated=0.6),
    _anew("approaching from p 0.3", approaching__p=0.3),
    _gate("approaching from p 0.7", approaching__p=0.7),
    # The forecast.
    _anew("no calibration", forecast__calibrate_from=1_000_000_000),
    _anew("memory of 28 days", forecast__memory_days=28),
    _anew("level from the last 28 days alone", forecast__recent_weight=1.0),
    _anew("no trend", forecast__trend_damping=0.0),
)
