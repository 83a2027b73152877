"""The case as a PDF: laid out once for what it says, kept for a while, and one at a time."""

import asyncio
import time
from collections import OrderedDict
from datetime import datetime
from hashlib import sha256

from service import case
from service.context import Context
from templates import case_pdf

KEPT, AGE = 64, 600.0
"""How many stay in memory (each has some 60 KB), and for how many seconds."""


class Press:
    """What lays out for one process; who asks for many at once waits, and holds up nobody else."""

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, tuple[float, bytes]] = OrderedDict()
        self._turn = asyncio.Lock()
        self.made = 0

    async def pdf(self, context: Context, token: str, *, language: str = "") -> bytes:
        """The case behind a link as it stands; the same bytes while it says the same.

        Raises:
            NotFound: there is no such case, or nothing that makes a PDF.
            Gone: it is over.
        """
        written, at = await asyncio.to_thread(_written, context, token, language)
        key = sha256(f"{at.timestamp()} {written}".encode()).digest()
        async with self._turn:
            made = self._known(key)
            if made is None:
                made = await asyncio.to_thread(case_pdf.printed, written, at)
                self.made += 1
                self._keep(key, made)
        return made

    def _known(self, key: bytes) -> bytes | None:
        at, made = self._kept.get(key, (0.0, b""))
        return made if made and time.monotonic() - at < AGE else None

    def _keep(self, key: bytes, made: bytes) -> None:
        now = time.monotonic()
        self._kept.pop(key, None)
        self._kept[key] = (now, made)
        while len(self._kept) > KEPT or now - next(iter(self._kept.values()))[0] >= AGE:
            self._kept.popitem(last=False)


def _written(context: Context, token: str, language: str) -> tuple[str, datetime]:
    """All that is on its pages, and when it was frozen."""
    view, locale = case.printable(context, token, language=language)
    return case_pdf.written(view, locale), view.created_at
