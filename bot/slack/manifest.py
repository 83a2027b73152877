"""The app's manifest: what an admin pastes into Slack to make the app, with the least scopes."""

from typing import Any

from bot.grammar import VERBS
from bot.slack.install import SCOPES
from bot.words import words_of
from engine.errors import NotFound
from service.context import Context

_NAME, _DESCRIPTION = 35, 140


def manifest(context: Context) -> dict[str, Any]:
    """The manifest for this deployment's public address."""
    words, base = words_of(context), context.public_url.rstrip("/")
    name, events = _product(context)[:_NAME], f"{base}/slack/events"
    return {
        "display_information": {
            "name": name,
            "description": words.say("app_description")[:_DESCRIPTION],
        },
        "features": {
            "bot_user": {"display_name": name, "always_online": True},
            "slash_commands": [
                {
                    "command": "/segue",
                    "url": events,
                    "description": words.say("command_description"),
                    "usage_hint": " | ".join(VERBS),
                    "should_escape": False,
                }
            ],
        },
        "oauth_config": {
            "redirect_urls": [f"{base}/slack/oauth_redirect"],
            "scopes": {"bot": list(SCOPES)},
        },
        "settings": {
            "event_subscriptions": {
                "request_url": events,
                "bot_events": ["app_uninstalled", "tokens_revoked"],
            },
            "interactivity": {"is_enabled": True, "request_url": events},
            "org_deploy_enabled": False,
            "socket_mode_enabled": False,
            "token_rotation_enabled": False,
        },
    }


def _product(context: Context) -> str:
    try:
        return context.policy().catalogue.product.name
    except NotFound:
        return "Segue"
