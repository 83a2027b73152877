"""What the catalogue said of the plans when a case was frozen: overage and yearly prices."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from engine.catalogue import Catalogue, Plan, Tier
from engine.snapshot import Snapshot
from templates.case_view import Offer


class _Offer(msgspec.Struct):
    """An offer as JSON values; amounts are text, so nothing is rounded."""

    unit: Decimal | None = None
    tiers: list[Tier] | None = None
    annual: Decimal | None = None


def freeze(facts: Snapshot, catalogue: Catalogue, meter: str) -> dict[str, Any]:
    """JSON values of what the account's plan and the next one say about `meter`."""
    account = facts.account
    return {
        "now": msgspec.to_builtins(_offer(catalogue.plans.get(account.plan or ""), meter)),
        "next": msgspec.to_builtins(_offer(catalogue.plans.get(account.next_plan or ""), meter)),
    }


def thaw(terms: Mapping[str, Any], side: str) -> Offer:
    """The offer that `freeze` took, for one side: now or next."""
    offer = msgspec.convert(terms.get(side, {}), _Offer)
    return Offer(overage=offer.unit if offer.tiers is None else offer.tiers, annual=offer.annual)


def _offer(plan: Plan | None, meter: str) -> _Offer:
    if plan is None:
        return _Offer()
    overage = plan.overage.get(meter)
    return _Offer(
        unit=overage if isinstance(overage, Decimal) else None,
        tiers=overage if isinstance(overage, list) else None,
        annual=plan.annual.price if plan.annual else None,
    )
