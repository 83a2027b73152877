"""The app's icons for chats that want them in a package: drawn once, of any size."""

from pathlib import Path

import resvg_py

_HERE = Path(__file__).parent / "icons"
SIZES = {"color": 192, "outline": 32}
"""The icons there are, with the pixels of a side that Teams wants."""


def icon(name: str) -> bytes:
    """One of them as PNG."""
    side = SIZES[name]
    drawn = resvg_py.svg_to_bytes(
        svg_string=(_HERE / f"{name}.svg").read_text("utf-8"), width=side, height=side
    )
    return bytes(drawn)
