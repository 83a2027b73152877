"""What the scorer counts, account by account: for intervals, for the bound on lead, by moment."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bench.timing.dataset import DataSet
from bench.timing.work import Ask, Asked
from engine.alert import Moment

Truth: TypeAlias = Mapping[str, Mapping[str, Any]]
"""The scorer's `truth`: what each account did."""
Draws: TypeAlias = NDArray[np.int64]
"""How often each account is drawn, a row each draw."""
Floats: TypeAlias = NDArray[np.float64]

_RESAMPLES, _SEED = 400, 20261122
_INTERVAL = (5.0, 95.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Per account: alerts that count, the credit they earn, and outgrow events."""

    alerts: NDArray[np.int64]
    credit: Floats
    events: NDArray[np.int64]

    def scores(self, draws: Draws) -> Floats:
        """The score of each draw of accounts."""
        alerts, credit, events = (draws @ one for one in (self.alerts, self.credit, self.events))
        precision, recall = (credit / np.maximum(one, 1) for one in (alerts, events))
        below = 0.25 * precision + recall
        score: Floats = 125 * precision * recall / np.where(below > 0, below, 1.0)
        return score

    @property
    def score(self) -> float:
        """The score of the accounts as they are."""
        return float(self.scores(np.ones((1, len(self.alerts)), dtype=np.int64))[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class OfMoment:
    """The asks of one moment that count: how many, how many timely, how many 3 days ahead."""

    asks: int
    timely: int
    useful: int


class Scorer:
    """The benchmark's score of a data set, and its rules applied to one alert."""

    def __init__(self, rules: ModuleType, data: DataSet) -> None:
        self._rules, self._data = rules, data
        self.truth: Truth = rules.truth(data.accounts, data.limits)

    def score(self, alerts: Sequence[Asked]) -> dict[str, Any]:
        """The benchmark's own metrics."""
        found: dict[str, Any] = self._rules.score(self._data.accounts, alerts, self._data.limits)
        return found

    def counts(self, alert: Asked) -> bool:
        """Whether the alert lies in the account's watch and can be judged."""
        account, at = alert
        first, stop = self.truth[account]["watch"]
        opened = self.truth[account]["open"]
        before, after = self._rules.WINDOW, self._rules.GRACE
        return first <= at <= stop and not any(o - before <= at <= o + after for o in opened)

    def lead(self, alert: Asked) -> float | None:
        """Seconds from a timely alert to the outgrow event; None where it is not timely."""
        account, at = alert
        grown = self.truth[account]["outgrow"]
        if grown is None or not grown - self._rules.WINDOW <= at <= grown + self._rules.GRACE:
            return None
        return float(grown - at)

    def useful(self, lead: float) -> bool:
        """Whether it earns full credit."""
        return bool(lead >= self._rules.USEFUL)

    def tally(self, alerts: Iterable[Asked]) -> Tally:
        """Alerts, credit and events of each account, in the order of the truth."""
        place = {account: n for n, account in enumerate(self.truth)}
        count, credit = np.zeros(len(place), dtype=np.int64), np.zeros(len(place))
        for alert in sorted(alerts, key=lambda alert: alert[1]):
            if not self.counts(alert):
                continue
            n = place[alert[0]]
            count[n] += 1
            lead = self.lead(alert)
            if lead is not None and not credit[n]:
                credit[n] = 1.0 if self.useful(lead) else 0.5
        grown = [facts["outgrow"] is not None for facts in self.truth.values()]
        return Tally(alerts=count, credit=credit, events=np.array(grown, dtype=np.int64))

    def by_moment(self, asks: Sequence[Ask]) -> dict[Moment, OfMoment]:
        """What became of the asks of each moment."""
        found = {}
        for moment in Moment:
            mine = [(ask.account, ask.at) for ask in asks if ask.moment is moment]
            mine = [alert for alert in mine if self.counts(alert)]
            leads = [lead for alert in mine if (lead := self.lead(alert)) is not None]
            if mine:
                found[moment] = OfMoment(
                    asks=len(mine), timely=len(leads), useful=sum(map(self.useful, leads))
                )
        return found

    def reachable(self, onboarding_days: int) -> float:
        """The share of outgrow events that come 3 days or more after onboarding has ended.

        Who knows the future, and asks nobody earlier, has this useful share: no policy has more.
        """
        day = self._rules.DAY
        events = reached = 0
        for facts in self.truth.values():
            if facts["outgrow"] is None:
                continue
            signed_up = facts["watch"][0] // day * day
            events += 1
            reached += self.useful(facts["outgrow"] - signed_up - onboarding_days * day)
        return reached / events if events else float("nan")


def draws(accounts: int) -> Draws:
    """Accounts drawn with replacement, as many as there are; the same at every run."""
    rng = np.random.default_rng((_SEED, accounts))
    drawn: Draws = rng.multinomial(accounts, np.full(accounts, 1 / accounts), size=_RESAMPLES)
    return drawn


def interval(values: Floats) -> tuple[float, float]:
    """Where nine of ten resamples lie."""
    low, high = np.percentile(values, _INTERVAL)
    return float(low), float(high)
