"""Files made from the code: the complete example policy and its JSON Schema for editors.

`python -m segue.generated` writes them, `--check` fails where they are not what the code says.
"""

import json
import re
import sys
from collections.abc import Iterator
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
    text = HEAD.read_text("utf-8") + "\n" + "\n".join(_policy()) + "\n"
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


def _policy() -> Iterator[str]:
    schema = json_schema()["$defs"]
    plain = [f for f in fields(Policy) if not is_dataclass(f.type)]
    default = Policy()
    yield "[policy]"
    for item in plain:
        if not is_dataclass(getattr(default, item.name)):
            yield _line(item.name, getattr(default, item.name), _doc(schema["Policy"], item.name))
    for item in fields(Policy):
        table = getattr(default, item.name)
        if not is_dataclass(table):
            continue
        name = type(table).__name__
        yield ""
        yield f"[policy.{item.name}]"
        yield f"# {schema[name].get('description', '').splitlines()[0]}"
        for key in fields(table):
            yield _line(key.name, getattr(table, key.name), _doc(schema[name], key.name))


def _doc(schema: dict[str, Any], key: str) -> str:
    return str(schema["properties"][key].get("description", "")).replace("\n", " ")


def _line(key: str, value: Any, comment: str) -> str:
    line = f"#{key} = {_toml(value)}"
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
