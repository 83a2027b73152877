"""Files that are there whole or not at all: written beside their place, then moved into it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from engine.errors import Invalid


@contextmanager
def whole(file: Path | None) -> Iterator[IO[str]]:
    """A text file that appears when the block ends well; None: written to nowhere.

    Raises:
        Invalid: it can't be written there.
    """
    if file is None or (file.exists() and not file.is_file()):
        # A pipe or a device is written as it comes: it has no place to be moved into.
        with Path(file or os.devnull).open("w", encoding="utf-8") as stream:
            yield stream
        return
    try:
        handle, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.", suffix=".part")
    except OSError as error:
        raise Invalid(f"{file} can't be written: {error.strerror}") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            yield stream
        Path(draft).chmod(0o666 & ~_umask())
        Path(draft).replace(file)
    finally:
        Path(draft).unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
