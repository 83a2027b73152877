"""The demo's only ways into Segue: its HTTP routes, with real keys and real signatures."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientSession, ClientTimeout
from slack_sdk.signature import SignatureVerifier

from engine.errors import SegueError

_TIMEOUT = ClientTimeout(total=30)


class Doors:
    """A vendor's server, and Slack, as Segue sees them."""

    def __init__(self, base: str, *, ingest_key: str, admin_key: str, signing_secret: str) -> None:
        self.base = base
        self._ingest, self._admin = ingest_key, admin_key
        self._signer = SignatureVerifier(signing_secret)
        self._http = ClientSession(timeout=_TIMEOUT)

    async def aclose(self) -> None:
        """Hang up."""
        await self._http.close()

    async def report(self, events: Sequence[Mapping[str, Any]]) -> None:
        """`POST /v1/usage`."""
        answer = await self._json("POST", "/v1/usage", self._ingest, list(events))
        if answer.get("rejected"):
            raise SegueError(f"usage was refused: {answer['rejected'][0]}")

    async def put_account(self, account: str, facts: Mapping[str, Any]) -> None:
        """`PUT /v1/accounts/{account}`."""
        await self._json("PUT", f"/v1/accounts/{account}", self._admin, facts)

    async def put_person(self, account: str, person: str, facts: Mapping[str, Any]) -> None:
        """`PUT /v1/accounts/{account}/people/{person}`."""
        await self._json("PUT", f"/v1/accounts/{account}/people/{person}", self._admin, facts)

    async def put_blocker(self, account: str, blocker: str, facts: Mapping[str, Any]) -> None:
        """`PUT /v1/accounts/{account}/blockers/{id}`."""
        await self._json("PUT", f"/v1/accounts/{account}/blockers/{blocker}", self._admin, facts)

    async def change_plan(self, account: str, plan: str, reason: str) -> None:
        """`POST /v1/accounts/{account}/plan`, as the vendor's billing says it."""
        body = {"plan": plan, "reason": reason}
        await self._json("POST", f"/v1/accounts/{account}/plan", self._admin, body)

    async def widget(self, signed: str) -> dict[str, Any]:
        """`GET /v1/widget/state`, as the widget asks with its token."""
        return await self._json("GET", "/v1/widget/state", signed, None)

    async def page(self, url: str) -> str:
        """Open a page as a browser does."""
        async with self._http.get(url) as answer:
            answer.raise_for_status()
            return await answer.text()

    async def fill_in(self, url: str, form: Mapping[str, str]) -> str:
        """Send a page's form and read where it leads."""
        async with self._http.post(url, data=dict(form)) as answer:
            answer.raise_for_status()
            return await answer.text()

    async def interact(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """What Slack sends after a click or a filled-in modal, signed like Slack's."""
        body = urlencode({"payload": json.dumps(payload)})
        stamp = str(int(time.time()))
        signature = self._signer.generate_signature(timestamp=stamp, body=body)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signature or "",
        }
        url = f"{self.base}/slack/events"
        async with self._http.post(url, data=body, headers=headers) as answer:
            if answer.status != 200:
                raise SegueError(f"Segue answered {answer.status} to a click in Slack")
            text = await answer.text()
            return dict(json.loads(text)) if text.startswith("{") else {}

    async def _json(self, method: str, path: str, key: str, body: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {key}"}
        async with self._http.request(
            method, self.base + path, json=body, headers=headers
        ) as answer:
            text = await answer.text()
            if answer.status >= 400:
                raise SegueError(f"{method} {path} answered {answer.status}: {text[:300]}")
            return dict(json.loads(text)) if text.startswith("{") else {}
