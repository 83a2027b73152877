"""One meter's usage as a replay reads it: what every benchmark here replays."""

from datetime import date
from decimal import Decimal

import numpy as np

from engine.record import Amounts, Epochs, Record, Track
from engine.snapshot import AccountFacts
from engine.usage import Aggregation, AtLimit, MeterKind


def record_of(
    account: str, *, since: date, limit: Decimal | float, at: Epochs, amount: Amounts
) -> Record:
    """An account with a meter that adds up over calendar months, without user ids."""
    return Record(
        account=AccountFacts(
            id=account,
            name=account,
            plan=None,
            next_plan="larger",
            time_zone="UTC",
            locale="en",
            currency="EUR",
            since=since,
        ),
        tracks=(
            Track(
                key="units",
                name_one="unit",
                name_other="units",
                value="delivered",
                kind=MeterKind.RESET,
                aggregation=Aggregation.SUM,
                meaningful=True,
                at_limit=AtLimit.CONTINUES,
                limit=Decimal(limit),
                limit_known=True,
                at=at,
                amount=amount,
                owner=np.full(len(at), -1),
            ),
        ),
    )
