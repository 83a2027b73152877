"""`segue doctor` and `segue resume`: what is wrong or held back, and letting asks go on."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from service.context import Context
    from service.doctor import Hook


def doctor() -> None:
    """Say what is wrong and what is held back; exit 1 where something stands in the way.

    Example: `segue doctor`
    """
    from segue import opening, settings
    from segue.commands.written import day
    from segue.settings import UNHEARD
    from service.doctor import examine, stripe_named

    told = settings.load()
    context = opening.context_of(told)
    health = examine(context)
    for problem in health.problems:
        print(f"segue: {problem}", file=sys.stderr)
    if health.problems:
        raise typer.Exit(1)
    print("Suggestions are paused." if health.paused else "Nothing stands in the way.")
    for line in health.paused:
        print(f"- {line}")
    held = f"{health.held} of {health.drawn} accounts that could be asked are held out at random"
    until = f", the last until {day(health.until)}" if health.until else ""
    print(f"- {held}{until}." if health.drawn else "- No account could be asked yet.")
    if health.unmailed:
        _unmailed(health.unmailed)
    if health.hooks:
        _hooks(health.hooks)
    if not told.stripe_webhook_secrets and stripe_named(context):
        print(f"- {UNHEARD}.")
    if told.slack_is_on:
        _slack(context)
    if told.teams_is_on:
        _teams(context)
    if told.nats_url:
        _front(told.nats_url)


def _unmailed(keys: "tuple[str, ...]") -> None:
    from bot.desk import unmailed
    from bot.words import Words

    for line in unmailed(keys, Words("en")):
        print(f"- {line}")


def _hooks(hooks: "tuple[Hook, ...]") -> None:
    from bot.desk_hooks import troubles
    from bot.words import Words

    for line in troubles(hooks, Words("en"), "UTC"):
        print(f"- {line}")


def _slack(context: "Context") -> None:
    from bot.slack.doctor import troubles
    from bot.words import Words

    for line in troubles(context) or [Words("en").say("doctor_well")]:
        print(f"- {line}")


def _teams(context: "Context") -> None:
    from bot.teams.doctor import troubles, where
    from bot.words import TEAMS, Words

    for line in where(context):
        print(f"- {line}")
    for line in troubles(context) or [Words("en", TEAMS).say("doctor_well")]:
        print(f"- {line}")


def _front(url: str) -> None:
    from service.doctor import front

    found = front(url)
    print(f"- {found.waiting:,} parcels of usage wait to be counted.")
    if found.dead:
        print(f"- {found.dead:,} could not be counted: see `segue dead-letters list`.")
    if found.copies < 3:
        print("- Usage waits on one NATS server: with it goes what waits. Run three.")
    print(
        "- NATS acknowledges before it writes to disk, unless its servers have `sync_interval: "
        "always`:\n  without it a power cut of most of them can lose up to two minutes of usage."
    )


def resume(
    because: Annotated[
        str, typer.Option("--because", help="Why, for the audit log.", show_default=False)
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change; change nothing.")
    ] = False,
) -> None:
    """Let suggestions go on that paused themselves because they did harm.

    Example: `segue resume --dry-run`, then `segue resume --because "softer copy since Monday"`
    """
    from segue import opening, settings
    from service import pause

    context = opening.context_of(settings.load())
    found = pause.in_force(context)
    if found is None:
        print("Nothing is paused; nothing changes.")
        return
    print("Before: suggestions are paused.")
    for line in pause.told(context, found)[:-1]:
        print(f"- {line}")
    print("After: suggestions go on; accounts exposed from then on are judged anew.")
    if dry_run:
        print("Nothing was changed (--dry-run).")
        return
    pause.resume(context, by="command line", because=because)
    print("Suggestions go on.")
