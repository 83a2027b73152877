"""One process serves a SQLite file."""

import subprocess
from pathlib import Path

from tests.servers import PATIENCE, SEGUE, free_port, segue_serve


def test_a_second_server_on_the_same_file_refuses_with_one_line(tmp_path: Path) -> None:
    with segue_serve(tmp_path):
        second = subprocess.run(
            [SEGUE, "serve", "--port", str(free_port())],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
    assert second.returncode == 1
    assert second.stderr.strip().splitlines()[-1] == (
        "segue: another `segue serve` uses segue.db: stop it first"
    )
