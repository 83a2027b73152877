"""`/segue`: acknowledged first, then answered as the workspace it was typed in allows."""

import asyncio
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import customer, desk
from bot.slack.admin import Desk, is_home


def listen(app: AsyncApp, place: Desk) -> None:
    """Take the command."""

    @app.command("/segue")
    async def typed(
        ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, respond: AsyncRespond
    ) -> None:
        await ack()
        if await asyncio.to_thread(is_home, place.context, body["team_id"]):
            await desk.answered(place, client, respond, body)
        else:
            await customer.answered(place.context, client, respond, body)
