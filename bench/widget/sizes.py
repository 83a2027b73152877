"""What in-app widgets weigh: each installed in a throw-away folder and bundled by one command."""

import gzip
import json
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from tests.widget.build import ESBUILD
from tests.widget.npm import packed

PEERS = (
    "@novu/js",
    "@knocklabs/react",
    "@magicbell/react",
    "@trycourier/courier-ui-inbox",
)
_PRODUCTION = ('--define:process.env.NODE_ENV="production"',)
_OUTSIDE = ("react", "react-dom", "react/jsx-runtime", "react-dom/client")
"""What a vendor's app would have anyway is not counted for anybody."""


@dataclass(frozen=True, slots=True)
class Weight:
    """Bytes of JavaScript and of style sheets, gzipped."""

    name: str
    version: str
    script: int
    style: int


def weighed(folder: Path) -> list[Weight]:
    """Ours first, then each peer; needs a package registry."""
    mine = folder / "segue-widget"
    (mine / "node_modules").mkdir(parents=True)
    with tarfile.open(packed(folder)) as archive:
        archive.extractall(mine / "node_modules", filter="data")
    (mine / "node_modules" / "package").rename(mine / "node_modules" / "segue-widget")
    found = [_weigh(mine, "segue-widget")]
    for peer in PEERS:
        home = folder / peer.replace("/", "+")
        home.mkdir()
        (home / "package.json").write_text("{}")
        _run(["npm", "install", "--no-audit", "--no-fund", "--silent", peer], home)
        found.append(_weigh(home, peer))
    return found


def _weigh(home: Path, name: str) -> Weight:
    (home / "entry.js").write_text(f'export * from "{name}";\n')
    outside = [f"--external:{module}" for module in _OUTSIDE]
    _run(
        [str(ESBUILD), "entry.js", "--bundle", "--minify", "--format=esm", "--target=es2022",
         "--outfile=out/entry.js", "--legal-comments=none", *_PRODUCTION, *outside],
        home,
    )  # fmt: skip
    package = json.loads((home / "node_modules" / name / "package.json").read_text("utf-8"))
    sizes = {
        kind: sum(len(gzip.compress(f.read_bytes(), 9)) for f in (home / "out").glob(f"*.{kind}"))
        for kind in ("js", "css")
    }
    return Weight(name, package["version"], sizes["js"], sizes["css"])


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:3])} failed:\n{done.stderr[-2000:]}")
