"""Which accounts a report draws: a few of each sort that there is something to learn from."""

from dataclasses import dataclass, field
from datetime import datetime
from heapq import nsmallest

from engine.alert import ReasonCode
from service.backtest_results import AccountResult
from service.backtest_truth import AHEAD
from templates.backtest_view import Choice

MOST = {
    Choice.RIGHT: 10,
    Choice.WRONG: 10,
    Choice.MISSED: 10,
    Choice.NEARLY: 7,
    Choice.OPEN: 3,
}
"""How many accounts of each sort are drawn; forty in all."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Chosen:
    """An account to be drawn; those of a sort come by `rank`, lowest first, then by name."""

    rank: float
    account: str
    choice: Choice = field(compare=False)
    lead: float | None = field(default=None, compare=False)
    outgrew: datetime | None = field(default=None, compare=False)
    held: tuple[ReasonCode, int] | None = field(default=None, compare=False)


class Picker:
    """Sees every account once and keeps only the best of each sort."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Choice, ReasonCode | None], list[Chosen]] = {}

    def see(self, one: AccountResult) -> None:
        """Consider an account."""
        found = _sort(one)
        if found is None:
            return
        kept = self._kept.setdefault((found.choice, found.held[0] if found.held else None), [])
        kept.append(found)
        if len(kept) > 10 * MOST[found.choice]:
            kept[:] = nsmallest(MOST[found.choice], kept)

    def chosen(self) -> list[Chosen]:
        """The accounts to be drawn, sort by sort; of the nearly asked, each reason in turn."""
        found = []
        for choice in Choice:
            turns = [
                (place, one)
                for (of, _), kept in self._kept.items()
                if of is choice
                for place, one in enumerate(nsmallest(MOST[choice], kept))
            ]
            found += [one for _, one in nsmallest(MOST[choice], turns)]
        return found


def _sort(one: AccountResult) -> Chosen | None:
    """What is to be learned from an account, if anything."""
    missed = next((o for o in one.outgrown if o.lead is None or o.lead < AHEAD[0]), None)
    outgrew = one.outgrown[0].at if one.outgrown else None
    if one.asks:
        ask = one.asks[0]
        right, lead = ask.verdict.passed, ask.verdict.lead or 0.0
        choice = Choice.OPEN if right is None else Choice.RIGHT if right else Choice.WRONG
        # An ask that came long before the limit, and one that was sure of it, say the most.
        rank = -lead - 1000 * bool(ask.verdict.stayed) if right else -(ask.p or 0.0)
        return Chosen(
            rank=rank,
            account=one.account,
            choice=choice,
            lead=ask.verdict.lead,
            outgrew=outgrew,
        )
    if missed is not None:
        return Chosen(rank=-one.days, account=one.account, choice=Choice.MISSED, outgrew=missed.at)
    if one.held:
        held = max(one.held.items(), key=lambda item: (item[1], item[0]))
        return Chosen(rank=-held[1], account=one.account, choice=Choice.NEARLY, held=held)
    return None
