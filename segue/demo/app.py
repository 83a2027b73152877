"""What the sample product shows of itself: its own numbers, from the same usage Segue was told."""

from datetime import timedelta
from statistics import mean
from typing import Any

from segue.demo.sight import see
from segue.demo.world import Player
from service.context import Context

_SHOWN = 28


def overview(context: Context, player: Player) -> dict[str, Any]:
    """The dashboard of Northwind Reports for one account."""
    sight = see(context, player)
    plans = context.policy().catalogue.plans
    if sight is None:
        return {"here": False, "today": context.clock.now().date().isoformat()}
    meter = sight.meter
    first = meter.first_day or sight.today
    known = {first + timedelta(days=n): amount for n, amount in enumerate(meter.daily)}
    last = [sight.today - timedelta(days=n) for n in range(_SHOWN)]
    amounts = [known.get(day, 0.0) for day in reversed(last)]
    before = meter.closed[-1].used if meter.closed else None
    week = [known.get(sight.today - timedelta(days=n), 0.0) for n in range(1, 8)]
    return {
        "here": True,
        "today": sight.today.isoformat(),
        "plan": plans[sight.facts.account.plan or player.plan].name,
        "used": float(meter.used),
        "before": None if before is None else float(before),
        "week": round(mean(week), 1),
        "best": max(known.values(), default=0.0),
        "days": [[d.isoformat(), a] for d, a in zip(reversed(last), amounts, strict=True)],
    }
