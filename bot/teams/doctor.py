"""Where the app is in Teams and what it may do there: what nobody finds out by looking."""

from bot import troubles as common
from bot.teams.place import LOST
from bot.words import TEAMS, Words
from service.context import Context
from store import installs, outbox, rooms
from store.rooms import PERSONAL, StoredRoom


def troubles(context: Context, locale: str = "en") -> list[str]:
    """One line for each thing that is wrong; empty: all is well."""
    words = Words(locale, TEAMS)
    with context.database.read() as session:
        tenants = [w for w in installs.everyone(session, TEAMS) if w.revoked_at is None]
        known = {w.team for w in tenants}
        strangers = {r.team for r in rooms.everyone(session, TEAMS)} - known
        lost = outbox.with_reference(session, TEAMS, f"/{LOST}/{LOST}")
    lines = [words.say("doctor_unlinked", team=team) for team in sorted(strangers)]
    if not tenants:
        lines.append(words.say("doctor_no_workspace"))
    elif all(w.account is not None for w in tenants):
        lines.append(words.say("doctor_no_home"))
    unsure = [words.count("doctor_unsure", lost)] if lost else []
    ran_into = common.troubles(context, TEAMS, words, teams=known)
    return [*lines, *ran_into, *unsure]


def where(context: Context, locale: str = "en") -> list[str]:
    """For each organisation that is linked: whose it is, and whom the app reaches there."""
    words = Words(locale, TEAMS)
    with context.database.read() as session:
        tenants = [w for w in installs.everyone(session, TEAMS) if w.revoked_at is None]
        found = [(w, rooms.of_team(session, TEAMS, w.team)) for w in tenants]
    return [_of_tenant(w.team, w.account, here, words) for w, here in found]


def counted_in(context: Context, tenant: str, words: Words) -> list[str]:
    """How many of an organisation can be written to, and how many took the app out."""
    with context.database.read() as session:
        return counted(rooms.of_team(session, TEAMS, tenant), words)


def _of_tenant(tenant: str, account: str | None, here: tuple[StoredRoom, ...], words: Words) -> str:
    whose = (
        words.say("doctor_of", team=tenant, account=account)
        if account
        else (words.say("doctor_of_home", team=tenant))
    )
    return " ".join((whose, *counted(here, words)))


def counted(here: tuple[StoredRoom, ...], words: Words) -> list[str]:
    """How many can be written to, and how many took the app out."""
    live = [r for r in here if r.gone_at is None]
    alone = sum(r.kind == PERSONAL for r in live)
    left = sum(r.kind == PERSONAL and r.gone_at is not None for r in here)
    parts = [words.count("doctor_chats", alone), words.count("doctor_teams", len(live) - alone)]
    if left:
        parts.append(words.count("doctor_left", left))
    return [f"{part}." for part in parts]
