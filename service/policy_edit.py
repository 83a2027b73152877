"""Changes one key of the policy file, as an admin would with an editor: comments stay."""

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from difflib import get_close_matches
from typing import Any

from engine.contradictions import Contradiction
from engine.errors import Conflict, Invalid, NotFound
from engine.policy import Policy
from service import config, configure
from service.context import Context

_HEADER = re.compile(r"^\s*\[([^\[\]]+)\]\s*(#.*)?$")
_ANY_HEADER = re.compile(r"^\s*\[")


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
        edited = _edited(text, key.path, _toml(new))
        if not _same_but(edited, text, key.path):
            # Where a file is written in an unusual way, nobody guesses in it.
            raise Invalid("change this key in the file itself", pointer=key.path, code="unusual")
        text, before[key.path] = edited, key.value
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


def _toml(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case tuple() | list():
            return "[" + ", ".join(_toml(v) for v in value) + "]"
        case int() | float():
            return str(value)
        case _:
            escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'


def _edited(text: str, path: str, value: str) -> str:
    """The file with one line changed or added."""
    table, _, name = f"policy.{path}".rpartition(".")
    lines = text.splitlines()
    start = next((i for i, line in enumerate(lines) if _names(line) == table), None)
    if start is None:
        gap = [""] if lines and lines[-1].strip() else []
        return "\n".join([*lines, *gap, f"[{table}]", f"{name} = {value}"]) + "\n"
    end = next((i for i in range(start + 1, len(lines)) if _ANY_HEADER.match(lines[i])), len(lines))
    assignment = re.compile(rf"^(\s*){re.escape(name)}(\s*)=(\s*)([^#]*?)(\s*#.*)?$")
    for i in range(start + 1, end):
        found = assignment.match(lines[i])
        if found:
            lines[i] = f"{found[1]}{name}{found[2]}={found[3] or ' '}{value}{found[5] or ''}"
            return "\n".join(lines) + "\n"
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    lines.insert(end, f"{name} = {value}")
    return "\n".join(lines) + "\n"


def _names(line: str) -> str | None:
    found = _HEADER.match(line)
    return found[1].replace(" ", "") if found else None


def _same_but(text: str, other: str, path: str) -> bool:
    """Whether two files say the same but for one key."""
    try:
        return _without(text, path) == _without(other, path)
    except (tomllib.TOMLDecodeError, AttributeError):
        return False


def _without(text: str, path: str) -> dict[str, Any]:
    """The file as data, without the one key."""
    data = tomllib.loads(text)
    place: Any = data.setdefault("policy", {})
    *tables, name = path.split(".")
    for table in tables:
        place = place.setdefault(table, {})
    place.pop(name, None)
    return data
