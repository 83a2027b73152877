"""Messages that somebody wrote into a file: plain text, TOML or JSONL."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from engine.alert import AlertClass
from engine.errors import Invalid
from engine.usage import AtLimit
from templates.facts import CitedFact, Fact, FactKind
from templates.lint import Piece, Problem, judge
from templates.lint.shipped import Linted
from templates.message import Audience
from templates.pack import pack

KINDS = {
    "used": FactKind.VALUE,
    "last": FactKind.VALUE,
    "milestone": FactKind.VALUE,
    "limit": FactKind.LIMIT,
    "next_limit": FactKind.LIMIT,
    "forecast": FactKind.FORECAST,
    "price": FactKind.PRICE,
    "next_price": FactKind.PRICE,
    "overage": FactKind.PRICE,
    "since": FactKind.DATE,
    "last_when": FactKind.DATE,
    "period_end": FactKind.DATE,
    "renewal": FactKind.DATE,
    "people": FactKind.COUNT,
    "value_days": FactKind.COUNT,
}
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Written(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One message of a file. `facts`: the numbers it may say; without them none is held against it.

    `names` are words that are not ours, `people` those an approver's text may not name, `labels`
    what its declining controls say. `expect`: the rule it is there to trip, in a set of examples.
    """

    body: str
    title: str | None = None
    audience: Audience = Audience.CHAMPION
    alert_class: AlertClass = msgspec.field(name="class", default=AlertClass.ASK)
    at_limit: AtLimit | None = None
    can_buy: bool = False
    facts: dict[str, str] | None = None
    plan: str = ""
    next_plan: str = ""
    names: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    expect: str = ""


def messages(path: Path) -> Iterator[tuple[int, Written]]:
    """The messages of a file, each with its number, from one on.

    Raises:
        Invalid: the file is not what its name says, or holds a message with unknown fields.
    """
    try:
        found = list(_read(path))
    except (UnicodeDecodeError, json.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        raise Invalid(f"{path} can't be read as {path.suffix or 'text'}: {error}") from None
    for number, values in enumerate(found, 1):
        try:
            yield number, msgspec.convert(values, Written)
        except msgspec.ValidationError as error:
            raise Invalid(f"{path}, message {number}: {error}") from None


def linted(path: Path, locale: str) -> Iterator[Linted]:
    """Every message of a file with its breaches; one that is there to trip a rule has to."""
    for number, written in messages(path):
        found = check_written(written, locale)
        if written.expect and any(problem.code == written.expect for problem in found):
            found = ()
        elif written.expect:
            missed = Problem(written.expect, written.body, "it was expected to break this rule")
            found = (missed,)
        yield Linted(where=f"{path}:{number}", audience=written.audience, problems=found)


def check_written(written: Written, locale: str) -> tuple[Problem, ...]:
    """Every breach in a written message, as far as what it says of itself allows to tell."""
    return judge(piece_of(written, locale), labels=written.labels)


def piece_of(written: Written, locale: str) -> Piece:
    """What the rules look at, with the facts that the message names."""
    text = f"{written.title or ''}\n{written.body}"
    facts = None if written.facts is None else {k: _fact(k, v) for k, v in written.facts.items()}
    decides = written.can_buy or written.audience in (Audience.MANAGER, Audience.FINANCE)
    return Piece(
        words=pack(locale),
        title=written.title,
        body=written.body,
        alert_class=written.alert_class,
        audience=written.audience,
        at_limit=written.at_limit,
        # Where nothing is known of the reader, a price is not held against the text.
        priced=written.alert_class is AlertClass.ASK and (decides or facts is None),
        facts=facts,
        cited=tuple(f.cited for f in (facts or {}).values() if f.cited.value in text),
        names=frozenset(written.names),
        plan=frozenset({written.plan} - {""}),
        next_plan=frozenset({written.next_plan} - {""}),
        people=written.people,
    )


def _fact(name: str, value: str) -> Fact:
    cited = CitedFact(id=f"message.{name}", label=name, value=value, as_of=_NEVER)
    return Fact(KINDS.get(name, FactKind.COUNT), cited)


def _read(path: Path) -> Iterator[Mapping[str, Any]]:
    text = path.read_text("utf-8")
    match path.suffix:
        case ".toml":
            tables = tomllib.loads(text)
            yield from (tables.get("defaults", {}) | table for table in tables.get("message", []))
        case ".jsonl":
            yield from (json.loads(line) for line in text.splitlines() if line.strip())
        case _:
            yield from (_paragraph(part) for part in re.split(r"\n\s*\n", text) if part.strip())


def _paragraph(text: str) -> dict[str, str]:
    """A paragraph is a body; a line of three dashes divides a title from it."""
    title, dashes, body = text.partition("\n---\n")
    if not dashes:
        return {"body": text.strip()}
    return {"title": title.strip(), "body": body.strip()}
