"""What a decision comes to once its words are checked: what can't be said well is not said."""

from dataclasses import dataclass, replace

from engine.alert import Outcome, Reason
from engine.decision import Candidate, Decision
from engine.snapshot import Snapshot
from engine.story import Story
from engine.tell import tell
from engine.together import in_order
from service import wording
from service.config import Applied

_PROPOSES = (Outcome.ASK, Outcome.REFLECT, Outcome.HELD_OUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An alert about to be written: its candidate and its frozen story.

    `pushed` False: another notice of the same decision is pushed, and tells of this one too.
    """

    candidate: Candidate
    story: Story
    pushed: bool = True


def conclude(
    facts: Snapshot, decision: Decision, applied: Applied
) -> tuple[Decision, tuple[Raised, ...]]:
    """The decision as it stands with its words, and what it raises."""
    raised = [
        Raised(
            candidate=notice,
            story=tell(facts, applied.catalogue, notice, decision),
            pushed=not place,
        )
        for place, notice in enumerate(in_order(facts, decision))
    ]
    if decision.chosen is not None and decision.outcome in _PROPOSES:
        story = tell(facts, applied.catalogue, decision.chosen, decision)
        problem = wording.blocked(story, facts)
        if problem is None:
            raised.append(Raised(candidate=decision.chosen, story=story))
        else:
            decision = _blocked(decision, problem)
    return decision, tuple(raised)


def _blocked(decision: Decision, problem: Reason) -> Decision:
    return replace(
        decision,
        outcome=Outcome.NOTICE if decision.notices else Outcome.SILENT,
        reason=problem.code,
        reasons=(*decision.reasons, problem),
        exposed=False,
    )
