"""What stands in the way of serving, in words."""

import logging

from engine.errors import NotFound, Unavailable
from service import pause
from service.context import Context
from service.writer import writer_of
from store.migrations import pending
from templates import paused

log = logging.getLogger(__name__)
_AWAY = "the database does not answer"


def examined(context: Context) -> tuple[list[str], list[str]]:
    """What stands in the way of serving; and, where nothing does, what should be looked at."""
    wrong = problems(context)
    if wrong:
        return wrong, []
    if context.intake is not None and (found := _of_database(context)):
        return [], [f"usage is taken in and waits: {problem}" for problem in found]
    try:
        return [], [paused.note("en")] if pause.in_force(context) else []
    except Unavailable:  # It went away in between.
        return ([_AWAY], []) if context.intake is None else ([], [_AWAY])


def problems(context: Context) -> list[str]:
    """Everything that is wrong now; empty: ready.

    With servers in front of the database usage is taken in without it, so it may be away.
    """
    if context.intake is None:
        return _of_database(context)
    trouble = context.intake.problem(context.clock.now)
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
        return [_AWAY]
    trouble = writer_of(context.database).problem(context.clock.now)
    return [trouble] if trouble else []
