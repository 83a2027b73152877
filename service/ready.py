"""What stands in the way of serving, in words."""

import logging

from engine.errors import NotFound
from service.context import Context
from store.migrations import pending

log = logging.getLogger(__name__)


def problems(context: Context) -> list[str]:
    """Everything that is wrong now; empty: ready."""
    try:
        if pending(context.database):
            return ["the tables are older than this version: run `segue migrate`"]
        context.policy()
    except NotFound as error:
        return [str(error)]
    except Exception as error:  # whatever a database's driver raises
        log.warning("not ready: %s", error)
        return ["the database does not answer"]
    return []
