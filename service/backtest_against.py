"""Two policies over the same usage: which asks only one of them makes, and which come at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.alert import Moment, ReasonCode
from engine.record import Spell
from service.backtest_account import why_not
from service.backtest_results import AccountResult, Said
from service.backtest_truth import DAY

_NEAR = timedelta(days=30)
"""Two asks about one meter that are no further apart are the same ask, moved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """An ask that one policy makes otherwise. `here`: under --config; `there`: under --against.

    `reasons`: why the policy that does not ask stays silent then.
    """

    account: str
    meter: str
    moment: Moment
    here: datetime | None
    there: datetime | None
    reasons: tuple[ReasonCode, ...] = ()

    @property
    def at(self) -> datetime:
        """When it shows first."""
        return min(at for at in (self.here, self.there) if at is not None)

    @property
    def days(self) -> float | None:
        """How many days later the ask comes under --against; None where only one makes it."""
        if self.here is None or self.there is None:
            return None
        return (self.there - self.here).total_seconds() / DAY


def differences(
    here: AccountResult, there: AccountResult, spells: tuple[Sequence[Spell], Sequence[Spell]]
) -> tuple[Difference, ...]:
    """Where the asks of one account differ, in the order of time."""
    return tuple(sorted(_found(here, there, spells), key=lambda d: d.at))


def _found(
    here: AccountResult, there: AccountResult, spells: tuple[Sequence[Spell], Sequence[Spell]]
) -> Iterator[Difference]:
    left = list(there.asks)
    for ask in here.asks:
        twin = _twin(ask, left)
        if twin is None:
            yield Difference(
                account=here.account,
                meter=ask.meter,
                moment=ask.moment,
                here=ask.at,
                there=None,
                reasons=why_not(spells[1], ask.at),
            )
            continue
        left.remove(twin)
        if twin.at != ask.at:
            yield Difference(
                account=here.account,
                meter=ask.meter,
                moment=ask.moment,
                here=ask.at,
                there=twin.at,
            )
    for ask in left:
        yield Difference(
            account=here.account,
            meter=ask.meter,
            moment=ask.moment,
            here=None,
            there=ask.at,
            reasons=why_not(spells[0], ask.at),
        )


def _twin(ask: Said, among: Sequence[Said]) -> Said | None:
    """The nearest ask about the same meter."""
    near = [one for one in among if one.meter == ask.meter and abs(one.at - ask.at) <= _NEAR]
    return min(near, key=lambda one: abs(one.at - ask.at), default=None)
