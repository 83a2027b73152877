"""Where a message is: tenant, conversation and message."""

from dataclasses import dataclass
from typing import Self

LOST = "lost"
"""In the place of a message's id where the answer that named it was lost."""


@dataclass(frozen=True, slots=True)
class Place:
    """A message as `TENANT/CONVERSATION/MESSAGE`."""

    tenant: str
    room: str
    message: str

    @classmethod
    def read(cls, reference: str) -> Self:
        """The place that a delivery's reference names; one that is none names a lost message."""
        tenant, _, rest = reference.partition("/")
        room, _, message = rest.rpartition("/")
        return cls(tenant, room or LOST, message if room else LOST)

    def __str__(self) -> str:
        return f"{self.tenant}/{self.room}/{self.message}"
