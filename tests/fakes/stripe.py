"""Stripe's events as Stripe makes and signs them, with Stripe's own signer."""

import json
import time
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

import httpx
import stripe

ADDRESS = "/integrations/stripe"
_numbers = count(1)


def subscription(
    customer: str,
    *prices: str,
    id: str = "sub_1",
    status: str = "active",
    product: str = "prod_x",
    **more: Any,
) -> dict[str, Any]:
    """A subscription to prices, as of Stripe's present API."""
    return {
        "id": id,
        "object": "subscription",
        "customer": customer,
        "status": status,
        "cancel_at_period_end": False,
        "cancel_at": None,
        "canceled_at": None,
        "ended_at": None,
        "items": items(*prices, product=product),
        **more,
    }


def items(*prices: str, product: str = "prod_x") -> dict[str, Any]:
    """What a subscription holds."""
    return {
        "object": "list",
        "has_more": False,
        "data": [
            {
                "id": f"si_{n}",
                "object": "subscription_item",
                "quantity": 1,
                "price": {
                    "id": price,
                    "object": "price",
                    "product": product,
                    "lookup_key": None,
                    "unit_amount": 49000,
                    "unit_amount_decimal": "49000",
                },
            }
            for n, price in enumerate(prices)
        ],
    }


def invoice(customer: str, *, id: str = "in_1", **more: Any) -> dict[str, Any]:
    """An invoice."""
    return {"id": id, "object": "invoice", "customer": customer, "amount_due": 49000, **more}


def checkout(customer: str | None, reference: str | None, *, id: str = "cs_1") -> dict[str, Any]:
    """A checkout that was completed."""
    return {
        "id": id,
        "object": "checkout.session",
        "mode": "subscription",
        "customer": customer,
        "client_reference_id": reference,
    }


def event(
    type: str,
    object: dict[str, Any],
    at: datetime,
    *,
    before: dict[str, Any] | None = None,
    id: str | None = None,
) -> dict[str, Any]:
    """An event; `before`: the attributes that changed, as they were."""
    data: dict[str, Any] = {"object": object}
    if before is not None:
        data["previous_attributes"] = before
    return {
        "id": id or f"evt_{next(_numbers)}",
        "object": "event",
        "api_version": "2026-10-29.clover",
        "created": int(at.timestamp()),
        "livemode": False,
        "pending_webhooks": 1,
        "type": type,
        "data": data,
    }


@dataclass
class Stripe:
    """Sends events to a webhook endpoint, whose secret it shares."""

    http: httpx.Client
    secret: str

    def post(
        self, event: Any, *, age: float = 0, secret: str | None = None, **headers: str
    ) -> httpx.Response:
        """Deliver an event, signed `age` seconds ago; bytes go as they are."""
        body = event if isinstance(event, bytes) else json.dumps(event, indent=2).encode()
        signature = stripe.WebhookSignature.generate_signature_header(
            body.decode(), secret or self.secret, int(time.time() - age)
        )
        sent = {"Stripe-Signature": signature, "Content-Type": "application/json", **headers}
        return self.http.post(ADDRESS, content=body, headers=sent)

    def say(self, type: str, object: dict[str, Any], at: datetime, **more: Any) -> str:
        """Deliver an event that must be taken; what became of it."""
        answer = self.post(event(type, object, at, **more))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["outcome"])
