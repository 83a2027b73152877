"""The languages there are texts in."""

from templates.pack import COPY


def languages() -> tuple[str, ...]:
    """By their short names: ("de", "en")."""
    return tuple(sorted(path.parent.name for path in COPY.glob("*/words.toml")))
