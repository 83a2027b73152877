"""The lines of ALERTS and of D: what was said, and every daily decision with its reasons."""

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.record import Raised, Spell
from engine.snapshot import AccountFacts

_LONGEST = 200


def evidence(raised: Raised) -> str:
    """The main evidence of an alert as short text."""
    pieces = [f"{label} {value}" for label, value in raised.candidate.evidence]
    text = ", ".join(pieces) or str(raised.moment)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def alert(account: AccountFacts, raised: Raised) -> str:
    """One line of ALERTS."""
    return _line(
        {
            "account": account.id,
            "meter": raised.candidate.key.meter,
            "at": _stamp(raised.at, account),
            "class": raised.alert_class,
            "moment": raised.moment,
            "p": _rounded(raised.candidate.p),
            "reason": evidence(raised),
        }
    )


def decision(account: AccountFacts, spell: Spell) -> str:
    """One line of D; days in a row that say the same are one line with `until`."""
    until = {"until": _stamp(spell.until, account)} if spell.until > spell.at else {}
    return _line(
        {
            "account": account.id,
            "at": _stamp(spell.at, account),
            **until,
            "outcome": spell.outcome,
            "meter": spell.meter,
            "moment": spell.moment,
            "stage": spell.stage,
            "p": _rounded(spell.p),
            "reason": spell.reasons[0] if spell.reasons else None,
            "reasons": list(spell.reasons),
        }
    )


def _stamp(at: datetime, account: AccountFacts) -> str:
    """An instant on the account's own clock, with its offset."""
    return at.astimezone(ZoneInfo(account.time_zone)).isoformat()


def _rounded(p: float | None) -> float | None:
    return None if p is None else round(p, 4)


def _line(fields: dict[str, Any]) -> str:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")) + "\n"
