"""The app's home: shown when it is opened, changed by what is set in it."""

import asyncio
import re
from collections.abc import Mapping
from datetime import time
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.said import Said
from bot.slack import home_views
from bot.slack.admin import Desk, is_home
from bot.slack.caller import Caller, identify
from bot.words import Words, words_of
from engine.errors import Invalid, SegueError, Unavailable
from service import champion, doctor, quiet, week
from service.context import Context
from service.languages import languages

_SET = re.compile(r"^home\.(language|start|end|stop|again)$")


def listen(app: AsyncApp, place: Desk) -> None:
    """Show the home, and take what is set in it."""

    @app.event("app_home_opened")
    async def opened(body: dict[str, Any], client: AsyncWebClient) -> None:
        event = body["event"]
        if event.get("tab") not in (None, "home"):
            return
        await publish(place, client, body["team_id"], event["user"])

    @app.action(_SET)
    async def chosen(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        action, user, team = body["actions"][0], body["user"]["id"], body["team"]["id"]
        try:
            caller = await identify(place.context, client, team, user)
            await asyncio.to_thread(_set, place.context, caller, action)
        except Unavailable:
            raise  # It is tried again by itself.
        except SegueError:
            pass  # The home is shown anew below, as it stands.
        await publish(place, client, team, user)


async def publish(place: Desk, client: AsyncWebClient, team: str, user: str) -> None:
    """Show somebody their home as it stands."""
    context = place.context
    if await asyncio.to_thread(is_home, context, team):
        view = await _of_vendor(place, client, team, user)
    else:
        view = await _of_account(context, client, team, user)
    await client.views_publish(user_id=user, view=view)


async def _of_vendor(place: Desk, client: AsyncWebClient, team: str, user: str) -> dict[str, Any]:
    words = words_of(place.context)
    if not await place.admits(user):
        return home_views.line(await place.refusal(client, team, user, words), words)
    return await asyncio.to_thread(_overview, place.context, words)


async def _of_account(
    context: Context, client: AsyncWebClient, team: str, user: str
) -> dict[str, Any]:
    try:
        caller = await identify(context, client, team, user)
    except SegueError:
        words = words_of(context)
        return home_views.line(Said(lines=(words.say("home_unknown"),)), words)
    return await asyncio.to_thread(_glance, context, caller)


def _overview(context: Context, words: Words) -> dict[str, Any]:
    catalogue = context.policy().catalogue
    return home_views.admin(
        week.overview(context),
        doctor.examine(context),
        {key: meter.name.other for key, meter in catalogue.meters.items()},
        context.clock.now(),
        catalogue.product.time_zone,
        words,
    )


def _glance(context: Context, caller: Caller) -> dict[str, Any]:
    found, applied = champion.glance(context, caller.account, caller.person), context.policy()
    return home_views.champion(
        found,
        applied.catalogue.product.name,
        languages(),
        applied.policy.quiet.hours,
        Words(found.locale),
    )


def _set(context: Context, caller: Caller, action: Mapping[str, Any]) -> None:
    """Keep what was chosen."""
    account, person = caller.account, caller.person
    match action["action_id"]:
        case home_views.LANGUAGE:
            champion.speak(context, account, person, action["selected_option"]["value"])
        case home_views.START:
            _hours(context, caller, start=_time(action))
        case home_views.END:
            _hours(context, caller, end=_time(action))
        case home_views.STOP:
            champion.stop(context, account, person, stopped=True)
        case _:
            champion.stop(context, account, person, stopped=False)


def _hours(
    context: Context, caller: Caller, *, start: time | None = None, end: time | None = None
) -> None:
    usual = context.policy().policy.quiet.hours
    known = quiet.of(context, caller.account, caller.person).hours or tuple(
        time.fromisoformat(at) for at in usual
    )
    wanted = (start or known[0], end or known[1])
    if wanted[0] == wanted[1]:
        raise Invalid("the hours have no length", pointer="hours")
    quiet.hours(context, caller.account, caller.person, wanted)


def _time(action: Mapping[str, Any]) -> time:
    return time.fromisoformat(str(action["selected_time"]))
