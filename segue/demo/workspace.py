"""A small Slack of this machine's own: it keeps what the app posts and speaks enough Web API."""

import itertools
import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person of one workspace."""

    id: str
    team: str
    name: str
    email: str


@dataclass(slots=True, kw_only=True)
class Post:
    """A message in somebody's direct conversation with the app, as it stands now."""

    ts: str
    room: str
    member: Member
    at: datetime
    payload: dict[str, Any]
    thread: str | None = None
    edits: int = 0
    first: dict[str, Any] = field(default_factory=dict)
    only_visible: bool = False


class Refused(Exception):
    """What Slack would answer with `ok: false`."""


class Workspaces:
    """The customers' workspaces: members, rooms, messages and open modals."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._count = itertools.count(1)
        self._members: dict[str, Member] = {}
        self.posts: list[Post] = []
        self.modals: dict[str, dict[str, Any]] = {}

    def join(self, team: str, name: str, email: str) -> Member:
        """Somebody becomes a member of a workspace."""
        member = Member(id=f"U{next(self._count):08d}", team=team, name=name, email=email)
        self._members[member.id] = member
        return member

    def member(self, id: str) -> Member:
        """One member."""
        found = self._members.get(id)
        if found is None:
            raise Refused("user_not_found")
        return found

    def by_email(self, team: str, email: str) -> Member:
        """The member of a workspace with this address."""
        for member in self._members.values():
            if member.team == team and member.email.lower() == email.lower():
                return member
        raise Refused("users_not_found")

    def of_team(self, team: str) -> list[Member]:
        """All members of a workspace."""
        return [member for member in self._members.values() if member.team == team]

    def post_at(self, ts: str) -> Post | None:
        """The message with this time stamp."""
        return next((post for post in self.posts if post.ts == ts), None)

    def call(self, method: str, team: str, values: Values) -> dict[str, Any]:
        """Answer one Web API method; Refused says what Slack would."""
        with self._lock:
            match method:
                case "auth.test":
                    return {"team_id": team, "user_id": "UBOT", "bot_id": "BSEGUE"}
                case "users.info":
                    return {"user": _profile(self.member(str(values["user"])))}
                case "users.lookupByEmail":
                    return {"user": _profile(self.by_email(team, str(values["email"])))}
                case "conversations.open":
                    member = self.member(str(values["users"]).split(",")[0])
                    return {"channel": {"id": _room(member)}}
                case "chat.postMessage":
                    return self._post(team, values)
                case "chat.update":
                    return self._update(values)
                case "views.open":
                    clicker = str(values["trigger_id"]).split(".")[0]
                    self.modals[clicker] = _document(values["view"])
                    return {"view": {"id": f"V{next(self._count):08d}"}}
                case _:
                    raise Refused("unknown_method")

    def whisper(self, member: Member, payload: Values, *, instead_of: str | None) -> None:
        """A reply that only the person who clicked sees."""
        with self._lock:
            old = self.post_at(instead_of or "")
            if payload.get("replace_original") and old is not None and old.only_visible:
                old.payload = _shown(payload)
                old.edits += 1
                return
            self.posts.append(self._new(member, _shown(payload), only_visible=True))

    def _post(self, team: str, values: Values) -> dict[str, Any]:
        room = str(values["channel"])
        member = next((m for m in self._members.values() if _room(m) == room), None)
        if member is None or member.team != team:
            raise Refused("channel_not_found")
        thread = str(values["thread_ts"]) if values.get("thread_ts") else None
        post = self._new(member, _shown(values), thread=thread)
        self.posts.append(post)
        return {"channel": room, "ts": post.ts, "message": dict(post.payload)}

    def _update(self, values: Values) -> dict[str, Any]:
        post = self.post_at(str(values["ts"]))
        if post is None:
            raise Refused("message_not_found")
        post.payload = _shown(values)
        post.edits += 1
        return {"channel": post.room, "ts": post.ts}

    def _new(
        self,
        member: Member,
        payload: dict[str, Any],
        *,
        thread: str | None = None,
        only_visible: bool = False,
    ) -> Post:
        at = self._now()
        return Post(
            ts=f"{int(at.timestamp())}.{next(self._count):06d}",
            room=_room(member),
            member=member,
            at=at,
            payload=payload,
            thread=thread,
            first=payload,
            only_visible=only_visible,
        )


def values_of(content_type: str, body: bytes, form: Mapping[str, str]) -> dict[str, Any]:
    """A call's arguments, sent as JSON or as a form."""
    if "json" in content_type:
        return dict(json.loads(body or b"{}"))
    return dict(form)


def team_of(token: str) -> str:
    """The workspace a bot token belongs to."""
    found = re.fullmatch(r"xoxb-demo-(\w+)", token)
    if found is None:
        raise Refused("invalid_auth")
    return found[1]


def token_of(team: str) -> str:
    """The bot token of a workspace."""
    return f"xoxb-demo-{team}"


def _shown(values: Values) -> dict[str, Any]:
    return {"text": values.get("text", ""), "blocks": _document(values.get("blocks") or [])}


def _document(value: Any) -> Any:
    """A form carries nested values as JSON text."""
    return json.loads(value) if isinstance(value, str) else value


def _room(member: Member) -> str:
    return f"D{member.id[1:]}"


def _profile(member: Member) -> dict[str, Any]:
    return {
        "id": member.id,
        "team_id": member.team,
        "real_name": member.name,
        "is_email_confirmed": True,
        "profile": {"email": member.email, "real_name": member.name},
    }
