"""Says beforehand what ingest would not take, for those who want all of a request or nothing."""

import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from service.checked import Names, check_all
from service.context import Context
from service.usage import OLDEST, Rejection, Rules
from store.database import Database
from store.seen import Seen

_NAMES = Names()


@dataclass(slots=True)
class _Known:
    """The fingerprints of a database as they are asked for here; ingest's own are its writer's."""

    seen: Seen
    lock: threading.Lock = field(default_factory=threading.Lock)


_MEETING = threading.Lock()
_KNOWN: weakref.WeakKeyDictionary[Database, _Known] = weakref.WeakKeyDictionary()


def refused(context: Context, events: Sequence[msgspec.Raw]) -> list[Rejection]:
    """What `ingest` would refuse of these right now, without taking any."""
    rules = Rules(catalogue=context.policy().catalogue, now=context.clock.now(), oldest=OLDEST)
    checked = check_all(rules, _NAMES, events)
    keys = [row[1] for row in checked.rows]
    known = _known(context.database)
    with known.lock, context.database.read() as session:
        before = known.seen.known(session, keys) if keys else {}
    contents = {keys[place]: content for place, content in before.items()}
    found = list(checked.rejections)
    for index, key, content, *_ in checked.rows:
        # Empty: kept by a version that noted ids only.
        if contents.setdefault(key, content) not in (content, b""):
            detail = "id: this id was used for an event with other content"
            found.append(Rejection(index=index, code="id_conflict", detail=detail))
    return found


def _known(database: Database) -> _Known:
    with _MEETING:
        if database not in _KNOWN:
            _KNOWN[database] = _Known(Seen(database.sqlalchemy.dialect.name))
        return _KNOWN[database]
