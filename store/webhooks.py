"""The endpoints that want to be told of events, and how they take it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import Session, col, or_, select

from store import tables
from store.rows import add_once
from store.tables import Webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredWebhook:
    """An endpoint. `secret` and those `retired` (each with its end) are encrypted.

    `events` None: the usual ones. `failing_since`: nothing was taken from then on, `failed_at`
    last. `disabled_why`: why we gave up; then it is not `enabled`.
    """

    id: str
    url: str
    secret: str
    created_at: datetime
    events: tuple[str, ...] | None = None
    enabled: bool = True
    retired: tuple[tuple[str, datetime], ...] = ()
    failing_since: datetime | None = None
    failed_at: datetime | None = None
    disabled_at: datetime | None = None
    disabled_why: str | None = None


def every(session: Session) -> tuple[StoredWebhook, ...]:
    """All of them, by name."""
    rows = session.exec(select(Webhook).order_by(col(Webhook.id))).all()
    return tuple(_value(row) for row in rows)


def get(session: Session, id: str, *, lock: bool = False) -> StoredWebhook | None:
    """One of them; `lock`: nobody changes it before this unit of work ends."""
    query = select(Webhook).where(col(Webhook.id) == id)
    row = session.exec(query.with_for_update() if lock else query).first()
    return _value(row) if row else None


def add(session: Session, made: StoredWebhook) -> bool:
    """Keep a new one; False where one of that name is there already."""
    return add_once(session, Webhook, asdict(made) | _documents(made))


def restate(session: Session, wanted: StoredWebhook) -> None:
    """Put another in the place of the one of its name."""
    stated = asdict(wanted) | _documents(wanted)
    session.execute(
        update(Webhook)
        .where(col(Webhook.id) == wanted.id)
        .values(**{k: v for k, v in stated.items() if k != "id"})
    )


def remove(session: Session, id: str) -> None:
    """Forget one, with what was and was to be sent to it."""
    for table in (tables.WebhookAttempt, tables.WebhookDelivery):
        session.execute(delete(table).where(col(table.endpoint) == id))
    session.execute(delete(Webhook).where(col(Webhook.id) == id))


def took(session: Session, id: str) -> None:
    """It took something: whatever failed before is over."""
    session.execute(
        update(Webhook)
        .where(col(Webhook.id) == id, col(Webhook.failing_since).is_not(None))
        .values(failing_since=None, failed_at=None)
    )


def failed(session: Session, id: str, now: datetime, *, rest: datetime) -> None:
    """It did not take something; whoever failed last before `rest` begins to fail now."""
    mine = col(Webhook.id) == id
    begins = or_(col(Webhook.failing_since).is_(None), col(Webhook.failed_at) < rest)
    session.execute(update(Webhook).where(mine, begins).values(failing_since=now))
    session.execute(update(Webhook).where(mine).values(failed_at=now))


def give_up(
    session: Session, id: str, now: datetime, why: str, *, failing_before: datetime | None = None
) -> bool:
    """Send it nothing more; False where that is so already, or it has not failed for so long."""
    wanted = [col(Webhook.id) == id, col(Webhook.enabled).is_(True)]
    if failing_before is not None:
        wanted.append(col(Webhook.failing_since) <= failing_before)
    done = session.execute(
        update(Webhook).where(*wanted).values(enabled=False, disabled_at=now, disabled_why=why)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def _documents(of: StoredWebhook) -> dict[str, object]:
    return {
        "events": None if of.events is None else list(of.events),
        "retired": [{"secret": text, "until": end.isoformat()} for text, end in of.retired],
    }


def _value(row: Webhook) -> StoredWebhook:
    retired: Sequence[dict[str, str]] = row.retired
    return StoredWebhook(
        id=row.id,
        url=row.url,
        secret=row.secret,
        created_at=row.created_at,
        events=None if row.events is None else tuple(row.events),
        enabled=row.enabled,
        retired=tuple((one["secret"], datetime.fromisoformat(one["until"])) for one in retired),
        failing_since=row.failing_since,
        failed_at=row.failed_at,
        disabled_at=row.disabled_at,
        disabled_why=row.disabled_why,
    )
