"""The app's manifest: what an admin pastes into Slack to make the app, with the least scopes."""

from typing import Any
from urllib.parse import urlsplit

from bot.grammar import VERBS
from bot.posted import product
from bot.slack.install import SCOPES
from bot.words import Words, words_of
from engine.errors import Invalid
from service.context import Context

_NAME, _DESCRIPTION, _SHORTCUT = 35, 140, 24
EVENTS = (
    "app_home_opened",
    "app_uninstalled",
    "link_shared",
    "team_access_granted",
    "team_access_revoked",
    "tokens_revoked",
)
GLOBAL_SHORTCUT, MESSAGE_SHORTCUT = "forward_usage", "forward_message"


def manifest(context: Context, *, socket: bool = False, rotate: bool = False) -> dict[str, Any]:
    """The manifest for this deployment's public address.

    `socket`: Slack is listened to by a connection from here, so it needs no address of ours.
    `rotate`: tokens expire after twelve hours and are renewed; Slack never switches that off again.

    Raises:
        Invalid: there is no address that Slack could open, and it needs one.
    """
    words, base = words_of(context), context.public_url.rstrip("/")
    if not socket and not base.startswith("https://"):
        raise Invalid("set it to an https address that Slack can open", pointer="SEGUE_PUBLIC_URL")
    name = product(context)[:_NAME]
    events = {} if socket else {"request_url": f"{base}/slack/events"}
    command = {} if socket else {"url": f"{base}/slack/events"}
    back = {"redirect_urls": [f"{base}/slack/oauth_redirect"]} if base else {}
    return {
        "display_information": {
            "name": name,
            "description": words.say("app_description")[:_DESCRIPTION],
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "shortcuts": [
                _shortcut("global", GLOBAL_SHORTCUT, words),
                _shortcut("message", MESSAGE_SHORTCUT, words),
            ],
            "unfurl_domains": [urlsplit(base).hostname] if base else [],
            "bot_user": {"display_name": name, "always_online": True},
            "slash_commands": [
                {
                    "command": "/segue",
                    **command,
                    "description": words.say("command_description"),
                    "usage_hint": " | ".join(VERBS),
                    "should_escape": False,
                }
            ],
        },
        "oauth_config": {**back, "scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {**events, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **events},
            "org_deploy_enabled": True,
            "socket_mode_enabled": socket,
            "token_rotation_enabled": rotate,
        },
    }


def reasons(locale: str = "en") -> dict[str, str]:
    """Each scope with what it is for."""
    words = Words(locale)
    return {s: words.say(f"scope_{s.replace(':', '_').replace('.', '_')}") for s in SCOPES}


def _shortcut(kind: str, name: str, words: Words) -> dict[str, str]:
    return {
        "name": words.say("shortcut_forward")[:_SHORTCUT],
        "type": kind,
        "callback_id": name,
        "description": words.say("shortcut_forward_what")[:_DESCRIPTION],
    }
