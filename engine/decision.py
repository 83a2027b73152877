"""What one evaluation says: outcome, every reason, and the evidence behind them."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from engine.alert import AlertClass, AlertKey, Moment, Outcome, Reason, ReasonCode


class Stage(StrEnum):
    """How far the account has come, by evidence."""

    EXPERIMENTING = "experimenting"
    LEARNING = "learning"
    ADOPTED = "adopted"
    EMBEDDED = "embedded"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageView:
    """The stage, since when, its overlays, and one line of evidence per rule tried."""

    stage: Stage
    since: date | None
    dormant: bool
    outgrowing: bool
    evidence: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Whether and when the limit will be met. Dates are 10/50/90 % crossing days; None: not likely.

    `p`: the one in force (calibrated where a calibration exists). `known` False: cannot tell.
    `p_previous`: the one in force at the previous daily evaluation of the same period.
    """

    meter: str
    known: bool
    p_raw: float | None = None
    p: float | None = None
    low: date | None = None
    mid: date | None = None
    high: date | None = None
    one_off: bool = False
    ramp: bool = False
    p_previous: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A moment that holds, with all reasons against speaking (none: it may speak)."""

    key: AlertKey
    p: float | None
    evidence: tuple[tuple[str, str], ...]
    reasons: tuple[Reason, ...]

    @property
    def moment(self) -> Moment:
        """The moment that holds."""
        return self.key.moment

    @property
    def alert_class(self) -> AlertClass:
        """What it would be said as."""
        return self.key.alert_class


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The trust ledger's state: attention 0-100, refusals k, and the cause of each entry.

    `rest_until`: no ask before this instant, because of refusals and dates people gave.
    """

    trust: float
    refusals: float
    entries: tuple[tuple[datetime, str, float], ...]
    rest_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The whole answer for one account at one instant.

    `chosen`: the ask or reflection that survived (also when held back: then `reason` says why).
    `notices` go out beside it, pushed to `notice_recipient`. `audience`: ids of people who may see
    an ask banner: stored ones, and users known by their usage alone.
    `guard`: per meter the usage from which on it is worth looking again.
    `exposed`: all but held_out passed, logged in both arms.
    """

    account: str
    at: datetime
    outcome: Outcome
    reason: ReasonCode | None
    reasons: tuple[Reason, ...]
    chosen: Candidate | None
    notices: tuple[Candidate, ...]
    candidates: tuple[Candidate, ...]
    stage: StageView
    forecasts: tuple[Forecast, ...]
    balance: Balance
    recipient: str | None
    audience: tuple[str, ...]
    exposed: bool
    next_possible: date | None
    guard: tuple[tuple[str, float], ...]
    digest: str
    notice_recipient: str | None = None
