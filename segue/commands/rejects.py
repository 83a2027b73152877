"""`segue rejects`: what was not taken, and why."""

from datetime import datetime
from typing import Annotated

import typer


def rejects(
    source: Annotated[
        str | None,
        typer.Option(
            help="Which way in: usage, cloudevents, segment, lago, stripe or stripe_events."
        ),
    ] = None,
    code: Annotated[str | None, typer.Option(help="One reason, like unknown_meter.")] = None,
    account: Annotated[str | None, typer.Option(help="Of one account.")] = None,
    name: Annotated[str | None, typer.Option(help="Of one meter or event.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="From this day on (UTC).")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many kinds to show.")] = 20,
) -> None:
    """Show usage that was not taken: how often, why, and the last of each kind.

    A client in a dialect is not always told; an event that no meter names is ignored on purpose.

    Example: `segue rejects`, or `segue rejects --source segment --code no_account`
    """
    from segue import opening, settings
    from service import rejects as service
    from store.rejects import Wanted

    wanted = Wanted(
        source=source, code=code, account=account, name=name, since=since.date() if since else None
    )
    found = service.listed(opening.context_of(settings.load()), wanted, limit=limit)
    if not found.counts:
        print("Everything was taken.")
        return
    for way, reason, times in found.counts:
        print(f"{times:>9,}  {way:<12} {reason}")
    print()
    for one in found.rejects:
        whose = f"  account {one.account}" if one.account else ""
        when = f"{one.last_at:%Y-%m-%d %H:%M}  {one.count:,} x"
        print(f"{when} {one.source} {one.code}: {one.name}{whose}")
        last = f" (last: {one.sample['id']})" if one.sample.get("id") else ""
        print(f"    {one.detail}{last}")
