"""`segue config`: check, apply and show the policy file."""

import difflib
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Check, apply and show the policy file.")
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The policy file.")]


@app.command()
def check(file: File) -> None:
    """Say what is wrong with a policy file, field by field; changes nothing.

    Example: `segue config check segue.toml`
    """
    from service import config as policy

    checked = policy.parse(file.read_text("utf-8"))
    print(f"{file} is fine: {len(checked.meter)} meters, {len(checked.plan)} plans.")


@app.command()
def apply(
    file: File,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change; change nothing.")
    ] = False,
) -> None:
    """Put a policy file in force as a new version.

    Example: `segue config apply segue.toml --dry-run`, then without.
    """
    from segue import opening, settings
    from service import config as policy
    from service import configure
    from store import config as stored

    text = file.read_text("utf-8")
    policy.parse(text)
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
    schema: Annotated[
        bool, typer.Option("--schema", help="The file's JSON Schema, for your editor.")
    ] = False,
) -> None:
    """Print the policy file in force.

    Example: `segue config show --example > segue.toml`
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
    print(opening.context_of(settings.load()).policy().text, end="")
