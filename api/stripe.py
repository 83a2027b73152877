"""POST /integrations/stripe: Stripe's events, which nobody but Stripe can sign."""

import logging
from functools import cache
from typing import Any

import msgspec
from anyio.to_thread import run_sync
from litestar import Request, Response, post

from api.described import signed
from api.schema import takes
from api.usage import LARGEST
from engine.errors import Invalid, NotFound
from service import stripe
from service.context import Context

log = logging.getLogger("segue.api")
TOLERANCE = 300
"""Seconds after which a signature is no proof any more: somebody may have kept it."""
_HEADER = "stripe-signature"


class Received(msgspec.Struct):
    """What became of the event: applied, duplicate, ignored, older or kept."""

    outcome: str


def routes(context: Context, secrets: tuple[str, ...]) -> list[Any]:
    """The one address that Stripe is given. `secrets`: any of them may have signed."""

    @post(
        "/integrations/stripe",
        summary="Stripe's events: plan changes and failed payments",
        description="Give Stripe this address as a webhook endpoint. It is answered once all of "
        "it is durable; what is sent again changes nothing.",
        request_max_body_size=LARGEST,
        **signed(
            "stripe",
            takes=takes("application/json", schema={"type": "object"}, examples=_EXAMPLES),
            gives=Received,
            refuses=(404,),
        ),
    )
    async def event(request: Request[Any, Any, Any]) -> Response[bytes]:
        if not secrets:
            _unheard()
            raise NotFound("Stripe's events are not taken: set SEGUE_STRIPE_WEBHOOK_SECRET")
        body, signature = await request.body(), request.headers.get(_HEADER, "")
        return await run_sync(_take, context, secrets, body, signature)

    return [event]


@cache
def _unheard() -> None:
    """Said once: Stripe, or anybody, may send for days."""
    log.warning("Stripe sends events that are not taken: set SEGUE_STRIPE_WEBHOOK_SECRET")


def _take(
    context: Context, secrets: tuple[str, ...], body: bytes, signature: str
) -> Response[bytes]:
    if not any(_signed(body, signature, secret) for secret in secrets):
        raise Invalid(
            "the Stripe-Signature does not fit: is it this endpoint's secret, and the clock right?",
            code="invalid_signature",
        )
    said = Received(outcome=stripe.receive(context, body))
    return Response(msgspec.json.encode(said), media_type="application/json")


def _signed(body: bytes, signature: str, secret: str) -> bool:
    from stripe import SignatureVerificationError, WebhookSignature  # Slow to import.

    try:
        return bool(WebhookSignature.verify_header(body, signature, secret, TOLERANCE))
    except (SignatureVerificationError, ValueError, TypeError):
        return False


_EXAMPLES = {
    "a failed payment": {
        "id": "evt_1",
        "object": "event",
        "type": "invoice.payment_failed",
        "created": 1795766400,
        "data": {"object": {"id": "in_1", "object": "invoice", "customer": "cus_1"}},
    }
}
