"""Files made from the code: the complete example policy and its JSON Schema for editors.

`python -m segue.generated` writes them, `--check` fails where they are not what the code says.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from engine.policy import Policy
from service.config import json_schema, parse

ROOT = Path(__file__).parent.parent
HEAD = Path(__file__).parent / "example_head.toml"
COMMENT_AT = 40


def example_text() -> str:
    """The example policy file: a product, then every key of every table with its default."""
    text = HEAD.read_text("utf-8") + "\n" + policy_text(Policy())
    parse(re.sub(r"^#(?=\w)", "", text, flags=re.MULTILINE))
    return text


def schema_text() -> str:
    """JSON Schema of the policy file."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def files() -> dict[Path, str]:
    """Every generated file and what it must hold."""
    return {
        ROOT / "docs" / "segue.example.toml": example_text(),
        ROOT / "docs" / "segue.schema.json": schema_text(),
    }


def policy_text(policy: Policy) -> str:
    """Every tunable with its meaning; those at their default stand behind a "#"."""
    return "\n".join(_policy(policy)) + "\n"


def _policy(policy: Policy) -> Iterator[str]:
    schema, default = json_schema()["$defs"], Policy()
    tables = [f.name for f in fields(Policy) if is_dataclass(getattr(default, f.name))]
    yield "[policy]"
    yield from _lines(policy, default, schema["Policy"], skip=tables)
    for name in tables:
        table = getattr(policy, name)
        shape = schema[type(table).__name__]
        yield ""
        yield f"[policy.{name}]"
        yield f"# {shape.get('description', '').splitlines()[0]}"
        yield from _lines(table, getattr(default, name), shape)


def _lines(
    table: Any, default: Any, shape: dict[str, Any], *, skip: Sequence[str] = ()
) -> Iterator[str]:
    for key in (f.name for f in fields(table) if f.name not in skip):
        value = getattr(table, key)
        yield _line(key, value, _doc(shape, key), default=value == getattr(default, key))


def _doc(schema: dict[str, Any], key: str) -> str:
    return str(schema["properties"][key].get("description", "")).replace("\n", " ")


def _line(key: str, value: Any, comment: str, *, default: bool) -> str:
    line = f"{'#' if default else ''}{key} = {_toml(value)}"
    return f"{line:<{COMMENT_AT - 1}} # {comment}" if comment else line


def _toml(value: Any) -> str:
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value)


def main() -> int:
    """Write the files, or with `--check` say which are stale."""
    stale = [p for p, text in files().items() if not p.exists() or p.read_text("utf-8") != text]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is stale: run `make format`", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        path.write_text(files()[path], "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
