"""What people got: Slack messages as their workspace holds them, and mails as they arrived."""

from typing import Any

from segue.demo.live import Live
from segue.demo.mailbox import Mail
from segue.demo.workspace import Post
from segue.demo.world import Player


def messages(live: Live, player: Player) -> list[dict[str, Any]]:
    """Everything the account's people got, oldest first."""
    posts = [p for p in list(live.workspaces.posts) if p.member.team == player.team]
    emails = {player.email(a): a for a in player.people}
    mails = [m for m in list(live.mailbox.mails) if m.to in emails]
    found = [(p.at, p.ts, _post(player, p)) for p in posts]
    found += [(m.at, m.id, _mail(player, m)) for m in mails]
    return [shown for _, _, shown in sorted(found, key=lambda one: one[:2])]


def modal(live: Live, player: Player) -> dict[str, Any] | None:
    """A modal somebody at the account has open, with the members it may offer."""
    for member in live.workspaces.of_team(player.team):
        view = live.workspaces.modals.get(member.id)
        if view is not None:
            members = [{"id": m.id, "name": m.name} for m in live.workspaces.of_team(player.team)]
            return {"member": member.id, "name": member.name, "view": view, "members": members}
    return None


def _post(player: Player, post: Post) -> dict[str, Any]:
    actor = next((a for a in player.people if player.email(a) == post.member.email), None)
    return {
        "id": post.ts,
        "channel": "slack",
        "to": actor.id if actor else post.member.id,
        "to_name": post.member.name,
        "title": actor.title if actor else "",
        "at": post.at.isoformat(),
        "edited": post.edits > 0,
        "thread": post.thread is not None,
        "private": post.only_visible,
        "payload": post.payload,
    }


def _mail(player: Player, mail: Mail) -> dict[str, Any]:
    actor = next(a for a in player.people if player.email(a) == mail.to)
    return {
        "id": mail.id,
        "channel": "email",
        "to": actor.id,
        "to_name": actor.name,
        "title": actor.title,
        "address": mail.to,
        "at": mail.at.isoformat(),
        "sender": mail.sender,
        "subject": mail.subject,
        "text": mail.text,
        "html": bool(mail.html),
    }
