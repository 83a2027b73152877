"""Puts a policy file in force: checked whole, kept as a version, noted in the audit log."""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from engine.contradictions import Contradiction, contradictions
from engine.errors import ConfigInvalid
from service import config, events
from service.context import Context
from store import audit, watch
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


def odd(text: str) -> tuple[Contradiction, ...]:
    """Settings of a sound policy file that never act, mask each other, or surprise.

    Raises:
        ConfigInvalid: it is not sound.
    """
    check(text)
    found = config.applied(text, 0)
    return contradictions(found.policy, found.catalogue, frozenset(_given("", tomllib.loads(text))))


def _given(path: str, table: Mapping[str, Any]) -> Iterator[str]:
    """The dotted path of every key that the file states."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _given(f"{path}{name}.", value)
        else:
            yield f"{path}{name}"


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
        previous = before.version if before else None
        events.tell(session, [events.policy(version, previous, digest, now)])
        watch.unguard(session, None)
    context.signals.changed(None)
    return version
