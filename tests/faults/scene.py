"""Where a fault happens: a database, nodes on it, accounts with people, and a Slack that counts."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from engine.snapshot import Role
from segue.clock import SystemClock
from service import accounts, configure, keys, roster
from service.context import Clock, Context
from service.secrets import Secrets
from service.shapes import Account, Person
from store import installs
from store.database import Database
from store.migrations import migrate
from tests.fakes.slack_sink import SlackSink, slack_sink
from tests.faults.nodes import Node
from tests.nats import Nats
from tests.postgres import Postgres

LIMIT = 100
ACCOUNTS = tuple(f"acct-{n}" for n in range(30))
SECRET = "a-key-that-every-node-has"
JOINED = date(2026, 1, 1)
WIDGET = "a-widget-secret-of-32-bytes-or-more"


@dataclass
class Scene:
    """What a fault may get hold of. `notes`: what the reader of the table should know."""

    url: str
    sink: SlackSink
    key: str
    nodes: list[Node] = field(default_factory=list)
    server: Postgres | None = None
    standby: Postgres | None = None
    nats: Nats | None = None
    disk: Path | None = None
    """Where the database lies, if on a disk of its own."""
    notes: list[str] = field(default_factory=list)
    here: str | None = None
    """Where the product answers that runs in this process, instead of nodes."""

    @property
    def answering(self) -> list[str]:
        """The addresses that take usage."""
        return [self.here] if self.here else [n.url for n in self.nodes if n.role != "worker"]

    @property
    def all(self) -> list[str]:
        """The addresses that say whether they are ready."""
        return [self.here] if self.here else [node.url for node in self.nodes]

    def messages(self) -> Counter[str]:
        """How many messages came to the champion of each account."""
        rooms = Counter(message["channel"] for message in self.sink.messages)
        return Counter({a: rooms[_room(a)] for a in ACCOUNTS if rooms[_room(a)]})


@contextmanager
def sqlite(place: Path | None = None) -> Iterator[Scene]:
    """One node on a file of SQLite's, in a folder of its own or the one that is given."""
    with (
        folder() as home,
        _scene(home, f"sqlite:///{place or home}/segue.db", None, ["all"]) as made,
    ):
        yield made


@contextmanager
def postgres(
    server: Postgres,
    roles: Sequence[str] = ("all",),
    *,
    url: str | None = None,
    nats: Nats | None = None,
) -> Iterator[Scene]:
    """Nodes on a database of a PostgreSQL server. `url`: another way to the same.

    `nats`: servers in front of it.
    """
    with (
        folder() as home,
        _scene(home, url or server.database(), server, roles, nats) as made,
    ):
        yield made


@contextmanager
def _scene(
    home: Path,
    url: str,
    server: Postgres | None,
    roles: Sequence[str],
    nats: Nats | None = None,
) -> Iterator[Scene]:
    more = {"SEGUE_NATS_URL": nats.url} if nats else {}
    with slack_sink() as sink, ExitStack() as stack:
        key = prepared(url)
        nodes = [Node(home, environment(url, sink) | more, role) for role in roles]
        for node in nodes:
            stack.callback(node.stop)
            node.start()
        yield Scene(url=url, sink=sink, key=key, nodes=nodes, server=server, nats=nats)


def environment(url: str, sink: SlackSink) -> dict[str, str]:
    """What each node is told."""
    return {
        "SEGUE_DATABASE_URL": url,
        "SEGUE_SECRET_KEYS": SECRET,
        "SEGUE_WIDGET_SECRET": WIDGET,
        "SEGUE_SLACK_SIGNING_SECRET": "signing",
        "SEGUE_SLACK_API_URL": sink.url,
    }


@contextmanager
def folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="segue-faults-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def prepared(url: str, clock: Clock | None = None) -> str:
    """Tables, a policy, accounts with a champion in Slack; gives a key."""
    database = Database(url)
    migrate(database)
    secrets = Secrets([SECRET])
    context = Context(
        database=database,
        clock=clock or SystemClock(),
        secrets=secrets,
        public_url="http://test",
    )
    configure.apply(context, (Path(__file__).parent / "policy.toml").read_text(), "faults")
    for account in ACCOUNTS:
        _introduce(context, account)
    key = keys.create(context, keys.Scope.ADMIN)
    database.close()
    return key


def _introduce(context: Context, account: str) -> None:
    """An account with a champion and a workspace of its own."""
    number = account.rpartition("-")[2]
    accounts.put(context, account, Account(plan="team", name=f"Account {number}"), "faults")
    champion = Person(role=Role.CHAMPION, email=f"dana-{number}@acme.test", joined=JOINED)
    roster.put_person(context, account, "dana", champion, "faults")
    workspace = installs.Workspace(
        platform=installs.SLACK,
        team=f"T{number}",
        account=account,
        name="Acme",
        bot_user="UBOT",
        token=context.secrets.encrypt("xoxb-test"),
        scopes="chat:write",
        installed_at=datetime.now(UTC),
        revoked_at=None,
    )
    with context.database.write() as session:
        installs.save(session, workspace)


def _room(account: str) -> str:
    return f"DUDANA-{account.rpartition('-')[2]}"
