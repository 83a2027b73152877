"""Slack as a channel: what its answers mean, and that nothing goes out twice or astray."""

import json
import logging
from dataclasses import replace
from typing import Any

import pytest

from bot.slack.send import SlackChannel
from service.channel import DeliveryKind, Failed, Outgoing, Retry, Sent
from service.context import Context
from store import installs, people
from tests.bot.conftest import ACCOUNT, TEAM, TOKEN, workspace
from tests.bot.deliveries import MARA, card, forwarded, summary
from tests.fakes.slack_proxy import Fault, SlackProxy

POST, UPDATE = "chat.postMessage", "chat.update"


@pytest.fixture
def channel(context: Context, proxy: SlackProxy) -> SlackChannel:
    return SlackChannel(context, api_url=proxy.api_url, timeout=20)


def waits_for(fault: Fault, context: Context, proxy: SlackProxy) -> SlackChannel:
    """A channel that waits less than a late answer takes, and for others however long it takes."""
    return SlackChannel(context, api_url=proxy.api_url, timeout=1 if fault.delay else 20)


async def test_a_summary_goes_to_the_person_with_this_address_and_is_found_again(
    channel: SlackChannel, context: Context, proxy: SlackProxy
) -> None:
    result = await channel.send(summary())
    assert isinstance(result, Sent)
    team, room, ts = result.reference.split("/")
    posted = proxy.of(POST)[0]
    assert (team, room, ts) == (TEAM, posted.answer["channel"], posted.answer["ts"])
    with context.database.read() as session:
        address = people.address(session, ACCOUNT, "mara", "slack")
    assert address
    assert address.startswith(f"{TEAM}/U")
    asked = ["users.lookupByEmail", "conversations.open", "users.info", "dnd.info", POST]
    assert [c.method for c in proxy.calls] == asked


async def test_a_known_address_is_used_as_it_is(channel: SlackChannel, proxy: SlackProxy) -> None:
    await channel.send(summary())
    user = proxy.of("conversations.open")[0].body["users"]
    again = summary(id="delivery_2", address=f"{TEAM}/{user}", person=replace(MARA, email=None))
    assert isinstance(await channel.send(again), Sent)
    assert len(proxy.of("users.lookupByEmail")) == 1


async def test_a_card_updates_the_message_it_is_about(
    channel: SlackChannel, proxy: SlackProxy
) -> None:
    sent = await channel.send(summary())
    assert isinstance(sent, Sent)
    result = await channel.send(replace(card(closed_as="muted"), reference=sent.reference))
    assert result == sent
    assert len(proxy.of(POST)) == 1
    assert proxy.of(UPDATE)[0].body["ts"] == sent.reference.split("/")[2]


async def test_a_card_without_a_message_has_nothing_to_update(channel: SlackChannel) -> None:
    result = await channel.send(replace(card(), reference=None))
    assert result == Failed("there is no message to update")


async def test_a_receipt_goes_into_the_thread(channel: SlackChannel, proxy: SlackProxy) -> None:
    sent = await channel.send(summary())
    assert isinstance(sent, Sent)
    receipt = card(
        kind=DeliveryKind.RECEIPT, reference=sent.reference, extra={"text": "Finn said yes."}
    )
    assert isinstance(await channel.send(receipt), Sent)
    assert proxy.of(POST)[1].body["thread_ts"] == sent.reference.split("/")[2]


@pytest.mark.parametrize(
    ("fault", "after", "reason"),
    [
        (Fault(POST, 429, "ratelimited", {"Retry-After": "42"}), 42.0, "ratelimited"),
        (Fault("users.lookupByEmail", 429, "ratelimited", {"Retry-After": "7"}), 7.0, "429"),
        (Fault(POST, 429, "ratelimited", {"Retry-After": "soon"}), 30.0, "429"),
        (Fault(POST, 503, "service_unavailable"), 30.0, "503"),
        (Fault(POST, 502, text="<html>bad gateway</html>"), 30.0, "502"),
        (Fault(POST, 200, "internal_error"), 30.0, "internal_error"),
        (Fault(POST, 200, "ratelimited"), 30.0, "ratelimited"),
        (Fault(POST, 200, text="a page of the company's proxy"), 15.0, "no answer from Slack"),
        (Fault("conversations.open", delay=1.5, error="late"), 15.0, "TimeoutError"),
    ],
)
async def test_what_passes_is_tried_again(
    context: Context, proxy: SlackProxy, fault: Fault, after: float, reason: str
) -> None:
    proxy.faults.append(fault)
    result = await waits_for(fault, context, proxy).send(summary())
    assert isinstance(result, Retry)
    assert result.after == after
    assert reason in result.reason


async def test_a_slack_that_is_not_there_is_tried_again(context: Context) -> None:
    channel = SlackChannel(context, api_url="http://127.0.0.1:9/api/", timeout=1)
    result = await channel.send(summary())
    assert isinstance(result, Retry)


@pytest.mark.parametrize(
    ("method", "error", "meaning"),
    [
        (POST, "account_inactive", "app_removed"),
        (POST, "token_revoked", "app_removed"),
        (POST, "invalid_auth", "app_removed"),
        ("conversations.open", "user_disabled", "person_unreachable"),
        ("conversations.open", "user_not_found", "person_unreachable"),
        (POST, "channel_not_found", "room_gone"),
        (POST, "missing_scope", "scope_missing"),
        (POST, "something_new", "refused"),
    ],
)
async def test_what_will_never_work_is_said_with_its_meaning(
    channel: SlackChannel, proxy: SlackProxy, method: str, error: str, meaning: str
) -> None:
    proxy.faults.append(Fault(method, error=error))
    assert await channel.send(summary()) == Failed(f"{meaning}: {error}")


@pytest.mark.parametrize("error", ["account_inactive", "token_revoked"])
async def test_a_revoked_token_ends_the_installation(
    channel: SlackChannel, context: Context, proxy: SlackProxy, error: str
) -> None:
    proxy.faults.append(Fault(POST, error=error))
    await channel.send(summary())
    with context.database.read() as session:
        assert installs.by_team(session, TEAM) is None
    calls = len(proxy.calls)
    result = await channel.send(summary())
    assert isinstance(result, Failed)
    assert result.reason.startswith("app_removed")
    assert len(proxy.calls) == calls


async def test_who_is_not_in_the_workspace_is_left_to_the_next_channel(
    channel: SlackChannel, proxy: SlackProxy
) -> None:
    result = await channel.send(summary(person=replace(MARA, email="nobody@elsewhere.test")))
    assert isinstance(result, Failed)
    assert result.reason.startswith("person_unreachable")
    assert proxy.of(POST) == []


async def test_a_second_workspace_of_the_account_is_tried(
    channel: SlackChannel, context: Context, proxy: SlackProxy
) -> None:
    with context.database.write() as session:
        installs.save(session, workspace(context, team="T2"))
    proxy.faults.append(Fault("users.lookupByEmail", error="users_not_found"))
    assert isinstance(await channel.send(summary()), Sent)
    assert len(proxy.of("users.lookupByEmail")) == 2


@pytest.mark.parametrize("outgoing", [summary(address="TOTHER/U1"), card(reference="TOTHER/D1/1")])
async def test_the_workspace_of_another_account_is_never_written_to(
    channel: SlackChannel, context: Context, proxy: SlackProxy, outgoing: Outgoing
) -> None:
    with context.database.write() as session:
        installs.save(session, workspace(context, team="TOTHER", account="acc_other"))
    result = await channel.send(outgoing)
    assert isinstance(result, Failed)
    assert proxy.calls == []


async def test_a_chart_slack_can_not_fetch_is_left_out_and_the_rest_arrives(
    channel: SlackChannel, proxy: SlackProxy
) -> None:
    proxy.faults.append(Fault(POST, error="invalid_blocks"))
    assert isinstance(await channel.send(forwarded()), Sent)
    first, second = (json.dumps(c.body["blocks"]) for c in proxy.of(POST))
    assert '"image"' in first
    assert '"image"' not in second
    assert "\\u2588" in second


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_blocks_too_long"])
async def test_a_message_that_is_refused_gets_plainer_and_at_last_is_given_up(
    channel: SlackChannel, proxy: SlackProxy, error: str
) -> None:
    proxy.faults += [Fault(POST, error=error)] * 2
    assert isinstance(await channel.send(summary()), Sent)
    names = [b["block_id"] for b in proxy.of(POST)[2].body["blocks"]]
    assert names == ["title", "body", "send", "choices"]
    proxy.faults += [Fault(POST, error=error)] * 3
    assert await channel.send(summary()) == Failed(f"message_refused: {error}")


async def test_no_log_line_and_no_reason_ever_holds_the_token(
    context: Context, proxy: SlackProxy, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    patient = SlackChannel(context, api_url=proxy.api_url, timeout=20)
    results: list[Any] = [await patient.send(summary())]
    for fault in (
        Fault(POST, error="invalid_auth"),
        Fault(POST, 500, text="no"),
        Fault(POST, delay=1.5),
    ):
        proxy.faults.append(fault)
        results.append(await waits_for(fault, context, proxy).send(summary()))
    assert TOKEN not in caplog.text
    assert TOKEN not in str(results)


async def test_a_token_that_no_key_reads_fails_and_does_not_raise(
    channel: SlackChannel, context: Context
) -> None:
    with context.database.write() as session:
        installs.save(session, workspace(context, token="gibberish"))
    assert isinstance(await channel.send(summary()), Failed)
