"""What stands in the way of serving, in words."""

import logging
from contextlib import suppress

from engine.errors import NotFound, Unavailable
from service import pause
from service.context import Context
from service.writer import writer_of
from store.migrations import pending
from templates import paused

log = logging.getLogger(__name__)


def notes(context: Context) -> list[str]:
    """What stands in nobody's way and should be looked at all the same."""
    if context.intake is not None and (found := _of_database(context)):
        return [f"usage is taken in and waits: {problem}" for problem in found]
    with suppress(Unavailable):  # It went away between two questions: the next answer says so.
        return [paused.note("en")] if pause.in_force(context) else []
    return []


def problems(context: Context) -> list[str]:
    """Everything that is wrong now; empty: ready.

    With servers in front of the database usage is taken in without it, so it may be away.
    """
    if context.intake is None:
        return _of_database(context)
    trouble = context.intake.problem()
    return [trouble] if trouble else []


def _of_database(context: Context) -> list[str]:
    try:
        if pending(context.database):
            return ["the tables are older than this version: run `segue migrate`"]
        context.policy()
    except NotFound as error:
        return [str(error)]
    except Exception as error:  # whatever a database's driver raises
        log.warning("not ready: %s", error)
        return ["the database does not answer"]
    trouble = writer_of(context.database).storing.problem(context.database, context.clock.now)
    return [trouble] if trouble else []
