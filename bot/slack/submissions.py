"""What forms send: decided while Slack waits, with one deadline for all of them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.blocks import section
from bot.slack.caller import first_time
from bot.words import Words, words_of
from service.context import Context

WITHIN = 2.5
"""Seconds until an answer: after three Slack says itself that the app did not respond."""
_SLOW = "slow"

Answer = dict[str, Any]
Decide = Callable[[dict[str, Any], AsyncWebClient], Awaitable[Answer]]
"""From what was sent to what is acknowledged; done twice with the same form it acts once."""


def listen_to(app: AsyncApp, context: Context, form: str, decide: Decide) -> None:
    """Take what a form sends; where that can't be decided in time, ask to press again.

    What was begun is given up then. What a thread of it still writes is found by the next press.
    """

    @app.view(form)
    async def sent(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        answer: Answer = {}
        try:
            async with asyncio.timeout(WITHIN) as deadline:
                if await first_time(context, "slack modal", body["trigger_id"]):
                    answer = await decide(body, client)
        except TimeoutError:
            if not deadline.expired():
                raise
            answer = press_again(body["view"], words_of(context))
        await ack(**answer)


def press_again(view: dict[str, Any], words: Words) -> Answer:
    """The form stays as it is, with a line beside its first field, or on top where it has none."""
    line = words.say("slow", button=view["submit"]["text"])
    fields = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]
    if fields:
        return {"response_action": "errors", "errors": {fields[0]: line}}
    names = ("type", "callback_id", "private_metadata", "title", "submit", "close")
    shown = [block for block in view["blocks"] if block["block_id"] != _SLOW]
    made = {name: view[name] for name in names if name in view}
    return {
        "response_action": "update",
        "view": {**made, "blocks": [section(line, _SLOW), *shown]},
    }
