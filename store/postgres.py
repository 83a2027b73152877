"""How PostgreSQL is opened and told apart when it fails; everything else speaks SQLAlchemy."""

from collections.abc import Mapping
from enum import IntEnum
from typing import TYPE_CHECKING, Any, LiteralString

from sqlalchemy import Connection, ExceptionContext, create_engine, event, func, select
from sqlalchemy.engine import Engine
from sqlmodel import Session

from engine.errors import Invalid, Unavailable
from store.address import plain

if TYPE_CHECKING:
    from psycopg import Connection as Direct

LOCKS = 0x5E60E
"""The first key of Segue's advisory locks, so that they are nobody else's."""
WORKS, OWNS = LOCKS + 1, LOCKS + 2
"""Those of two more kinds: who counts waiting usage (shared), and who owns which part of it."""
_REACHED = {
    "application_name": "segue",
    "connect_timeout": "5",
    "keepalives_idle": "20",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
"""What the address need not say: a server that is gone is noticed within half a minute."""
TIMES = {
    "statement_timeout": "60s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": "20",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "TimeZone": "UTC",
}
"""Of every day's work: nobody waits for ever, and a node that died holds its locks for seconds."""
PATIENT = TIMES | dict.fromkeys(
    ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"), "0"
)
"""Of those who work by themselves, and may take as long as it takes."""
_DURABLE = {"synchronous_commit": "on"}
"""Whatever the server's own setting: what is acknowledged was written down."""
_LEAVE = ("25006", "57P")
"""SQLSTATEs after which the connection leads to the wrong server, or to none."""


class Lock(IntEnum):
    """What only one process may do at a time: the second keys of advisory locks."""

    MIGRATE = 1
    LEAD = 2
    BACKTEST = 3


def opened(url: str, *, pooled: bool = False, times: Mapping[str, str] = TIMES) -> Engine:
    """The database at an address. `pooled`: a pooler hands out its connections by transaction.

    `times`: its time-outs, by their names.

    Raises:
        Invalid: its driver is not installed.
    """
    driver()
    made = create_engine(
        "postgresql+psycopg://",
        creator=lambda: connect(url, pooled=pooled, times=times),
        hide_parameters=True,
        pool_size=8,
        max_overflow=8,
        pool_timeout=10,
        pool_pre_ping=True,
        pool_recycle=1800,
    )
    if pooled:
        event.listen(made, "begin", _set_for_transaction)
    event.listen(made, "handle_error", _note_lost)
    return made


def connect(
    url: str,
    *,
    pooled: bool = False,
    autocommit: bool = False,
    times: Mapping[str, str] = TIMES,
) -> "Direct[Any]":
    """A connection of one's own.

    Raises:
        Unavailable: the server does not answer, or refuses.
    """
    psycopg = driver()
    try:
        given = psycopg.conninfo.conninfo_to_dict(plain(url))
        told = _REACHED | given
        if "," in str(given.get("host", "")):
            told.setdefault("target_session_attrs", "read-write")
        if not pooled:
            asked = str(given.get("options", ""))
            told["options"] = f"{_options(times)} {asked} {_options(_DURABLE)}"
        made: Direct[Any] = psycopg.connect(
            **told, autocommit=autocommit, prepare_threshold=None if pooled else 5
        )
    except psycopg.OperationalError as error:
        why = " ".join(str(error).split())
        raise Unavailable(f"PostgreSQL does not answer: {why}") from None
    except psycopg.ProgrammingError as error:
        raise Invalid(f"not an address of PostgreSQL: {' '.join(str(error).split())}") from None
    return made


def asked(connection: "Direct[Any]", query: LiteralString, *given: Any) -> Any:
    """The one value that a query gives.

    Raises:
        Unavailable: the connection is gone, and with it what it held.
    """
    try:
        row = connection.execute(query, given).fetchone()
    except driver().OperationalError as error:
        raise Unavailable(f"PostgreSQL went away: {' '.join(str(error).split())}") from None
    return row and row[0]


def ping(connection: "Direct[Any]") -> None:
    """See that a connection still leads somewhere.

    Raises:
        Unavailable: it does not.
    """
    asked(connection, "SELECT 1")


def try_lock(connection: "Direct[Any]", lock: Lock) -> bool:
    """Take a lock, or not: it is held until the connection ends."""
    return bool(asked(connection, "SELECT pg_try_advisory_lock(%s, %s)", LOCKS, int(lock)))


def unlock(connection: "Direct[Any]", lock: Lock) -> None:
    """Give a lock back at once; a connection that ends takes its time.

    Raises:
        Unavailable: the connection is gone.
    """
    asked(connection, "SELECT pg_advisory_unlock(%s, %s)", LOCKS, int(lock))


def wait_lock(session: Session, lock: Lock) -> None:
    """Take a lock, as soon as it is free; it is held until the commit."""
    session.execute(select(func.pg_advisory_xact_lock(LOCKS, int(lock))))


def driver() -> Any:
    """The module psycopg.

    Raises:
        Invalid: it is not installed.
    """
    try:
        import psycopg
    except ImportError as error:
        detail = f"PostgreSQL needs its driver ({error}): pip install 'segue[cluster]'"
        raise Invalid(detail) from None
    return psycopg


def _options(settings: Mapping[str, str]) -> str:
    return " ".join(f"-c {name}={value}" for name, value in settings.items())


def _set_for_transaction(connection: Connection) -> None:
    """Behind a pooler a session is shared: what is set lasts for a transaction."""
    told = ", ".join(f"set_config('{n}', '{v}', true)" for n, v in (TIMES | _DURABLE).items())
    connection.exec_driver_sql(f"SELECT {told}")


def _note_lost(context: ExceptionContext) -> None:
    state = getattr(context.original_exception, "sqlstate", None) or ""
    if state.startswith(_LEAVE):
        context.is_disconnect = True
