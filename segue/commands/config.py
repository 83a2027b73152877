"""`segue config`: check, apply and show the policy file."""

import difflib
import re
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from engine.contradictions import Contradiction

app = typer.Typer(no_args_is_help=True, help="Check, apply and show the policy file.")
_QUOTED, _HELD = re.compile(r"`[^`]*`"), "\u00a0"
"""A key with its value stays on one line."""
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The policy file.")]


@app.command()
def check(
    file: File,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 where settings contradict each other.")
    ] = False,
) -> None:
    """Say what is wrong with a policy file, field by field, and what is odd; changes nothing.

    Example: `segue config check segue.toml --strict`
    """
    from service import config as policy
    from service import configure

    text = file.read_text("utf-8")
    checked, odd = policy.parse(text), configure.odd(text)
    print(f"{file} is fine: {_count(checked.meter, 'meter')}, {_count(checked.plan, 'plan')}.")
    _say(odd)
    if strict and odd:
        raise typer.Exit(1)


def _count(things: Sequence[object], name: str) -> str:
    return f"{len(things)} {name}" if len(things) == 1 else f"{len(things)} {name}s"


def _say(odd: Sequence["Contradiction"]) -> None:
    """Each contradiction in a paragraph of its own."""
    if not odd:
        return
    print("One thing is odd:" if len(odd) == 1 else f"{len(odd)} things are odd:")
    for one in odd:
        lines = textwrap.wrap(
            _QUOTED.sub(lambda found: found.group().replace(" ", _HELD), one.detail),
            width=78,
            initial_indent="- ",
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        print("\n".join(lines).replace(_HELD, " "))
    print()


@app.command()
def apply(
    file: File,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change; change nothing.")
    ] = False,
) -> None:
    """Say what is odd about a policy file, then put it in force as a new version.

    Example: `segue config apply segue.toml --dry-run`, then without.
    """
    from segue import opening, settings
    from service import configure
    from store import config as stored

    text = file.read_text("utf-8")
    _say(configure.odd(text))
    context = opening.context_of(settings.load())
    with context.database.read() as session:
        before = stored.newest(session)
    changes = list(
        difflib.unified_diff(
            (before.text if before else "").splitlines(),
            text.splitlines(),
            f"version {before.version}" if before else "nothing",
            str(file),
            lineterm="",
        )
    )
    if before is not None and not changes:
        print(f"Version {before.version} is in force already; nothing changes.")
        return
    print("\n".join(changes))
    if dry_run:
        print("Nothing was changed (--dry-run).")
        return
    version = configure.apply(context, text, by="command line")
    print(f"Version {version} is in force.")


@app.command()
def show(
    example: Annotated[
        bool, typer.Option("--example", help="The complete commented example instead.")
    ] = False,
    tunables: Annotated[
        bool,
        typer.Option("--policy", help="Every tunable in force and what it means instead."),
    ] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="The file's JSON Schema, for your editor.")
    ] = False,
) -> None:
    """Print the policy file in force.

    Example: `segue config show --policy`, or `segue config show --example > segue.toml`
    """
    from segue import opening, settings

    if example:
        from segue.generated import example_text

        print(example_text(), end="")
        return
    if schema:
        from segue.generated import schema_text

        print(schema_text(), end="")
        return
    applied = opening.context_of(settings.load()).policy()
    if tunables:
        from segue.generated import policy_text

        print(policy_text(applied.policy), end="")
        return
    print(applied.text, end="")
