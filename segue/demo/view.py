"""What the demo page is told: one JSON document about the story and the selected account."""

from datetime import datetime
from typing import Any

from engine.alert import AlertClass, Reason
from engine.decision import Stage
from segue.demo import captions, world
from segue.demo.live import Live
from segue.demo.outbox import messages, modal
from segue.demo.sight import Sight, see
from segue.demo.story import Note
from segue.demo.timeline import timeline
from segue.demo.world import PLAYERS, Player
from service import wording
from templates.labels import overlay_name, stage_name

_NOTES = 60


def state(live: Live, selected: str) -> dict[str, Any]:
    """The page's state with one account in full."""
    context, now = live.context, live.clock.now()
    sights = {p.id: see(context, p) for p in PLAYERS}
    player = world.player(selected)
    sight = sights[player.id]
    return {
        "now": now.isoformat(),
        "start": world.START.isoformat(),
        "end": world.END.isoformat(),
        "share": _share(now),
        "pace": _pace(live),
        "notes": [_note(n) for n in live.story.notes[-_NOTES:]],
        "chapters": _chapters(live.story.chapters),
        "accounts": [_card(p, sights[p.id]) for p in PLAYERS],
        "selected": _account(player),
        "timeline": timeline(context, sight) if sight else None,
        "messages": messages(live, player),
        "modal": modal(live, player),
        "counts": {p.id: len(messages(live, p)) for p in PLAYERS},
    }


def _share(now: datetime) -> float:
    whole = (world.END - world.START).total_seconds()
    return round(min(1.0, (now - world.START).total_seconds() / whole), 4)


def _pace(live: Live) -> dict[str, Any]:
    pace = live.pace
    assert pace is not None
    held = pace.held
    return {
        "speed": pace.speed,
        "paused": pace.paused,
        "done": pace.done,
        "held": held and {"account": held.account, "note": held.note, "left": held.left},
    }


def _note(note: Note) -> dict[str, Any]:
    return {
        "id": note.id,
        "at": note.at.isoformat(),
        "account": note.account,
        "kind": note.kind,
        "text": note.text,
        "held": note.held,
    }


def _chapters(begun: dict[str, datetime]) -> list[dict[str, Any]]:
    return [
        {"key": key, "name": name, "at": begun[key].isoformat() if key in begun else None}
        for key, name in captions.chapters().items()
    ]


def _card(player: Player, sight: Sight | None) -> dict[str, Any]:
    card: dict[str, Any] = {"id": player.id, "name": player.name}
    if sight is None or sight.meter.limit is None:
        return card | {"here": False}
    decision, open_now = sight.decision, _open(sight)
    return card | {
        "here": True,
        "used": float(sight.meter.used),
        "limit": float(sight.meter.limit),
        "stage": decision.stage.stage if decision else "experimenting",
        "stage_name": _stage_name(sight),
        "speaking": open_now,
        "line": _line(sight),
    }


def _open(sight: Sight) -> str | None:
    """The class of the alert that is open, an ask before the others."""
    classes = {r.alert.key.alert_class for r in sight.raised if r.alert.closed_at is None}
    order = (AlertClass.ASK, AlertClass.NOTICE, AlertClass.REFLECTION)
    return next((c for c in order if c in classes), None)


def _stage_name(sight: Sight) -> str:
    decision = sight.decision
    if decision is None:
        return stage_name(Stage.EXPERIMENTING, "en")
    view = decision.stage
    return overlay_name("dormant", "en") if view.dormant else stage_name(view.stage, "en")


def _line(sight: Sight) -> str:
    """The latest decision in a few words."""
    decision = sight.decision
    if decision is None:
        return ""
    if not decision.reasons:
        return wording.outcome(decision, "en")
    plain = [Reason(code=r.code) for r in decision.reasons[:1]]
    return wording.silence(plain, "en", for_admin=True, today=sight.today)


def _account(player: Player) -> dict[str, Any]:
    return {
        "id": player.id,
        "name": player.name,
        "people": [
            {"id": a.id, "name": a.name, "title": a.title, "role": a.role, "slack": a.slack}
            for a in player.people
        ],
    }
