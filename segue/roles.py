"""What a node does: all of it, or one side, where PostgreSQL joins many."""

from enum import StrEnum


class Role(StrEnum):
    """`api` answers requests and holds streams; `worker` decides, sends, and leads by turns."""

    ALL = "all"
    API = "api"
    WORKER = "worker"

    @property
    def answers(self) -> bool:
        """Whether it serves the whole API; a worker says only how it is."""
        return self is not Role.WORKER

    @property
    def works(self) -> bool:
        """Whether it looks at accounts, drains the outbox and may lead."""
        return self is not Role.API
