"""The benchmark folder, outside this repository: its scorer, its baselines and its data sets."""

import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "timing"
_TOOLS = ("score", "baselines")


class Missing(Exception):
    """Something the benchmark needs is not there: say where it is, in SEGUE_TIMING or --shared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """Its folder and its two tools, as they stand there."""

    folder: Path
    score: ModuleType
    baselines: ModuleType

    def sets(self) -> list[Path]:
        """The data sets that lie in it."""
        found = sorted((self.folder / "data").glob("*.csv.gz"))
        if not found:
            raise Missing(f"there is no data set in {self.folder / 'data'}")
        return found


def default_folder() -> Path:
    """Where the benchmark is looked for: SEGUE_TIMING, else ../shared/timing."""
    return Path(os.environ.get("SEGUE_TIMING") or _BESIDE)


def opened(folder: Path) -> Benchmark:
    """Load the tools of the folder.

    Raises:
        Missing: one of them is not there.
    """
    for name in _TOOLS:
        if not (folder / f"{name}.py").is_file():
            where = "--shared DIR or SEGUE_TIMING=DIR says where it is"
            raise Missing(f"the timing benchmark has no {name}.py in {folder}; {where}")
    sys.dont_write_bytecode = True  # The folder is not ours to write in.
    sys.path.insert(0, str(folder.resolve()))  # One tool imports the other by its name.
    score, baselines = map(importlib.import_module, _TOOLS)
    return Benchmark(folder=folder, score=score, baselines=baselines)


def checked(files: Sequence[Path], least: int) -> Sequence[Path]:
    """The files, all of which are there, and as many as are needed.

    Raises:
        Missing: they are not.
    """
    if len(files) < least:
        raise Missing("leaving one data set out needs two data sets or more")
    for file in files:
        if not file.is_file():
            raise Missing(f"there is no data set {file}")
    return files
