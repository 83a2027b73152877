"""No space is left on the disk of the database, for a while."""

import os
import pwd
import resource
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from tests.faults.fault import Fault, Unable
from tests.faults.scene import Scene, postgres, sqlite
from tests.postgres import Postgres

LASTS = 4.0
_FOR_SQLITE, _FOR_POSTGRES = "48m", "400m"


@contextmanager
def _small_disk(size: str) -> Iterator[Path]:
    """A disk of its own in memory, which only root may have.

    Raises:
        Unable: who runs this may not mount one.
    """
    place = Path(tempfile.mkdtemp(prefix="segue-disk-", dir="/tmp"))
    try:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", str(place)]
        if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
            raise Unable("it needs a small disk (tmpfs), which only root may mount")
        try:
            yield place
        finally:
            subprocess.run(["umount", "--lazy", str(place)], check=True)
    finally:
        place.rmdir()


@contextmanager
def _filled(place: Path) -> Iterator[None]:
    """Something else takes all that is left; then it is gone again."""
    ballast = place / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(65536))
    with ballast.open("ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(512))
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def _sqlite() -> Iterator[Scene]:
    try:
        with _small_disk(_FOR_SQLITE) as place, sqlite(place) as scene:
            scene.notes.append(f"a disk of {_FOR_SQLITE} (tmpfs), filled to the last byte")
            scene.disk = place
            yield scene
    except Unable:
        with sqlite() as scene:
            scene.notes.append("no file of the process may grow (RLIMIT_FSIZE); as root: a tmpfs")
            yield scene


@contextmanager
def _full(scene: Scene) -> Iterator[None]:
    if scene.disk is not None:
        with _filled(scene.disk):
            yield
        return
    process = scene.nodes[0].process
    assert process is not None
    before = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (4096, before[1]))
    yield
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, before)


@contextmanager
def _postgres() -> Iterator[Scene]:
    with _small_disk(_FOR_POSTGRES) as place:
        nobody = pwd.getpwnam("nobody")
        os.chown(place, nobody.pw_uid, nobody.pw_gid)
        with (
            closing(
                Postgres.start(inside=str(place), max_wal_size="64MB", min_wal_size="32MB")
            ) as server,
            postgres(server, roles=("api", "worker")) as scene,
        ):
            scene.notes.append(f"a disk of {_FOR_POSTGRES} (tmpfs), filled to the last byte")
            scene.disk = place
            yield scene


@contextmanager
def _full_and_restarted(scene: Scene) -> Iterator[None]:
    """A server that can't write its log ends; whoever looks after it starts it when it can."""
    assert scene.server is not None
    with _full(scene):
        yield
    scene.server.restart()


ON_SQLITE = Fault(
    name="disk full, SQLite",
    scene=_sqlite,
    strike=_full,
    says="the disk is full",
    lasts=LASTS,
    short=True,
)
ON_POSTGRES = Fault(
    name="disk full, PostgreSQL",
    scene=_postgres,
    strike=_full_and_restarted,
    says="the disk is full",
    lasts=LASTS,
)
