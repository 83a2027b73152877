"""Makes the one file that vendors load out of the widget's modules: `make widget`.

python -m tests.widget.build [--check]

`--check` needs no Node: it fails where the file was made of other modules, or is too large.
"""

import argparse
import gzip
import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES, BUILT = ROOT / "widget" / "v1", ROOT / "widget" / "built" / "segue.js"
ESBUILD = ROOT / "tests" / "node_modules" / ".bin" / "esbuild"
MOST = 12 * 1024
"""Bytes of it, as a server sends it."""


def main() -> None:
    """Make it, or check it."""
    parser = argparse.ArgumentParser(prog="python -m tests.widget.build", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing")
    if not parser.parse_args().check:
        BUILT.parent.mkdir(exist_ok=True)
        BUILT.write_bytes(built())
    problem = wrong()
    print(problem or f"{size():,} of {MOST:,} bytes, gzipped")
    sys.exit(1 if problem else 0)


def built() -> bytes:
    """What esbuild makes of the modules."""
    command = [
        ESBUILD, MODULES / "segue.js", "--bundle", "--minify", "--format=esm", "--target=es2022",
        "--charset=utf8", "--legal-comments=none", f"--banner:js={_head()}",
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, check=True).stdout


def wrong() -> str:
    """What is wrong with the file as it lies there, if anything."""
    if not BUILT.is_file() or not BUILT.read_text("utf-8").startswith(_head()):
        return f"{BUILT.relative_to(ROOT)} was made of other modules: run `make widget`"
    return f"the widget has {size():,} bytes: at most {MOST:,}" if size() > MOST else ""


def size() -> int:
    """Its bytes, gzipped."""
    return len(gzip.compress(BUILT.read_bytes(), 9))


def _head() -> str:
    sources = b"\0".join(file.read_bytes() for file in sorted(MODULES.glob("*.js")))
    return f"/* Segue, made of {hashlib.sha256(sources).hexdigest()[:16]} by `make widget` */"


if __name__ == "__main__":
    main()
