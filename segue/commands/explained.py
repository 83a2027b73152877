"""A decision as a page of the terminal: what was seen, decided and held back, and what if."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from engine.alert import Outcome, Reason, ReasonCode
from engine.decision import Balance, Decision
from engine.snapshot import Arm, Snapshot
from engine.usage import MeterUse
from segue.commands.changes import step
from segue.commands.written import amount, day, instant, piece, span
from service import detail as behind
from service.channel import DeliveryKind
from service.detail import Detail, GateAnswer, Judged, Outlook, Passed
from service.explain import Explanation
from store.digests import StoredDigest
from templates.labels import evidence_name, moment_name, overlay_name, stage_name

LINE = 80
"""Columns of the page, where the terminal has as many."""
_ENTRIES = 10
_STAGES = frozenset((ReasonCode.STAGE_EXPERIMENTING, ReasonCode.STAGE_LEARNING))
_TOLD = frozenset((DeliveryKind.SUMMARY, DeliveryKind.NOTICE, DeliveryKind.FORWARD))
"""Deliveries that said something new; cards only follow what people answer."""
_STYLES = {
    Outcome.ASK: "bold green",
    Outcome.REFLECT: "bold green",
    Outcome.NOTICE: "bold blue",
    Outcome.SILENT: "bold yellow",
    Outcome.DEFER: "bold yellow",
    Outcome.HELD_OUT: "bold yellow",
}
_CANNOT_TELL = {
    "limit_unknown": "can't tell: the limit isn't known",
    "no_limit": "none: the plan sets no limit",
    "little_used": "none: too little of the limit is used for one to matter",
    "data_thin": "can't tell: too few complete days",
    "no_method": "none: a peak or a level that resets isn't foreseen",
}


def told(detail: Detail) -> Group:
    """The whole page."""
    found = detail.explanation
    parts: list[RenderableType] = [_head(found), *_same_day(detail)]
    if found.facts is not None:
        parts += _section("Facts", _facts(detail, found.facts))
    parts += _section("Stage", _stage(found.decision))
    parts += _section("Forecast", _outlooks(detail.outlooks))
    parts += _section("Moments and gates", _judged(detail.judged))
    parts += _section("Attention", _attention(found.decision.balance, found.zone))
    for text in detail.texts:
        parts += _section(_text_title(text), _text(text, found.zone))
    parts += _section("What would change it", _what_if(detail))
    parts += _section("Replay", _replay(found))
    return Group(*parts)


def mailed(known: Sequence[StoredDigest], zone: ZoneInfo) -> Group:
    """What became of the newest digests."""
    rows = [
        (day(one.period), f"{one.person}: {_fate(one)} {instant(one.at, zone)}") for one in known
    ]
    return Group(*_section("Digests", _grid(rows)))


def _fate(digest: StoredDigest) -> str:
    return "written" if digest.reason is None else f"held back ({digest.reason}),"


def _section(title: str, body: RenderableType) -> list[RenderableType]:
    return [Text(), Text(title, "bold"), Padding(body, (0, 0, 0, 2))]


def _grid(rows: Sequence[tuple[RenderableType, RenderableType]], *, width: int = 12) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(min_width=width, style="dim")
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _head(found: Explanation) -> Group:
    stored, zone = found.stored, found.zone
    name = found.facts.account.name if found.facts else stored.account
    title = Text.assemble((name, "bold"), (f" ({stored.account})", "dim"))
    when = Text(instant(stored.at, zone))
    if stored.until is not None:
        when.append(f" to {instant(stored.until, zone)}, every time the same")
    line = Text.assemble((stored.outcome, _STYLES[found.decision.outcome]), " · ", when)
    said = [Text(found.sentence)]
    if found.customer != found.sentence:
        said.append(Text.assemble(("To people at the account: ", "dim"), found.customer))
    return Group(title, line, *said)


def _same_day(detail: Detail) -> Iterator[Text]:
    zone = detail.explanation.zone
    for other in detail.same_day:
        why = f" ({other.reason})" if other.reason else ""
        yield Text(
            f"The same day at {other.at.astimezone(zone):%H:%M}: {other.outcome}{why}", "dim"
        )


def _facts(detail: Detail, facts: Snapshot) -> Table:
    account, found = facts.account, detail.explanation
    rows: list[tuple[RenderableType, RenderableType]] = [
        ("as of", instant(found.at, found.zone)),
        ("plan", _plan(facts)),
        ("since", day(account.since) if account.since else "unknown"),
    ]
    rows += [(meter.name_other, _meter(meter)) for meter in facts.meters]
    rows += [("people", _people(facts)), ("blockers", _blockers(detail))]
    if account.renewal is not None:
        rows.append(("renewal", day(account.renewal)))
    if facts.arm is Arm.HOLDOUT:
        rows.append(("holdout", "held out: never asked"))
    if facts.paused is not None:
        rows.append(("paused", f"since {instant(facts.paused, found.zone)}, for everybody"))
    return _grid(rows)


def _plan(facts: Snapshot) -> str:
    account = facts.account
    if account.plan is None:
        return "unknown"
    following = f", next {account.next_plan}" if account.next_plan else ", no larger plan"
    seats = f", {account.seats} seats" if account.seats else ""
    return f"{account.plan}{following}{seats}"


def _meter(meter: MeterUse) -> str:
    used = amount(meter.used)
    if not meter.limit_known:
        return f"{used} used, limit unknown"
    period = "" if meter.period.end is None else f", {span(meter.period.start, meter.period.end)}"
    if meter.limit is None:
        return f"{used} used, no limit{period}"
    share = f" ({meter.used / meter.limit:.0%})" if meter.limit else ""
    vanity = "" if meter.meaningful else "; vanity"
    return f"{used} of {amount(meter.limit)}{share}{period}; at the limit {meter.at_limit}{vanity}"


def _people(facts: Snapshot) -> str:
    people = facts.people
    reachable = sum(bool(p.reachable) for p in people)
    muted = sum(p.muted for p in people)
    quiet = f", {muted} muted" if muted else ""
    known = len(facts.user_days)
    users = f"{known} with use" if known else "use carries no user ids"
    return f"{len(people)} known, {reachable} reachable by a push{quiet}; {users}"


def _blockers(detail: Detail) -> str:
    zone = detail.explanation.zone
    return (
        ", ".join(
            f"{'urgent ' if b.urgent else ''}{b.kind} {b.id} since {instant(b.opened, zone)}"
            for b in detail.blockers
        )
        or "none open"
    )


def _stage(decision: Decision) -> Group:
    view = decision.stage
    name = stage_name(view.stage, "en")
    since = f" since {day(view.since)}" if view.since else ""
    over = [o for o, on in (("dormant", view.dormant), ("outgrowing", view.outgrowing)) if on]
    overlays = "".join(f"; {overlay_name(o, 'en')}" for o in over)
    rows = [(evidence_name(key, "en"), piece(value)) for key, value in view.evidence]
    return Group(Text(f"{name}{since}{overlays}"), _grid(rows, width=30))


def _outlooks(outlooks: Sequence[Outlook]) -> Table:
    return _grid([(o.meter.name_other, _outlook(o)) for o in outlooks])


def _outlook(outlook: Outlook) -> str:
    seen = outlook.forecast
    if seen is None or not seen.known or seen.p is None:
        return _CANNOT_TELL[outlook.why_not or "data_thin"]
    raw = "" if seen.p == seen.p_raw else f" (raw {seen.p_raw:.2f})"
    if outlook.meter.limit is not None and outlook.meter.used >= outlook.meter.limit:
        return "the limit is met"
    line = f"p {seen.p:.2f}{raw} to pass the limit"
    if outlook.meter.period.end is not None:
        line += " before the period ends"
    if seen.low and seen.mid and seen.high:
        line += f", around {day(seen.mid)} ({_short_day(seen.low)} to {_short_day(seen.high)})"
    marks = [name for name, on in (("one-off", seen.one_off), ("ramp", seen.ramp)) if on]
    return line + (f"; {', '.join(marks)}" if marks else "")


def _short_day(value: date) -> str:
    return f"{value.day} {value:%b}"


def _judged(judged: Sequence[Judged]) -> RenderableType:
    if not judged:
        return Text("No moment held, so no gate was asked.")
    parts: list[RenderableType] = []
    for one in judged:
        candidate = one.candidate
        name = moment_name(candidate.moment, "en")
        title = Text.assemble(
            candidate.moment, (f" · {candidate.alert_class} · {candidate.key.meter}: {name}", "dim")
        )
        told = (f"{evidence_name(k, 'en')} {piece(v)}" for k, v in candidate.evidence)
        below: list[RenderableType] = [Text(" · ".join(told), "dim"), _gates(one.gates)]
        parts += [title, Padding(Group(*below), (0, 0, 0, 2))]
    return Group(*parts)


def _gates(gates: Sequence[GateAnswer]) -> Table:
    """In their order: runs of passed ones on one line, each failed one on its own."""
    asked = [gate for gate in gates if gate.passed is not Passed.NOT_ASKED]
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(width=1)
    table.add_column(overflow="fold")
    for failed, some in groupby(asked, key=lambda gate: gate.passed is Passed.FAILED):
        if not failed:
            table.add_row(Text("✓", "green"), Text(" ".join(g.code for g in some), "dim"))
            continue
        for gate in some:
            table.add_row(Text("✗", "red"), _failed(gate))
    return table


def _failed(gate: GateAnswer) -> Text:
    reason = gate.reason or Reason(code=gate.code)
    told = () if gate.code in _STAGES else reason.evidence  # The stage has its own section.
    pieces = [f"{evidence_name(key, 'en')} {piece(value)}" for key, value in told]
    if reason.until is not None:
        pieces.append(f"until {day(reason.until)}")
    return Text.assemble((gate.code, "bold red"), "  " if pieces else "", "; ".join(pieces))


def _attention(balance: Balance, zone: ZoneInfo) -> Table:
    """The ledger's newest entries, each with the balance after it."""
    rows, trust = [], 0.0
    for at, cause, change in balance.entries:
        trust = min(100.0, max(0.0, trust + change))
        rows.append((day(at.astimezone(zone).date()), cause, f"{change:+.2f}", f"{trust:.2f}"))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", min_width=12)
    table.add_column(min_width=26)
    table.add_column(justify="right", min_width=8)
    table.add_column(justify="right", min_width=8)
    if len(rows) > _ENTRIES:
        table.add_row("", f"{len(rows) - _ENTRIES} earlier entries", "", rows[-_ENTRIES - 1][3])
    for row in rows[-_ENTRIES:]:
        table.add_row(*row)
    rest = f"no ask before {instant(balance.rest_until, zone)}" if balance.rest_until else ""
    refusals = f"{balance.refusals:g} refusals; {rest}" if balance.refusals else rest
    table.add_row("in all", refusals.strip("; "), "", Text(f"{balance.trust:.2f}", "bold"))
    return table


def _text_title(text: behind.Text) -> str:
    about = f"{text.candidate.moment}, {text.candidate.alert_class}"
    return f"What was said ({about})" if text.sent else f"What would have been said ({about})"


def _text(text: behind.Text, zone: ZoneInfo) -> Group:
    who = f"{text.to.name or text.to.id}, {text.to.role}" if text.to else "the champion"
    if text.message is None:
        return Group(Text(f"There are no texts in {text.locale!r}."))
    parts = [
        Text(f"to {who}, in {text.locale}", "dim"),
        Text(text.message.title, "bold"),
        Text(text.message.body),
        Text(text.message.source_line, "dim"),
    ]
    for d in (d for d in text.deliveries if d.kind in _TOLD):
        when = f" {instant(d.sent_at, zone)}" if d.sent_at else ""
        parts.append(Text(f"{d.kind} to {d.person} over {d.channel}: {d.state}{when}", "dim"))
    if text.closed_as is not None:
        parts.append(Text(f"closed since: {text.closed_as}", "dim"))
    return Group(*parts)


def _what_if(detail: Detail) -> RenderableType:
    if not detail.what_if:
        return Text("No use of today could: it is decided anew every morning at nine.")
    rows = []
    for number, one in enumerate(detail.what_if):
        change, then, style = step(one, detail.explanation, first=number == 0)
        rows.append((Text(change), Text(f"→ {then}", style)))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(max_width=36)
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _replay(found: Explanation) -> Group:
    stored = found.stored
    if found.facts is None:
        return Group(Text("The facts of this decision were not kept: it can't be replayed."))
    what = f"The stored facts (digest {stored.digest[:12]}) and policy version"
    if found.replayed:
        return Group(Text(f"{what} {stored.policy_version} give this decision again, bit by bit."))
    lines = [Text(f"{what} {stored.policy_version} give another decision today:", "bold red")]
    for one in found.differences:
        lines.append(Text(f"{one.field}: stored {_short(one.stored)}, now {_short(one.replayed)}"))
    return Group(*lines)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= LINE else f"{text[: LINE - 1]}…"
