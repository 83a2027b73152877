"""Puts a policy file in force: checked whole, kept as a version, noted in the audit log."""

import hashlib

from engine.errors import ConfigInvalid
from service import config
from service.context import Context
from store import audit, due
from store import config as stored

LARGEST = 256 * 1024


def check(text: str) -> None:
    """Find every problem of a policy file.

    Raises:
        ConfigInvalid: with all of them.
    """
    if len(text.encode()) > LARGEST:
        raise ConfigInvalid([("", "a policy file has at most 256 KiB")])
    config.parse(text)


def apply(context: Context, text: str, by: str) -> int:
    """Put a policy file in force and say its version; the one in force already stays as it is.

    Raises:
        ConfigInvalid: with every problem; nothing was changed.
    """
    check(text)
    digest, now = hashlib.sha256(text.encode()).hexdigest(), context.clock.now()
    with context.database.write() as session:
        before = stored.newest(session)
        if before is not None and before.text == text:
            return before.version
        version = stored.add(session, text=text, digest=digest, at=now, by=by)
        entry = audit.Entry(
            at=now,
            actor=by,
            action="config.apply",
            before={"version": before.version} if before else None,
            after={"version": version, "digest": digest},
        )
        audit.add(session, entry)
        due.unguard_all(session)
    context.signals.changed(None)
    return version
