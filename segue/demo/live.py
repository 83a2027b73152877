"""What the demo's routes share: the clock, the stand-ins and, once it runs, the story."""

from dataclasses import dataclass, field
from typing import Any

from segue.demo.clock import DemoClock
from segue.demo.doors import Doors
from segue.demo.mailbox import Mailbox
from segue.demo.pace import Pace
from segue.demo.story import Story
from segue.demo.workspace import Workspaces
from segue.settings import Settings
from service.context import Context


@dataclass(kw_only=True)
class Live:
    """Made before the server, completed when it answers."""

    clock: DemoClock
    mailbox: Mailbox
    workspaces: Workspaces
    settings: Settings
    pace: Pace | None = None
    _opened: dict[str, Any] = field(default_factory=dict)

    def open(self, context: Context, doors: Doors, story: Story) -> None:
        """The server answers: the story can begin."""
        self._opened = {"context": context, "doors": doors, "story": story}

    @property
    def context(self) -> Context:
        """Segue's context."""
        context: Context = self._opened["context"]
        return context

    @property
    def doors(self) -> Doors:
        """The ways into Segue."""
        doors: Doors = self._opened["doors"]
        return doors

    @property
    def story(self) -> Story:
        """The narrator."""
        story: Story = self._opened["story"]
        return story
