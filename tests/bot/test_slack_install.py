"""Installing the app end to end, against the emulator's own OAuth pages."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from bot.slack.install import SCOPES, install_url
from bot.slack.manifest import manifest
from service.context import Context
from store import installs
from store.tables import Install
from tests.bot.conftest import ACCOUNT, TEAM, TOKEN, World, workspace
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


async def test_an_installation_for_a_whole_organisation_is_refused(fresh: World) -> None:
    org = {
        "ok": True,
        "access_token": TOKEN,
        "enterprise": {"id": "E1", "name": "Acme"},
        "team": None,
        "is_enterprise_install": True,
        "authed_user": {"id": "U1"},
    }
    fresh.proxy.faults.append(Fault("oauth.v2.access", answer=org))
    answer = await follow(fresh, install_url(fresh.context, ACCOUNT))
    assert "Install it in one workspace" in answer.text


def test_the_manifest_names_every_address_and_the_least_scopes(context: Context) -> None:
    made = manifest(context)
    assert made["settings"]["interactivity"]["request_url"].endswith("/slack/events")
    assert made["features"]["slash_commands"][0]["url"].endswith("/slack/events")
    assert made["oauth_config"]["redirect_urls"] == [f"{context.public_url}/slack/oauth_redirect"]
    assert made["oauth_config"]["scopes"]["bot"] == list(SCOPES)
    assert set(made["settings"]["event_subscriptions"]["bot_events"]) == {
        "app_uninstalled",
        "tokens_revoked",
    }
    assert len(made["display_information"]["name"]) <= 35
    assert len(made["display_information"]["description"]) <= 140
