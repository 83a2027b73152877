"""Whether a push is welcome now: Slack knows the reader's time zone, and whether they rest."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from engine.alert import AlertClass, ReasonCode
from engine.usage import AtLimit
from service.channel import Hold, Outgoing
from service.context import Context
from service.zones import exists
from store import people

_KNOWN_FOR = timedelta(days=7)
_LONGEST = timedelta(days=7)
Call = Callable[..., Awaitable[Any]]


async def look(
    context: Context, outgoing: Outgoing, client: AsyncWebClient, call: Call, user: str
) -> Hold | None:
    """Why to wait, and until when; None: now is fine, or Slack does not say.

    Where their time zone is news, whether it is their quiet hour is decided again at once.
    """
    story = outgoing.story
    if story.alert_class is AlertClass.NOTICE and story.main.at_limit is AtLimit.STOPS:
        return None  # That work stops is told at any hour.
    now = context.clock.now()
    if await _moved(context, outgoing, client, call, user, now):
        return Hold(now, "time_zone")
    try:
        told = await call(client.dnd_info, user=user)
    except SlackApiError:
        return None  # It is a courtesy: a missing scope or a busy method is no reason to be silent.
    until = rests_until(told, now)
    return Hold(until, ReasonCode.DO_NOT_DISTURB) if until else None


def rests_until(told: Mapping[str, Any], now: datetime) -> datetime | None:
    """When somebody's do-not-disturb ends, where it holds now."""
    if told.get("snooze_enabled") and (end := _instant(told.get("snooze_endtime"))) and end > now:
        return min(end, now + _LONGEST)
    start, end = _instant(told.get("next_dnd_start_ts")), _instant(told.get("next_dnd_end_ts"))
    if told.get("dnd_enabled") and start and end and start <= now < end:
        return min(end, now + _LONGEST)
    return None


async def _moved(
    context: Context,
    outgoing: Outgoing,
    client: AsyncWebClient,
    call: Call,
    user: str,
    now: datetime,
) -> bool:
    """Ask for their time zone where that is due; whether it is another than was thought."""
    looked = await asyncio.to_thread(_looked, context, outgoing)
    if looked is not None and now - looked < _KNOWN_FOR:
        return False
    try:
        member = (await call(client.users_info, user=user)).get("user") or {}
    except SlackApiError:
        return False
    zone = member.get("tz")
    zone = zone if exists(zone) else None
    news = await asyncio.to_thread(_learn, context, outgoing, zone, now)
    return news and zone != outgoing.extra.get("zone")


def _looked(context: Context, outgoing: Outgoing) -> datetime | None:
    with context.database.read() as session:
        return people.looked_at(session, outgoing.account, outgoing.person.id, "slack")


def _learn(context: Context, outgoing: Outgoing, zone: str | None, now: datetime) -> bool:
    with context.database.write() as session:
        person = outgoing.person.id
        return people.learn(session, outgoing.account, person, "slack", time_zone=zone, at=now)


def _instant(seconds: Any) -> datetime | None:
    return datetime.fromtimestamp(float(seconds), UTC) if seconds else None
