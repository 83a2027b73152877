"""The narrator: notices what is new about each account and says it in a sentence."""

from dataclasses import dataclass, field
from datetime import datetime

from engine.alert import AlertClass, Reason, ReasonCode
from engine.decision import Stage
from engine.story import Range
from segue.demo import captions
from segue.demo.sight import Raised, Sight, see
from segue.demo.spikes import spike
from segue.demo.world import HERO, Player
from service import frozen, wording
from service.context import Context
from store.outbox import DeliveryState

_CHAPTERS = {
    "signed_up": "experimenting",
    "learning": "learning",
    "adopted": "committed",
    "ask": "asked",
    "ask_plain": "asked",
    "forwarded": "forwarded",
}
_ORDER = (Stage.EXPERIMENTING, Stage.LEARNING, Stage.ADOPTED, Stage.EMBEDDED)
_SPOKEN = (ReasonCode.ASK_SPACING, ReasonCode.DUPLICATE)
_TERMS = {"manager": "a manager's", "finance": "a finance lead's"}
ASKS = frozenset(("ask", "ask_plain"))
LOUD = ASKS | {"notice", "reflection"}
"""What makes the demo slow down: Segue has spoken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something worth saying; `held`: the reason, where it is about a silence."""

    id: int
    at: datetime
    account: str
    kind: str
    text: str
    held: str = ""


@dataclass(slots=True)
class _Memory:
    """What was said about one account already."""

    stage: Stage | None = None
    dormant: bool = False
    said: set[tuple[str, ...]] = field(default_factory=set)


class Story:
    """All notes so far, newest last, and when each chapter began."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._memories: dict[str, _Memory] = {}
        self.notes: list[Note] = []
        self.chapters: dict[str, datetime] = {}

    def look(self, player: Player) -> None:
        """Note what is new about an account since the last look."""
        sight = see(self._context, player)
        if sight is None:
            return
        memory = self._memories.setdefault(player.id, _Memory())
        self._stage(sight, memory)
        for blocker in sight.facts.blockers:
            kind = "ticket_closed" if blocker.closed else "ticket_opened"
            self._once(memory, sight, (blocker.id, kind), kind)
        self._crossing(sight, memory)
        for raised in reversed(sight.raised):
            self._alert(sight, memory, raised)
        self._held(sight, memory)
        self._month_over(sight, memory)
        for day, values in spike(sight.meter, sight.today):
            self._once(memory, sight, ("spike", day), "spike", **values)

    def tell(self, player: Player, kind: str, **values: str) -> None:
        """Something the vendor did, not Segue."""
        self._add(self._context.clock.now(), player, kind, captions.note, kind, **values)

    def _stage(self, sight: Sight, memory: _Memory) -> None:
        decision, limit = sight.decision, captions.number(sight.meter.limit or 0)
        self._once(memory, sight, ("signed_up",), "signed_up", limit=limit)
        if decision is None:
            return
        view = decision.stage
        known = memory.stage or Stage.EXPERIMENTING
        if view.stage is not known and (
            _ORDER.index(view.stage) > _ORDER.index(known) or view.stage is Stage.EXPERIMENTING
        ):
            self._once(memory, sight, (view.stage,), view.stage)
        memory.stage = view.stage
        if view.dormant and not memory.dormant:
            self._once(memory, sight, ("dormant", str(sight.today)), "dormant")
        memory.dormant = view.dormant

    def _alert(self, sight: Sight, memory: _Memory, raised: Raised) -> None:
        alert = raised.alert
        told, champion = frozen.story(alert.story), sight.player.champion.name
        match alert.key.alert_class:
            case AlertClass.ASK:
                ahead = told.main.forecast
                kind = "ask" if ahead else "ask_plain"
                values = {"forecast": _around(ahead)}
            case AlertClass.NOTICE:
                kind = "notice"
                values = {
                    "used": captions.number(told.main.used),
                    "limit": captions.number(told.main.limit or 0),
                }
            case AlertClass.REFLECTION:
                heard = bool(raised.deliveries or alert.audience)
                kind, values = "reflection" if heard else "reflection_unheard", {}
        self._once(memory, sight, (alert.id,), kind, **values)
        sent_as = {AlertClass.ASK: "summary", AlertClass.NOTICE: "notice_sent"}
        for delivery in raised.deliveries:
            key = (delivery.id, delivery.state)
            pushed = delivery.kind in ("summary", "notice")
            if pushed and delivery.state is DeliveryState.SENT:
                said = sent_as.get(alert.key.alert_class, "reflection_sent")
                self._once(memory, sight, key, said, person=champion)
            elif pushed and delivery.state is DeliveryState.DUE and delivery.reason:
                self._once(memory, sight, key, "deferred", person=champion)
        self._answers(sight, memory, raised)

    def _answers(self, sight: Sight, memory: _Memory, raised: Raised) -> None:
        person = sight.player.champion.name
        names = {p.id: p.name or p.id for p in sight.facts.people}
        for passed in raised.forwards:
            values = {"person": names.get(passed.champion, passed.champion),
                      "to": names.get(passed.to, passed.to)}  # fmt: skip
            kind = {"waiting": "forwarding", "sent": "forwarded", "undone": "undone"}
            said = kind.get(passed.state)
            if said:
                by = {"email": "e-mail", "slack": "Slack"}.get(passed.channel, passed.channel)
                key = (passed.id, passed.state)
                terms = _TERMS.get(passed.role, "their own")
                self._once(memory, sight, key, said, channel=by, terms=terms, **values)
            for given in raised.answers:
                if given.case == passed.case:
                    key = ("answer", given.id)
                    values = {**values, "person": person}
                    self._once(memory, sight, key, given.kind, **values)
        for said_back in raised.feedback:
            answered = ("snoozed", "dismissed", "muted", "useful", "not_useful")
            if said_back.kind in answered and said_back.channel != "case":
                who = names.get(said_back.person, said_back.person)
                self._once(memory, sight, (said_back.id,), str(said_back.kind), person=who)

    def _held(self, sight: Sight, memory: _Memory) -> None:
        """A moment held and nothing was said: the interesting silences, once a period each."""
        decision = sight.decision
        if decision is None:
            return
        for candidate in decision.candidates:
            if candidate.alert_class is not AlertClass.ASK or not candidate.reasons:
                continue
            reason = candidate.reasons[0]
            plain = (Reason(code=reason.code),)
            text = wording.silence(plain, "en", for_admin=True, today=sight.today)
            values = self._standing(sight)
            asked = [r.alert for r in sight.raised if r.alert.key.alert_class is AlertClass.ASK]
            if asked:
                values["asked"] = captions.day(asked[0].raised_at.astimezone(sight.zone).date())
            spoken = reason.code in _SPOKEN
            key = ("held", "spoken" if spoken else reason.code, candidate.key.period)
            if key not in memory.said:
                memory.said.add(key)
                self._add(sight.now, sight.player, "held", captions.held, reason.code,
                          held=reason.code, sentence=text, **values)  # fmt: skip
                if spoken and sight.player is HERO and "asked" in self.chapters:
                    self.chapters.setdefault("silence", sight.now)
            return

    def _month_over(self, sight: Sight, memory: _Memory) -> None:
        """A month in which something was held back ended below the limit after all."""
        if not sight.meter.closed:
            return
        last = sight.meter.closed[-1]
        held = any(k[0] == "held" and k[-1] == last.start.isoformat() for k in memory.said)
        if held and last.limit is not None and last.used < last.limit:
            self._once(memory, sight, ("month_over", last.start.isoformat()), "month_over",
                       month=f"{last.start:%B}", used=captions.number(last.used),
                       limit=captions.number(last.limit))  # fmt: skip

    def _crossing(self, sight: Sight, memory: _Memory) -> None:
        """The limit that was foreseen is met."""
        meter = sight.meter
        if meter.limit is None or meter.used < meter.limit:
            return
        for raised in sight.raised:
            told = frozen.story(raised.alert.story)
            ahead = told.main.forecast
            asks = raised.alert.key.alert_class is AlertClass.ASK
            if asks and ahead and told.main.period_start == meter.period.start:
                asked = captions.day(raised.alert.raised_at.astimezone(sight.zone).date())
                self._once(memory, sight, ("crossed", raised.alert.id), "crossed", asked=asked,
                           limit=captions.number(meter.limit), forecast=_around(ahead))  # fmt: skip

    def _standing(self, sight: Sight) -> dict[str, str]:
        meter = sight.meter
        return {
            "used": captions.number(meter.used),
            "limit": captions.number(meter.limit or 0),
            "days": str(sum(amount > 0 for amount in meter.daily)),
        }

    def _once(
        self,
        memory: _Memory,
        sight: Sight,
        key: tuple[str, ...],
        kind: str,
        **values: str,
    ) -> None:
        if key in memory.said:
            return
        memory.said.add(key)
        self._add(sight.now, sight.player, kind, captions.note, kind, **values)

    def _add(
        self,
        at: datetime,
        player: Player,
        kind: str,
        say: "captions.Say",
        name: str,
        *,
        held: str = "",
        **values: str,
    ) -> None:
        text = say(name, account=player.name, **values)
        note = Note(
            id=len(self.notes) + 1, at=at, account=player.id, kind=kind, text=text, held=held
        )
        self.notes.append(note)
        chapter = _CHAPTERS.get(kind)
        if chapter and player is HERO:
            self.chapters.setdefault(chapter, at)


def _around(ahead: Range | None) -> str:
    return captions.span(ahead.low, ahead.high) if ahead else ""
