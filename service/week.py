"""The last seven days over all accounts: what was said, what was held back, who outgrows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from engine.alert import AlertClass
from service.context import Context
from store import overview as stored
from store.overview import Growing, HeldBack, Raised

_WEEK, _LATELY = timedelta(days=7), timedelta(days=2)
_REASONS, _GROWING = 5, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The week. `growing`: accounts whose newest decision foresees that a limit is passed."""

    accounts: int
    raised: Sequence[Raised]
    held_back: Sequence[HeldBack]
    growing: Sequence[Growing]

    def count(self, kind: AlertClass) -> int:
        """How many of a class were raised at accounts that hear them."""
        return sum(one.count - one.held for one in self.raised if one.alert_class is kind)


def overview(context: Context) -> Overview:
    """The week until now."""
    now, policy = context.clock.now(), context.policy().policy
    with context.database.read() as session:
        return Overview(
            accounts=stored.counted(session),
            raised=stored.raised(session, now - _WEEK),
            held_back=stored.held_back(session, now - _WEEK, most=_REASONS),
            growing=stored.growing(session, now - _LATELY, p=policy.approaching.p, most=_GROWING),
        )
