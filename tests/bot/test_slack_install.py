"""Installing the app end to end, against the emulator's own OAuth pages."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from bot.slack.adopt import adopt
from bot.slack.doctor import troubles
from bot.slack.install import SCOPES, install_url
from bot.slack.manifest import EVENTS, manifest, reasons
from bot.slack.send import SlackChannel
from bot.slack.socket import Socket
from bot.slack.tokens import Tokens
from engine.errors import Invalid
from service import tidy
from service.channel import Failed, Sent
from service.context import Context
from store import audit, installs, people
from store.tables import Install
from tests.bot.conftest import ACCOUNT, TEAM, TOKEN, World, workspace
from tests.bot.deliveries import summary
from tests.fakes.slack_proxy import Fault


@pytest.fixture
def fresh(world: World) -> World:
    """Nothing installed yet."""
    with world.context.database.write() as session:
        installs.revoke(session, TEAM, world.clock.at)
    return world


async def follow(world: World, url: str, *, keep_cookie: bool = True) -> httpx.Response:
    """What the admin's browser does: our link, Slack's page, and back to us."""
    start = await world.client.get(url)
    assert start.status_code == 302, start.text
    cookie = start.headers["set-cookie"].split(";")[0]
    async with httpx.AsyncClient() as browser:
        page = (await browser.get(start.headers["location"])).text
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.split("<form")[1]))
        fields = {k: v.replace("&amp;", "&").replace("&#x3D;", "=") for k, v in fields.items()}
        back = await browser.post(
            f"{world.proxy.upstream}/oauth/v2/authorize/callback", data=fields
        )
    headers = {"cookie": cookie} if keep_cookie else {}
    return await world.client.get(back.headers["location"], headers=headers)


def installed(world: World) -> installs.Workspace | None:
    with world.context.database.read() as session:
        return installs.by_team(session, TEAM)


async def test_the_link_binds_the_workspace_to_its_account(fresh: World) -> None:
    answer = await follow(fresh, install_url(fresh.context, ACCOUNT))
    assert answer.status_code == 200, answer.text
    found = installed(fresh)
    assert found
    assert found.account == ACCOUNT
    assert fresh.context.secrets.decrypt(found.token).startswith("xoxb-")
    with fresh.context.database.read() as session:
        row = session.get(Install, ("slack", TEAM))
    assert row
    assert "xoxb" not in row.token
    assert set(found.scopes.split(",")) >= {"chat:write", "im:write", "users:read.email"}


async def test_a_link_works_once(fresh: World) -> None:
    url = install_url(fresh.context, ACCOUNT)
    await follow(fresh, url)
    again = await follow(fresh, url)
    assert again.status_code == 500
    assert "used already" in again.text


async def test_a_link_that_was_used_stays_used_also_where_old_callbacks_are_forgotten(
    fresh: World,
) -> None:
    url = install_url(fresh.context, ACCOUNT)
    assert (await follow(fresh, url)).status_code == 200
    fresh.clock.pass_by(days=6, hours=23)
    tidy.run(fresh.context)
    assert (await follow(fresh, url)).status_code != 200


async def test_the_way_back_works_once_and_only_in_the_same_browser(fresh: World) -> None:
    answer = await follow(fresh, install_url(fresh.context, ACCOUNT), keep_cookie=False)
    assert answer.status_code == 400
    assert installed(fresh) is None


@pytest.mark.parametrize("link", ["", "?link=", "?link=made-up", "?team=T1"])
async def test_without_a_link_of_ours_nothing_is_installed(fresh: World, link: str) -> None:
    answer = await fresh.client.get(f"/slack/install{link}")
    assert answer.status_code == 403
    assert "Ask for a new one" in answer.text


async def test_a_link_is_over_after_a_week(fresh: World) -> None:
    url = install_url(fresh.context, ACCOUNT)
    fresh.clock.at += timedelta(days=8)
    assert (await fresh.client.get(url)).status_code == 403


async def test_a_link_can_not_be_turned_into_one_for_another_account(fresh: World) -> None:
    link = parse_qs(urlsplit(install_url(fresh.context, ACCOUNT)).query)["link"][0]
    assert ACCOUNT not in link
    assert (await fresh.client.get(f"/slack/install?link={link[:-6]}AAAA==")).status_code == 403


async def test_a_workspace_stays_with_its_account(world: World) -> None:
    answer = await follow(world, install_url(world.context, "acc_other"))
    assert answer.status_code == 500
    assert "linked to another account" in answer.text
    found = installed(world)
    assert found
    assert found.account == ACCOUNT


async def test_the_vendor_s_link_is_for_the_vendor_s_workspace_alone(fresh: World) -> None:
    answer = await follow(fresh, install_url(fresh.context, None))
    assert "another workspace" in answer.text
    assert installed(fresh) is None


async def test_who_refuses_at_slack_is_told_how_to_go_on(fresh: World) -> None:
    answer = await fresh.client.get("/slack/oauth_redirect?error=access_denied")
    assert "Open the install link again" in answer.text


async def test_installing_again_brings_a_new_token(world: World) -> None:
    await follow(world, install_url(world.context, ACCOUNT))
    found = installed(world)
    assert found
    assert found.token != workspace(world.context).token
    assert world.context.secrets.decrypt(found.token) != "xoxb-tests"


ORG = {
    "ok": True,
    "access_token": TOKEN,
    "scope": ",".join(SCOPES),
    "bot_user_id": "UBOT",
    "enterprise": {"id": "E1", "name": "Acme Group"},
    "team": None,
    "is_enterprise_install": True,
    "authed_user": {"id": "U1"},
}


async def test_an_organisation_installs_it_for_all_its_workspaces(fresh: World) -> None:
    fresh.proxy.faults.append(Fault("oauth.v2.access", answer=ORG))
    answer = await follow(fresh, install_url(fresh.context, ACCOUNT))
    assert answer.status_code == 200, answer.text
    assert installed(fresh) is None
    grid = {"enterprise_id": "E1", "is_enterprise_install": "true"}
    await fresh.command("champion", "approvers", **grid)
    assert "Marta Silva" in (await fresh.proxy.replies())[0]["text"]
    found = installed(fresh)
    assert found
    assert (found.team, found.account) == ("E1", ACCOUNT)
    org = {"enterprise_id": "E1", "is_enterprise_install": True, "team_id": None}
    await fresh.event("tokens_revoked", "Ev2", org, tokens={"bot": ["U1"]})
    await fresh.event("app_uninstalled", "Ev3", org)
    await fresh.eventually(lambda: installed(fresh) is None)
    with fresh.context.database.read() as session:
        rows = [session.get(Install, ("slack", team)) for team in ("E1", TEAM)]
        kept = [entry.action for entry in audit.newest(session, account=ACCOUNT)]
    assert [row.token for row in rows if row] == ["", ""]
    assert kept[:2] == ["slack.removed", "slack.installed"]


async def test_an_organisation_lets_the_app_into_a_workspace_and_out_of_it(world: World) -> None:
    """It answers and sends there as long as it may, and elsewhere all the while."""
    whole = workspace(world.context, team="E1", name="Acme Group")
    with world.context.database.write() as session:
        installs.revoke(session, TEAM, world.clock.at)
        installs.save(session, whole)
    org = {"enterprise_id": "E1", "is_enterprise_install": True}

    async def told(id: str, name: str, *teams: str) -> None:
        answer = await world.event(name, id, org, team_ids=list(teams))
        assert answer.status_code == 200

    def served(team: str) -> bool:
        with world.context.database.read() as session:
            return installs.by_team(session, team) is not None

    assert not served(TEAM)
    await told("Ev1", "team_access_granted", TEAM, "TOTHER")
    await world.eventually(lambda: served(TEAM) and served("TOTHER"))
    await world.command("champion", "approvers")
    assert "Marta Silva" in (await world.proxy.replies())[0]["text"]
    await told("Ev2", "team_access_revoked", TEAM)
    await world.eventually(lambda: not served(TEAM))
    grid = {"enterprise_id": "E1", "is_enterprise_install": "true"}
    await world.command("champion", "approvers", **grid)  # It was under way already.
    assert "Marta Silva" not in (await world.proxy.replies(2))[1]["text"]
    assert served("TOTHER")
    assert served("E1")
    await told("Ev1", "team_access_granted", TEAM, "TOTHER")  # Slack sends it again.
    await told("Ev3", "team_access_granted", "TLAST")
    await world.eventually(lambda: served("TLAST"))
    assert not served(TEAM)
    channel = SlackChannel(world.context, api_url=world.proxy.api_url)
    assert isinstance(await channel.send(summary()), Sent)


async def test_installing_again_brings_back_settings_and_people(world: World) -> None:
    """What people set, and where each is found, outlives the app's removal."""
    await world.push()
    await world.command("champion", "quiet 15:00 17:00")
    (before,) = await world.proxy.replies()
    await world.event("app_uninstalled")
    await world.eventually(lambda: installed(world) is None)
    assert isinstance(await SlackChannel(world.context).send(summary()), Failed)
    await follow(world, install_url(world.context, ACCOUNT))
    assert installed(world)
    await world.command("champion", "quiet")
    after = (await world.proxy.replies(2))[1]
    assert "15:00" in after["text"], (before, after)
    lookups = len(world.proxy.of("users.lookupByEmail"))
    with world.context.database.read() as session:
        found = people.address(session, ACCOUNT, "mara", "slack")
    channel = SlackChannel(world.context, api_url=world.proxy.api_url)
    assert isinstance(await channel.send(summary(id="delivery_2", address=found)), Sent)
    assert len(world.proxy.of("users.lookupByEmail")) == lookups


async def test_an_old_goodbye_does_not_end_a_new_installation(world: World) -> None:
    """Removed and installed again at once: the events of the removal come late."""
    before = int(world.clock.at.timestamp()) - 60
    await world.event("app_uninstalled", "Ev1", {"event_time": before})
    await world.event("tokens_revoked", "Ev2", {"event_time": before}, tokens={"bot": ["U1"]})
    assert await world.command("champion", "approvers")
    await world.proxy.replies()
    assert installed(world)


def expiring(world: World, minutes: int) -> installs.Workspace:
    """The installation, with a token that expires so soon."""
    until = world.clock.at + timedelta(minutes=minutes)
    refresh = world.context.secrets.encrypt("xoxe-once")
    made = workspace(world.context, refresh_token=refresh, expires_at=until)
    with world.context.database.write() as session:
        installs.save(session, made)
    return made


async def test_a_token_that_can_not_be_renewed_is_said_by_doctor(world: World) -> None:
    expiring(world, -1)
    world.proxy.faults.append(Fault("oauth.v2.access", error="invalid_refresh_token"))
    tokens = Tokens(
        world.context, api_url=world.proxy.api_url, client_id="1.2", client_secret="shh"
    )
    channel = SlackChannel(world.context, tokens=tokens)
    assert await channel.send(summary()) == Failed("token_over: invalid_refresh_token")
    told = "\n".join(troubles(world.context))
    assert "its token has expired (invalid_refresh_token)" in told
    assert "im:history" in told


async def test_over_socket_mode_the_same_listeners_answer(world: World) -> None:
    form = {
        "command": "/segue",
        "text": "approvers",
        "team_id": TEAM,
        "user_id": world.users["champion"],
        "trigger_id": "one",
        "response_url": world.proxy.response_url,
    }
    envelope = {"type": "slash_commands", "accepts_response_payload": True, "payload": form}
    world.proxy.envelopes = [{**envelope, "envelope_id": id} for id in ("first", "again")]
    tokens = Tokens(world.context, api_url=world.proxy.api_url)
    socket = Socket(world.app, tokens, "xapp-tests")
    await socket.start()
    await world.eventually(lambda: len(world.proxy.acknowledged) == 2)
    (reply,) = await world.proxy.replies()
    assert "Marta Silva" in reply["text"]
    await socket.stop()


async def test_an_app_installed_in_slack_itself_is_taken_over(fresh: World) -> None:
    tokens = Tokens(fresh.context, api_url=fresh.proxy.api_url)
    found = await adopt(fresh.context, tokens, TOKEN, ACCOUNT)
    assert installed(fresh) == found
    fresh.proxy.faults.append(Fault("auth.test", error="invalid_auth"))
    with pytest.raises(Invalid, match="does not take this token"):
        await adopt(fresh.context, tokens, "xoxb-made-up", None)


def test_the_manifest_names_every_address_and_the_least_scopes(context: Context) -> None:
    with pytest.raises(Invalid, match="https"):
        manifest(context)
    context = replace(context, public_url="https://segue.example.com")
    made = manifest(context)
    assert made["settings"]["interactivity"]["request_url"].endswith("/slack/events")
    assert made["features"]["slash_commands"][0]["url"].endswith("/slack/events")
    assert made["oauth_config"]["redirect_urls"] == [f"{context.public_url}/slack/oauth_redirect"]
    assert made["oauth_config"]["scopes"]["bot"] == list(SCOPES)
    assert set(made["settings"]["event_subscriptions"]["bot_events"]) == set(EVENTS)
    behind = manifest(replace(context, public_url=""), socket=True)
    assert "/slack" not in json.dumps(behind), "over a socket Slack needs no address of ours"
    assert behind["settings"]["socket_mode_enabled"]
    assert all(len(s["name"]) <= 24 for s in made["features"]["shortcuts"])
    assert all(reasons(locale).keys() == set(SCOPES) for locale in ("en", "de"))
    assert len(made["display_information"]["name"]) <= 35
    assert len(made["display_information"]["description"]) <= 140
