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

    def offer(key: str | None, *, agreed: bool) -> Any:
        plan = catalogue.plans.get(key or "")
        return msgspec.to_builtins(_offer(catalogue, plan, meter, account.currency, agreed=agreed))

    return {
        "now": offer(account.plan, agreed=account.price is not None),
        "next": offer(account.next_plan, agreed=False),
    }


def thaw(terms: Mapping[str, Any], side: str) -> Offer:
    """The offer that `freeze` took, for one side: now or next."""
    offer = msgspec.convert(terms.get(side, {}), _Offer)
    return Offer(overage=offer.unit if offer.tiers is None else offer.tiers, annual=offer.annual)


def _offer(
    catalogue: Catalogue, plan: Plan | None, meter: str, currency: str, *, agreed: bool
) -> _Offer:
    """`agreed`: the account has a price of its own, so the list's price by the year is not its."""
    if plan is None:
        return _Offer()
    overage = catalogue.overage(plan, meter, currency)
    by_year = plan.annual and not agreed and currency == catalogue.product.currency
    return _Offer(
        unit=overage if isinstance(overage, Decimal) else None,
        tiers=overage if isinstance(overage, list) else None,
        annual=plan.annual.price if plan.annual and by_year else None,
    )
