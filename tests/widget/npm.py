"""Packs `segue-widget` for npm: the modules with their types, as they would be published.

python -m tests.widget.npm [FOLDER]

Nothing is published by it: `npm publish segue-widget-VERSION.tgz` does that.
"""

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import tomllib
from pathlib import Path

from tests.widget.build import MODULES, ROOT

NODE = ROOT / "tests" / "node_modules"
ENTRIES = ("index.js", "react.js")
_TAG_ALONE = "segue.js"


def main() -> None:
    """Pack it."""
    parser = argparse.ArgumentParser(prog="python -m tests.widget.npm", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "dist")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    print(packed(folder))


def packed(folder: Path) -> Path:
    """The archive of the package, made in a folder."""
    with tempfile.TemporaryDirectory() as room:
        made = Path(room) / "segue-widget"
        made.mkdir()
        for module in MODULES.glob("*.js"):
            if module.name != _TAG_ALONE:
                shutil.copy(module, made)
        shutil.copy(MODULES / "types.d.ts", made)
        shutil.copy(ROOT / "widget" / "npm.md", made / "README.md")
        shutil.copy(ROOT / "LICENSE", made)
        _types(made)
        (made / "package.json").write_text(json.dumps(_package(), indent=2) + "\n")
        done = _run(["npm", "pack", "--json", f"--pack-destination={folder}"], made)
    return folder / json.loads(done)[0]["filename"]


def _types(made: Path) -> None:
    """Declarations of what the entries give, out of the modules' own comments."""
    (made / "node_modules").symlink_to(NODE)
    _run(
        [str(NODE / ".bin" / "tsc"), *ENTRIES, "--allowJs", "--checkJs", "--strict",
         "--declaration", "--emitDeclarationOnly", "--target", "es2023", "--lib",
         "es2023,dom,dom.iterable", "--module", "esnext", "--moduleResolution", "bundler",
         "--skipLibCheck"],
        made,
    )  # fmt: skip
    (made / "node_modules").unlink()


def _package() -> dict[str, object]:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    return {
        "name": "segue-widget",
        "version": version,
        "description": "One calm banner and a usage meter, for products that use Segue.",
        "license": "Apache-2.0",
        "type": "module",
        "sideEffects": False,
        "exports": {
            ".": {"types": "./index.d.ts", "default": "./index.js"},
            "./react": {"types": "./react.d.ts", "default": "./react.js"},
        },
        "files": ["*.js", "*.d.ts"],
        "peerDependencies": {"react": ">=18"},
        "peerDependenciesMeta": {"react": {"optional": True}},
    }


def _run(command: list[str], folder: Path) -> str:
    """A Node tool's output; what it complains of goes on."""
    path = f"{ROOT / '.venv' / 'node' / 'bin'}:{os.environ.get('PATH', '')}"
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env={**os.environ, "PATH": path}
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
