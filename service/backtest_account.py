"""One account's replay, read: what was said, whether it was right, and what held the rest back."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from engine.alert import AlertClass, Outcome, ReasonCode
from engine.decision import Stage
from engine.record import Record, Spell
from service.backtest_lines import evidence
from service.backtest_results import AccountResult, Outgrown, Said
from service.backtest_truth import (
    AHEAD,
    DAY,
    UNKNOWN,
    Passed,
    experimenting,
    local_day,
    passed,
    verdict,
)

_SPOKE = (Outcome.ASK, Outcome.REFLECT)


def read(
    record: Record, spells: Sequence[Spell], end: datetime, since: datetime | None = None
) -> AccountResult:
    """What the replay of one account comes to."""
    limits = passed(record, end)
    said = tuple(_said(spells, limits))
    outgrown = tuple(
        one for one in _outgrown(spells, said, limits) if since is None or one.at >= since
    )
    silences, held = Counter[ReasonCode](), Counter[ReasonCode]()
    for spell in spells:
        if spell.outcome not in _SPOKE and spell.reasons:
            silences[spell.reasons[0]] += spell.days
        only = only_reason(spell)
        if only is not None:
            held[only] += spell.days
    return AccountResult(
        account=record.account.id,
        first=_first(record, spells),
        days=sum(spell.days for spell in spells),
        stage=spells[-1].stage if spells else Stage.EXPERIMENTING,
        said=said,
        outgrown=outgrown,
        experimenting=not outgrown and experimenting(record, end),
        moments=sum(max(spell.days, 1) for spell in spells if due(spell)),
        silences=silences,
        held=held,
    )


def due(spell: Spell) -> bool:
    """Whether any moment held."""
    return bool(spell.raised or (spell.decision and spell.decision.candidates))


def only_reason(spell: Spell) -> ReasonCode | None:
    """The one reason that held an ask back, where there was no second."""
    if spell.decision is None:
        return None
    for candidate in spell.decision.candidates:
        if candidate.alert_class is AlertClass.ASK and len(candidate.reasons) == 1:
            return candidate.reasons[0].code
    return None


def began(record: Record, end: datetime) -> float:
    """When the account's use began."""
    return min((float(t.at[0]) for t in record.tracks if len(t.at)), default=end.timestamp())


def _first(record: Record, spells: Sequence[Spell]) -> date:
    """The day of the first look, or of signing up where none was taken."""
    if not spells:
        return record.account.since or date.min
    return local_day(spells[0].at.timestamp(), record.account.time_zone)


def _said(spells: Iterable[Spell], limits: dict[str, Passed]) -> Iterable[Said]:
    for spell in spells:
        for raised in spell.raised:
            asks = raised.alert_class is AlertClass.ASK
            meter = raised.candidate.key.meter
            yield Said(
                at=raised.at,
                alert_class=raised.alert_class,
                moment=raised.moment,
                meter=meter,
                p=raised.candidate.p,
                why=evidence(raised),
                verdict=verdict(limits.get(meter), raised.at) if asks else UNKNOWN,
            )


def _outgrown(
    spells: Sequence[Spell], said: Sequence[Said], limits: dict[str, Passed]
) -> Iterable[Outgrown]:
    least, most = AHEAD
    for meter, of in limits.items():
        at = of.outgrown()
        if at is None:
            continue
        leads = [
            (at - one.at.timestamp()) / DAY
            for one in said
            if one.alert_class is AlertClass.ASK and one.meter == meter
        ]
        lead = max((days for days in leads if -2 <= days <= most), default=None)
        found = Outgrown(meter=meter, at=datetime.fromtimestamp(at, UTC), lead=lead)
        if lead is None or lead < least:
            found = replace(found, reasons=why_not(spells, found.at - timedelta(least)))
        yield found


def why_not(spells: Sequence[Spell], at: datetime) -> tuple[ReasonCode, ...]:
    """The reasons of the decision that held at an instant, or of the last one before it."""
    before = [spell for spell in spells if spell.at <= at]
    # Where only a notice went out, there was nothing to propose.
    return before[-1].reasons or (ReasonCode.NO_MOMENT,) if before else ()
