"""Takes usage events in: what is acknowledged was checked, counted once, and is durable."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from service.checked import Checked, Names, check_all
from service.context import Context
from service.intake import Intake, Written
from service.lateness import OLDEST
from service.usage import Event, Rejection, Rules
from service.writer import writer_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of each item of a request."""

    accepted: int
    duplicates: int
    rejected: tuple[Rejection, ...]


_RECENT = 1.0
"""Seconds for which usage is checked by a policy read before."""
_NAMES = Names()


def ingest(
    context: Context,
    events: Sequence[msgspec.Raw | Event],
    *,
    imported: bool = False,
    whole: bool = False,
) -> Receipt:
    """Count usage events once each; what is in the receipt is durable.

    Imported history may be of any age, and its days never are a reason to speak. `whole`: all of
    them or none, decided where they are kept.

    Raises:
        TooMany: too much waits already.
        Unavailable: the database is in trouble, and nothing was counted.
    """
    checked = _checked(context, events, imported=imported, whole=whole)
    if not checked.rows or (whole and checked.rejections):
        return _receipt(checked, Written((), ()))
    # Imported history goes its own way: what waits in front of the database is live.
    intake = writer_of(context.database) if imported else _intake(context)
    written = intake.do(checked, checked.rules.now)
    _tell(context, checked, written)
    return _receipt(checked, written)


async def take(context: Context, events: Sequence[msgspec.Raw | Event]) -> Receipt:
    """`ingest` for an event loop: waits without a thread."""
    checked = _checked(context, events, imported=False, whole=False)
    if not checked.rows:
        return _receipt(checked, Written((), ()))
    written = await _intake(context).take(checked, checked.rules.now)
    _tell(context, checked, written)
    return _receipt(checked, written)


def _checked(
    context: Context, events: Sequence[msgspec.Raw | Event], *, imported: bool, whole: bool
) -> Checked:
    """The events checked by a policy just read, or read anew where it knows no such meter."""
    now, oldest = context.clock.now(), None if imported else OLDEST
    for age in (_RECENT, 0.0):
        # What can be kept in front of the database is taken in without it.
        policy = context.policy(within=age, lenient=context.intake is not None)
        rules = Rules(catalogue=policy.catalogue, now=now, oldest=oldest)
        checked = check_all(rules, _NAMES, events, imported=imported, whole=whole)
        if not any(rejection.code == "unknown_meter" for rejection in checked.rejections):
            break
    return checked


def _intake(context: Context) -> Intake:
    return context.intake or writer_of(context.database)


def _tell(context: Context, checked: Checked, written: Written) -> None:
    """Say whose usage changed; what waits in front of the database has changed nothing yet."""
    if context.intake is not None and not checked.imported:
        return
    kept = zip(checked.rows, written.fates, strict=True)
    changed = {row[3] for row, fate in kept if fate is True}
    if changed:
        context.signals.reported(changed, due=bool(written.due))


def _receipt(checked: Checked, written: Written) -> Receipt:
    refused = [fate for fate in written.fates if isinstance(fate, Rejection)]
    return Receipt(
        accepted=sum(fate is True for fate in written.fates),
        duplicates=sum(fate is False for fate in written.fates),
        rejected=tuple(sorted((*checked.rejections, *refused), key=lambda r: r.index)),
    )
