"""Linking an organisation to an account: the code that does it, and what comes of one."""

from bot.said import Said
from bot.teams.asked import Asked
from bot.teams.caller import actor
from bot.teams.links import code_link
from bot.words import TEAMS
from engine.errors import Conflict, Gone, Invalid
from service import people, rooms
from service.context import Context
from store import installs
from store.installs import Workspace

_CODE = 40
"""A code is longer than any name that stands behind "link"."""


def offered(one: Asked, account: str) -> Said:
    """The code that binds an organisation, and a link that writes it to the app."""
    code = rooms.code(one.context, account)
    words = one.words
    return Said(
        title=words.say("link_title", account=account),
        lines=(words.say("link_lines"), f"link {code}"),
        links=((words.say("link_open"), code_link(one.desk.app_id, code)),),
    )


def code_in(text: str) -> str | None:
    """A link code that was typed: nothing else that stands behind "link" is so long."""
    verb, _, rest = text.partition(" ")
    rest = rest.replace(" ", "")
    return rest if verb.lower() == "link" and len(rest) >= _CODE else None


def bound(one: Asked, code: str) -> tuple[Said, bool]:
    """What became of a code, and whether it bound the organisation."""
    incoming, words = one.incoming, one.words
    try:
        made = rooms.bind(
            one.context, TEAMS, incoming.tenant, code, by=actor(incoming), bot=incoming.bot
        )
    except Gone:
        return Said(lines=(words.say("code_over"),)), False
    except Conflict:
        return Said(lines=(words.say("bound_already"),)), False
    except Invalid:
        return Said(lines=(words.say("code_unknown"),)), False
    if made.account is None:
        return Said(lines=(words.say("bound_home"),)), True
    name = people.account_name(one.context, made.account)
    return Said(lines=(words.say("bound", account=name), words.say("see_help"))), True


def workspace_of(context: Context, tenant: str) -> Workspace | None:
    """What a tenant is bound to."""
    with context.database.read() as session:
        return installs.by_team(session, tenant, TEAMS)
