"""A decision and all that is behind it as JSON values, the same for every way of asking."""

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import UNSET

from engine import decision as values
from engine import whatif
from engine.alert import Reason
from engine.usage import MeterUse
from service import decision_shape as shape
from service import detail as behind
from service.explain import Explanation


def shown(found: Explanation, detail: behind.Detail | None = None) -> shape.Decision:
    """A decision with its reasons and evidence, and with `detail` everything behind it."""
    stored = found.stored
    return shape.Decision(
        at=stored.at.isoformat(),
        until=_text(stored.until),
        outcome=stored.outcome,
        reason=stored.reason,
        moment=stored.moment,
        meter=stored.meter,
        stage=stored.stage,
        p=stored.p,
        sentence=found.sentence,
        customer_sentence=found.customer,
        reasons=stored.body["reasons"],
        evidence=_pairs(found.lines),
        forecasts=stored.body["forecasts"],
        trust=found.decision.balance.trust,
        next_possible=stored.body["next_possible"],
        policy_version=stored.policy_version,
        digest=stored.digest,
        replayed=found.replayed,
        detail=UNSET if detail is None else _detail(detail),
    )


def _detail(detail: behind.Detail) -> shape.Detail:
    found, decision = detail.explanation, detail.explanation.decision
    return shape.Detail(
        account=found.stored.account,
        as_of=found.at.isoformat(),
        facts=_facts(detail),
        stage=shape.Stage(
            stage=decision.stage.stage,
            since=_text(decision.stage.since),
            dormant=decision.stage.dormant,
            outgrowing=decision.stage.outgrowing,
            evidence=_pairs(decision.stage.evidence),
        ),
        outlooks=[_outlook(o) for o in detail.outlooks],
        moments=[_judged(j) for j in detail.judged],
        ledger=_ledger(decision.balance),
        texts=[_said(t) for t in detail.texts],
        what_if=[_what_if(w) for w in detail.what_if],
        replay=_replay(found),
        same_day=[
            shape.Other(
                at=d.at.isoformat(),
                until=_text(d.until),
                outcome=d.outcome,
                reason=d.reason,
                moment=d.moment,
            )
            for d in detail.same_day
        ],
    )


def _facts(detail: behind.Detail) -> shape.Facts | None:
    facts = detail.explanation.facts
    if facts is None:
        return None
    account, people = facts.account, facts.people
    return shape.Facts(
        name=account.name,
        plan=account.plan,
        next_plan=account.next_plan,
        seats=account.seats,
        since=_text(account.since),
        renewal=_text(account.renewal),
        time_zone=account.time_zone,
        people=shape.People(
            known=len(people),
            reachable=sum(bool(p.reachable) for p in people),
            muted=sum(p.muted for p in people),
            with_use=len(facts.user_days),
        ),
        arm=facts.arm,
        widget=facts.widget_on,
        last_report=_text(facts.last_report),
        meters=[_meter(m) for m in facts.meters],
        blockers=[
            shape.Open(id=b.id, kind=b.kind, urgent=b.urgent, opened=b.opened.isoformat())
            for b in detail.blockers
        ],
    )


def _meter(meter: MeterUse) -> shape.Meter:
    resets = meter.period.end is not None
    return shape.Meter(
        key=meter.key,
        name=meter.name_other,
        meaningful=meter.meaningful,
        used=str(meter.used),
        limit=None if meter.limit is None else str(meter.limit),
        limit_known=meter.limit_known,
        share=float(meter.used / meter.limit) if meter.limit else None,
        at_limit=meter.at_limit,
        period=shape.Span(
            start=meter.period.start.isoformat() if resets else None, end=_text(meter.period.end)
        ),
    )


def _outlook(outlook: behind.Outlook) -> shape.Outlook:
    seen = outlook.forecast if outlook.forecast and outlook.forecast.known else None
    return shape.Outlook(
        meter=outlook.meter.key,
        p=seen.p if seen else None,
        low=_text(seen.low) if seen else None,
        mid=_text(seen.mid) if seen else None,
        high=_text(seen.high) if seen else None,
        cannot_tell=outlook.why_not,
    )


def _judged(judged: behind.Judged) -> shape.Judged:
    candidate = judged.candidate
    return shape.Judged(
        moment=candidate.moment,
        alert_class=candidate.alert_class,
        meter=candidate.key.meter,
        period=candidate.key.period,
        p=candidate.p,
        evidence=_pairs(candidate.evidence),
        gates=[
            shape.Gate(
                code=gate.code,
                answer=gate.passed,
                evidence=_pairs(gate.reason.evidence if gate.reason else ()),
                until=_text(gate.reason.until if gate.reason else None),
            )
            for gate in judged.gates
        ],
    )


def _ledger(balance: values.Balance) -> shape.Ledger:
    return shape.Ledger(
        trust=balance.trust,
        refusals=balance.refusals,
        rest_until=_text(balance.rest_until),
        entries=[
            shape.Entry(at=at.isoformat(), cause=cause, change=change)
            for at, cause, change in balance.entries
        ],
    )


def _said(text: behind.Text) -> shape.Text:
    message, candidate = text.message, text.candidate
    return shape.Text(
        moment=candidate.moment,
        alert_class=candidate.alert_class,
        meter=candidate.key.meter,
        sent=text.sent,
        to=text.to.id if text.to else None,
        locale=text.locale,
        title=message.title if message else None,
        body=message.body if message else None,
        source=message.source_line if message else None,
        deliveries=[
            shape.Delivery(
                kind=d.kind,
                person=d.person,
                channel=d.channel,
                state=d.state,
                sent_at=_text(d.sent_at),
            )
            for d in text.deliveries
        ],
        closed_as=text.closed_as,
    )


def _what_if(step: whatif.WhatIf) -> shape.WhatIf:
    return shape.WhatIf(
        change=step.change,
        reason=step.reason,
        evidence=_pairs(step.evidence),
        on=_text(step.on),
        then=_then(step.then) if step.then else None,
    )


def _then(decision: values.Decision) -> shape.Then:
    about = decision.chosen or next(iter(decision.notices), None)
    return shape.Then(
        outcome=decision.outcome,
        moment=about.moment if about else None,
        alert_class=about.alert_class if about else None,
        meter=about.key.meter if about else None,
        reasons=[_because(r) for r in decision.reasons],
    )


def _because(reason: Reason) -> shape.Because:
    return shape.Because(
        code=reason.code, evidence=_pairs(reason.evidence), until=_text(reason.until)
    )


def _replay(found: Explanation) -> shape.Replay:
    return shape.Replay(
        same=found.replayed if found.facts is not None else None,
        digest=found.stored.digest,
        policy_version=found.stored.policy_version,
        differences=[
            shape.Difference(field=d.field, stored=d.stored, replayed=d.replayed)
            for d in found.differences
        ],
    )


def _pairs(pairs: Sequence[tuple[str, str]]) -> list[shape.Pair]:
    return [shape.Pair(label=label, value=value) for label, value in pairs]


def _text(value: date | datetime | None) -> str | None:
    return value.isoformat() if value is not None else None
