"""Where a message is: workspace, room, time stamp, and the thread it was posted into."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Place:
    """A message as `TEAM/ROOM/TS`, or `TEAM/ROOM/TS/THREAD` where it is a reply."""

    team: str
    room: str
    ts: str
    root: str | None = None

    @classmethod
    def read(cls, reference: str) -> Self:
        """The place that a delivery's reference names."""
        team, room, ts, *root = reference.split("/")
        return cls(team, room, ts, root[0] if root else None)

    @property
    def thread(self) -> str:
        """The message that the thread hangs from."""
        return self.root or self.ts

    def __str__(self) -> str:
        return "/".join(filter(None, (self.team, self.room, self.ts, self.root)))
