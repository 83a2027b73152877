"""What is answered to a command, in words and without the shape of any one chat."""

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """A change that waits for a yes: the command to carry out, and what it was proposed for."""

    line: str
    label: str
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer: a title, paragraphs, pairs of a label and its value, small print.

    `links`: pages to open, by their label. `confirm`: what a button carries out.
    """

    title: str = ""
    lines: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    after: tuple[str, ...] = ()
    small: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    confirm: Confirm | None = None

    @property
    def text(self) -> str:
        """All of it as plain lines: what notifications and screen readers say."""
        pairs = (f"{label}: {value}" for label, value in self.pairs)
        shown = (self.title, *self.lines, *pairs, *self.after, *self.small)
        return "\n".join(line for line in shown if line)


def with_lines(said: Said, more: Sequence[str]) -> Said:
    """The same with further paragraphs."""
    return replace(said, lines=(*said.lines, *more))
