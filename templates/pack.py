"""A language pack: which locales have texts, and the words and rules they come with."""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError

from engine.errors import LocaleMissing

HERE = Path(__file__).parent
COPY = HERE / "copy"


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """The texts of one language: its folder's name, how it formats, its words and lint rules."""

    name: str
    babel: Locale
    words: Mapping[str, Any]
    rules: Mapping[str, Any]


@cache
def pack(locale: str) -> Pack:
    """The pack for `locale` ("en", "de-AT", "en_US"); raises LocaleMissing where there is none."""
    wanted = locale.replace("-", "_")
    language = wanted.split("_")[0].lower()
    for name in (wanted, language):
        if re.fullmatch(r"[A-Za-z0-9_]{2,20}", name) and (COPY / name / "words.toml").is_file():
            tables = {path.stem: _read(path) for path in sorted((COPY / name).glob("*.toml"))}
            rules = tables.pop("lint")
            words = {key: table for file in tables.values() for key, table in file.items()}
            return Pack(name, _babel(wanted, words["babel"]), words, rules)
    raise LocaleMissing(f"no texts for locale {locale[:20]!r}")


@cache
def languages() -> tuple[str, ...]:
    """Every language that has texts."""
    return tuple(sorted(path.parent.name for path in COPY.glob("*/words.toml")))


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def _babel(wanted: str, default: str) -> Locale:
    """The region's own formats where a region was named, else the pack's default."""
    try:
        return Locale.parse(wanted if "_" in wanted else default)
    except (UnknownLocaleError, ValueError):
        return Locale.parse(default)


def best_locale(*wanted: str | None) -> str:
    """The first of `wanted` that has texts (person's, account's, product's); else LocaleMissing."""
    for locale in wanted:
        try:
            if locale and pack(locale):
                return locale
        except LocaleMissing:
            continue
    raise LocaleMissing(f"no texts for any of {wanted}")


@cache
def digest() -> str:
    """A digest of every shipped text and rule: part of what makes a decision replayable."""
    seen = hashlib.sha256()
    for folder in ("copy", "case", "email"):
        for path in sorted((HERE / folder).rglob("*.*")):
            seen.update(path.relative_to(HERE).as_posix().encode() + b"\0")
            seen.update(path.read_bytes() + b"\0")
    return seen.hexdigest()
