"""Makes the files that vendors load out of the widget's modules: `make widget`.

python -m tests.widget.build [--check]

The loader, and in `parts/` what it loads when there is something to show; the names of parts tell
their contents, so that they may be kept for ever. `--check` needs no Node: it fails where the
files were made of other modules, or are too large.
"""

import argparse
import gzip
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES, BUILT = ROOT / "widget" / "v1", ROOT / "widget" / "built"
ESBUILD = ROOT / "tests" / "node_modules" / ".bin" / "esbuild"
TERSER = ESBUILD.with_name("terser")
_COMPRESS = "passes=3,unsafe=true,unsafe_arrows=true,pure_getters=true,keep_fargs=false,ecma=2022"
LOADER, CLIENT = "segue.js", "client.js"
MOST, MOST_OF_LOADER = 12 * 1024, 2 * 1024
"""Bytes of all of them, and of the loader alone, as a server sends them."""
_CSS = re.compile(r"`\n(.*?)`", re.DOTALL)
_PROPERTY = re.compile(r"(--[\w-]+): ")
"""What esbuild leaves as it is: the blank before a property of one's own."""


def main() -> None:
    """Make them, or check them."""
    parser = argparse.ArgumentParser(prog="python -m tests.widget.build", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing")
    if not parser.parse_args().check:
        shutil.rmtree(BUILT, ignore_errors=True)
        for name, content in built().items():
            file = BUILT / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    problem = wrong()
    print(
        problem
        or f"{size():,} of {MOST:,} bytes, gzipped; "
        f"the loader {gzipped(BUILT / LOADER):,} of {MOST_OF_LOADER:,}"
    )
    sys.exit(1 if problem else 0)


def built() -> dict[str, bytes]:
    """What esbuild makes of the modules, by name."""
    with tempfile.TemporaryDirectory() as folder:
        modules, made = Path(folder) / "v1", Path(folder) / "made"
        modules.mkdir()
        for file in MODULES.glob("*.js"):
            text = file.read_text("utf-8")
            (modules / file.name).write_text(
                _CSS.sub(_small, text) if "style" in file.stem else text
            )
        command = [
            ESBUILD, f"v1/{LOADER}", "--outdir=made", "--bundle", "--minify",
            "--splitting", "--chunk-names=parts/[name]-[hash]", "--format=esm", "--target=es2022",
            "--charset=utf8", "--legal-comments=none",
        ]  # fmt: skip
        # Names of parts depend on paths, so these are the same wherever it is built.
        subprocess.run(command, cwd=folder, capture_output=True, check=True)
        files = {str(file.relative_to(made)): _smaller(file) for file in made.rglob("*.js")}
    (live,) = (name for name in files if name.startswith("parts/live-"))
    client = f'export {{createClient}} from "./{live}";\n'
    loader = _head().encode() + b"\n" + files[LOADER]
    return {**files, LOADER: loader, CLIENT: client.encode()}


def _smaller(file: Path) -> bytes:
    """A script that esbuild has made small, once more by terser: a thirtieth less."""
    return subprocess.run(
        [TERSER, file, "--module", "--mangle", "--ecma", "2022", "--compress", _COMPRESS],
        capture_output=True,
        check=True,
    ).stdout


def _small(found: re.Match[str]) -> str:
    """A style sheet without what only people need."""
    made = subprocess.run(
        [ESBUILD, "--loader=css", "--minify", "--target=chrome123,safari17.5,firefox120"],
        input=found[1].encode(),
        capture_output=True,
        check=True,
    )
    tight = _PROPERTY.sub(r"\1:", made.stdout.decode().strip())
    return f"`{tight}`".replace("\\", "\\\\")


def wrong() -> str:
    """What is wrong with the files as they lie there, if anything."""
    loader = BUILT / LOADER
    if not loader.is_file() or not loader.read_text("utf-8").startswith(_head()):
        return f"{BUILT.relative_to(ROOT)} was made of other modules: run `make widget`"
    if gzipped(loader) > MOST_OF_LOADER:
        return f"the loader has {gzipped(loader):,} bytes: at most {MOST_OF_LOADER:,}"
    return f"the widget has {size():,} bytes: at most {MOST:,}" if size() > MOST else ""


def size() -> int:
    """The bytes of all of them, each gzipped; the client alone is another way in to the same."""
    return sum(gzipped(file) for file in BUILT.rglob("*.js") if file.name != CLIENT)


def gzipped(file: Path) -> int:
    """The bytes of a file, gzipped."""
    return len(gzip.compress(file.read_bytes(), 9))


def _head() -> str:
    sources = b"\0".join(file.read_bytes() for file in sorted(MODULES.glob("*.js")))
    return f"/* Segue, made of {hashlib.sha256(sources).hexdigest()[:16]} by `make widget` */"


if __name__ == "__main__":
    main()
