"""What is not well with Slack, in sentences that say how to mend it."""

from datetime import datetime

from bot import troubles as common
from bot.slack.install import SCOPES
from bot.words import SLACK, Words
from engine.errors import SegueError
from service.context import Context
from store import installs
from store.installs import Workspace


def troubles(context: Context, locale: str = "en") -> list[str]:
    """One line for each thing that is wrong; empty: all is well."""
    words, now = Words(locale), context.clock.now()
    with context.database.read() as session:
        workspaces = [w for w in installs.everyone(session) if w.revoked_at is None]
    lines = [line for w in workspaces for line in _of_workspace(context, w, words, now)]
    if not workspaces:
        lines.append(words.say("doctor_no_workspace"))
    elif all(w.account is not None for w in workspaces):
        lines.append(words.say("doctor_no_home"))
    here = {w.team for w in workspaces}
    return [*lines, *common.troubles(context, SLACK, words, teams=here)]


def _of_workspace(context: Context, of: Workspace, words: Words, now: datetime) -> list[str]:
    team = f"{of.name} ({of.team})" if of.name else of.team
    lines = []
    missing = [scope for scope in SCOPES if scope not in of.scopes.split(",")]
    if missing:
        lines.append(words.say("doctor_scopes", team=team, scopes=", ".join(missing)))
    try:
        context.secrets.decrypt(of.token)
    except SegueError:
        lines.append(words.say("doctor_unreadable", team=team))
    if of.trouble or (of.expires_at is not None and of.expires_at <= now):
        why = of.trouble or "token_expired"
        lines.append(words.say("doctor_expired", team=team, why=why))
    return lines
