"""API keys: made once, shown once, kept as a hash, ended for good."""

import secrets
from dataclasses import dataclass
from enum import StrEnum

from engine.errors import Invalid, NotFound
from service.context import Context
from service.secrets import hashed, new_id
from store import audit
from store import keys as stored
from store.keys import StoredKey


class Scope(StrEnum):
    """What a key may do; admin covers the others, those cover only themselves."""

    INGEST = "ingest"
    READ = "read"
    ADMIN = "admin"

    def covers(self, needed: "Scope") -> bool:
        """Whether a key of this scope may do what needs `needed`."""
        return self in (needed, Scope.ADMIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who is behind a valid key."""

    key: str
    scope: Scope

    @property
    def actor(self) -> str:
        """The name in the audit log."""
        return f"key:{self.key}"


def create(context: Context, scope: str, *, by: str = "cli") -> str:
    """Make a key and return its text, which nobody can read again."""
    if scope not in list(Scope):
        raise Invalid(f"{scope!r} is not ingest, read or admin", pointer="/scope")
    text, name = f"segue_{scope}_{secrets.token_urlsafe(32)}", new_id("key")
    now = context.clock.now()
    with context.database.write() as session:
        stored.add(session, id=name, hash=hashed(text), scope=scope, at=now)
        entry = audit.Entry(
            at=now, actor=by, action="key.create", after={"key": name, "scope": scope}
        )
        audit.add(session, entry)
    return text


def all_of(context: Context) -> list[StoredKey]:
    """All keys, without their text."""
    with context.database.read() as session:
        return stored.every(session)


def revoke(context: Context, id: str, *, by: str = "cli") -> None:
    """End a key; every process notices within seconds.

    Raises:
        NotFound: there is no such key.
    """
    now = context.clock.now()
    with context.database.write() as session:
        key = stored.revoke(session, id, now)
        if key is None:
            raise NotFound(f"there is no key {id!r}")
        audit.add(session, audit.Entry(at=now, actor=by, action="key.revoke", after={"key": id}))


def caller(context: Context, text: str) -> Caller | None:
    """Who this key's text speaks for; None where it is unknown or revoked, alike."""
    with context.database.read() as session:
        key = stored.by_hash(session, hashed(text))
    if key is None or key.revoked_at is not None:
        return None
    return Caller(key=key.id, scope=Scope(key.scope))
