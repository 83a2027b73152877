"""Everything Segue knows about one of the demo's accounts at an instant, read at once."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from engine.decision import Decision
from engine.snapshot import Snapshot
from engine.usage import MeterUse
from segue.demo.world import Player
from service import frozen, snapshot
from service.context import Context
from store import alerts, decisions, feedback, forwards, outbox
from store.alerts import StoredAlert
from store.feedback import StoredFeedback
from store.forwards import StoredAnswer, StoredForward
from store.outbox import StoredDelivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An alert with all that came of it."""

    alert: StoredAlert
    deliveries: tuple[StoredDelivery, ...]
    forwards: tuple[StoredForward, ...]
    answers: tuple[StoredAnswer, ...]
    feedback: tuple[StoredFeedback, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One account as it stands."""

    player: Player
    now: datetime
    facts: Snapshot
    stored: decisions.StoredDecision | None
    decision: Decision | None
    raised: tuple[Raised, ...]

    @property
    def meter(self) -> MeterUse:
        """The one meter of the demo's product."""
        return self.facts.meters[0]

    @property
    def today(self) -> date:
        """The day on the account's own clock."""
        return self.now.astimezone(self.zone).date()

    @property
    def zone(self) -> ZoneInfo:
        """The account's time zone."""
        return ZoneInfo(self.facts.account.time_zone)


def see(context: Context, player: Player) -> Sight | None:
    """One account; None before it has signed up."""
    now, applied = context.clock.now(), context.policy()
    with context.database.read() as session:
        facts = snapshot.load(context, session, player.id, now, applied)
        if facts is None:
            return None
        latest = decisions.latest(session, player.id)
        found = []
        for alert in alerts.of_account(session, player.id):
            passed = forwards.of_alert(session, player.id, alert.id)
            given = (a for f in passed for a in forwards.answers(session, player.id, f.case))
            found.append(
                Raised(
                    alert=alert,
                    deliveries=tuple(outbox.of_alert(session, player.id, alert.id)),
                    forwards=passed,
                    answers=tuple(given),
                    feedback=feedback.of_alert(session, player.id, alert.id),
                )
            )
    return Sight(
        player=player,
        now=now,
        facts=facts,
        stored=latest,
        decision=frozen.decision(latest.body) if latest else None,
        raised=tuple(found),
    )
