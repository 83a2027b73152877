"""Changes one key of the policy file, as an admin would with an editor: comments stay."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from difflib import get_close_matches
from typing import Any

import tomlkit
from tomlkit.items import Comment, InlineTable, Table

from engine.contradictions import Contradiction
from engine.errors import Conflict, Invalid, NotFound
from engine.policy import Policy
from service import config, configure
from service.context import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key of the policy by its dotted path, and what is in force."""

    path: str
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A change that may be put in force. `odd`: what it makes odd that was not odd before.

    `text`: the whole file, with those that were proposed together.
    """

    path: str
    before: Any
    after: Any
    version: int
    text: str
    odd: tuple[Contradiction, ...]


def keys(policy: Policy) -> list[Key]:
    """Every key with its value, those of no table first."""
    found: list[Key] = []
    tables: list[Key] = []
    for field in fields(Policy):
        value = getattr(policy, field.name)
        if is_dataclass(value):
            tables += [
                Key(path=f"{field.name}.{f.name}", value=getattr(value, f.name))
                for f in fields(value)
            ]
        else:
            found.append(Key(path=field.name, value=value))
    return [*found, *tables]


def find(context: Context, name: str) -> Key:
    """One key by its path, with or without `policy.` before it, or by its last part alone.

    Raises:
        NotFound: there is none, or several; the text says which was probably meant.
    """
    known = {key.path: key for key in keys(context.policy().policy)}
    path = name.strip().lower().removeprefix("policy.")
    if path in known:
        return known[path]
    ending = [key for key in known if key.rpartition(".")[2] == path]
    if len(ending) == 1:
        return known[ending[0]]
    near = ending or get_close_matches(path, known, n=3, cutoff=0.5)
    raise UnknownKey(name, near)


class UnknownKey(NotFound):
    """There is no such key: use one of `near`, or look at the list."""

    def __init__(self, name: str, near: Sequence[str]) -> None:
        super().__init__(f"there is no key {name!r}")
        self.name, self.near = name, tuple(near)


def propose(context: Context, name: str, value: str) -> Edit:
    """What changing a key would do; nothing is changed yet.

    Raises:
        NotFound: there is no such key.
        Invalid: the value can't be, or would break a promise; with the reason.
        Conflict: it is in force already.
    """
    key = find(context, name)
    edits = propose_all(context, {key.path: value})
    if not edits:
        raise Conflict(f"{key.path} is {shown(key.value)} already")
    return edits[0]


def propose_all(context: Context, wanted: Mapping[str, str]) -> list[Edit]:
    """What changing several keys at once would do; those that stay as they are are left out.

    Raises:
        NotFound: there is no such key.
        Invalid: a value can't be, or would break a promise; with the reason.
    """
    applied, before = context.policy(), {}
    text = applied.text
    for name, value in wanted.items():
        key = find(context, name)
        new = _read(value, key)
        if new == key.value:
            continue
        text, before[key.path] = edited(text, key.path, new), key.value
    if not before:
        return []
    configure.check(text)
    known = {(odd.keys, odd.detail) for odd in configure.odd(applied.text)}
    fresh = tuple(o for o in configure.odd(text) if (o.keys, o.detail) not in known)
    return [
        Edit(
            path=path,
            before=value,
            after=_in_force(text, path),
            version=applied.version,
            text=text,
            odd=fresh if path == list(before)[-1] else (),
        )
        for path, value in before.items()
    ]


def apply(context: Context, name: str, value: str, *, version: int, by: str) -> Edit:
    """Put a change in force that was proposed for this version.

    Raises:
        Conflict: another version is in force by now.
    """
    edit = propose(context, name, value)
    _put(context, edit, version, by)
    return edit


def apply_all(context: Context, wanted: Mapping[str, str], *, version: int, by: str) -> list[Edit]:
    """Put several changes in force as one version.

    Raises:
        Conflict: another version is in force by now.
    """
    edits = propose_all(context, wanted)
    if edits:
        _put(context, edits[0], version, by)
    return edits


def _put(context: Context, edit: Edit, version: int, by: str) -> None:
    if edit.version != version:
        raise Conflict(f"version {edit.version} is in force by now")
    configure.apply(context, edit.text, by)


def meaning(path: str) -> str:
    """What a key does, in its author's words; empty where nobody wrote any."""
    schema: dict[str, Any] = config.json_schema()["$defs"]
    table, _, name = path.rpartition(".")
    shape = type(getattr(Policy(), table)).__name__ if table else Policy.__name__
    found = schema[shape]["properties"].get(name, {})
    return str(found.get("description", "")).replace("\n", " ").strip(" .")


def shown(value: Any) -> str:
    """A value as one types it."""
    if isinstance(value, tuple | list):
        return " ".join(str(part) for part in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _in_force(text: str, path: str) -> Any:
    policy: Any = config.applied(text, 0).policy
    for part in path.split("."):
        policy = getattr(policy, part)
    return policy


def _read(text: str, key: Key) -> Any:
    """The value in the kind that the key has; what it may be is checked with the whole file."""
    said = text.strip().strip('"')
    match key.value:
        case bool():
            known = {"true": True, "yes": True, "on": True, "false": False, "no": False,
                     "off": False}  # fmt: skip
            if said.lower() not in known:
                raise Invalid("use true or false", pointer=key.path)
            return known[said.lower()]
        case int() | float():
            return _number(said, key.path)
        case tuple():
            return tuple(re.findall(r"[^\s,;\[\]\"–-]+", said))
        case _:
            return said.lower()


def _number(said: str, path: str) -> int | float:
    try:
        number = float(said.removesuffix("%").replace(",", "."))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise Invalid(f"{said!r} is no number", pointer=path)
    number = number / 100 if said.endswith("%") else number
    return int(number) if number == int(number) else number


def edited(text: str, path: str, value: Any) -> str:
    """The file with one key changed or added; everything else stays as it is written."""
    document = tomlkit.parse(text)
    place: Any = document
    *tables, name = ("policy", *path.split("."))
    for part in tables:
        if part not in place:
            inline = isinstance(place, InlineTable)
            place[part] = tomlkit.inline_table() if inline else tomlkit.table()
        place = place[part]
    tail = _next(place.value.body) if isinstance(place, Table) and name not in place else []
    place[name] = list(value) if isinstance(value, tuple) else value
    if tail:
        place.value.body.extend(tail)
    return tomlkit.dumps(document)


def _next(body: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Take out what stands below a gap after the last key: it is about the next table."""
    place = max((n + 1 for n, (key, _) in enumerate(body) if key is not None), default=0)
    while place < len(body) and isinstance(body[place][1], Comment):
        place += 1
    tail, body[place:] = body[place:], []
    return tail
