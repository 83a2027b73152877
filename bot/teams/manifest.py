"""The app package: a manifest and two icons, which an admin of Teams uploads."""

import io
import json
import zipfile
from typing import Any
from urllib.parse import urlsplit

from bot.posted import product
from bot.teams.extension import INSERT
from bot.verbs import AT, Place
from bot.words import TEAMS, Words, words_of
from engine.errors import Invalid
from service.context import Context
from templates.icons import SIZES, icon

SCHEMA = "https://developer.microsoft.com/json-schemas/teams/v1.19/MicrosoftTeams.schema.json"
VERSION = "1.0.0"
_SHORT, _FULL, _WHAT, _LONG, _DEVELOPER = 30, 100, 80, 4_000, 32
_URL = 2_048
_TITLE, _DESCRIPTION, _COMMANDS = 32, 128, 12
_ACCENT = "#0b6b63"
_SCOPES = ("personal", "team", "groupChat")
_WORDS = ("approvers", "forward", "usage", "why", "link", "quiet", "stop", "help", "doctor")
"""What people at accounts can type, the most useful first: Teams lists twelve."""


def package(
    context: Context,
    app_id: str,
    *,
    website: str | None = None,
    privacy: str | None = None,
    terms: str | None = None,
) -> bytes:
    """The zip to upload.

    Raises:
        Invalid: an address is none of https, and Teams could not open it.
    """
    told = manifest(context, app_id, website=website, privacy=privacy, terms=terms)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as into:
        text = json.dumps(told, indent=2, ensure_ascii=False)
        for name, content in (
            ("manifest.json", text.encode()),
            *((f"{name}.png", icon(name)) for name in SIZES),
        ):
            into.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)
    return made.getvalue()


def manifest(
    context: Context,
    app_id: str,
    *,
    website: str | None = None,
    privacy: str | None = None,
    terms: str | None = None,
) -> dict[str, Any]:
    """The manifest for this deployment's public address; errors as for `package`."""
    words, base = words_of(context, TEAMS), context.public_url.rstrip("/")
    host = _host(base)
    if not host:
        raise Invalid("set it to an https address that Teams can open", pointer="SEGUE_PUBLIC_URL")
    for option, page in (("website", website), ("privacy", privacy), ("terms", terms)):
        if page is not None and not _host(page):
            raise Invalid("Teams wants an https address", pointer=f"--{option}")
    name = product(context)
    home = website or base
    return {
        "$schema": SCHEMA,
        "manifestVersion": "1.19",
        "version": VERSION,
        "id": app_id,
        "developer": {
            "name": name[:_DEVELOPER].strip(),
            "websiteUrl": home,
            "privacyUrl": privacy or home,
            "termsOfUseUrl": terms or home,
        },
        "name": {"short": name[:_SHORT].strip(), "full": name[:_FULL].strip()},
        "description": {
            "short": words.say("app_short")[:_WHAT],
            "full": words.say("app_long", product=name)[:_LONG],
        },
        "icons": {"color": "color.png", "outline": "outline.png"},
        "accentColor": _ACCENT,
        "bots": [
            {
                "botId": app_id,
                "scopes": list(_SCOPES),
                "supportsFiles": False,
                "isNotificationOnly": False,
                "commandLists": [{"scopes": list(_SCOPES), "commands": _commands(words)}],
            }
        ],
        "composeExtensions": [_extension(app_id, host, words)],
        "permissions": ["identity", "messageTeamMembers"],
        "validDomains": [host],
    }


def _commands(words: Words) -> list[dict[str, str]]:
    known = AT[Place.CUSTOMER]
    return [
        {
            "title": known[name].usage[:_TITLE] if name == "link" else name[:_TITLE],
            "description": _upper(words.say(known[name].label))[:_DESCRIPTION],
        }
        for name in _WORDS
        if name in known
    ][:_COMMANDS]


def _extension(app_id: str, host: str, words: Words) -> dict[str, Any]:
    return {
        "botId": app_id,
        "commands": [
            {
                "id": INSERT,
                "type": "action",
                "context": ["compose", "commandBox"],
                "title": words.say("insert_title")[:_TITLE],
                "description": words.say("insert_what")[:_DESCRIPTION],
                "fetchTask": True,
            }
        ],
        "messageHandlers": [
            {"type": "link", "value": {"domains": [host], "supportsAnonymizedPayloads": True}}
        ],
    }


def _host(url: str) -> str:
    """The host of an https address; empty where it is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    fits = parts.scheme == "https" and len(url) <= _URL
    return (parts.hostname or "") if fits else ""


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
