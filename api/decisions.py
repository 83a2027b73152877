"""What was decided about an account: decisions with reasons, alerts, and the trust ledger."""

from typing import Annotated, Any

from litestar import get
from litestar.params import FromPath, QueryParameter

from api.auth import require
from engine.errors import NotFound
from service import explain, snapshot
from service.context import Context
from service.ledger import of_account
from store import alerts, outbox

Limit = Annotated[int, QueryParameter(ge=1, le=500)]


def routes(context: Context) -> list[Any]:
    """The read routes of an account's history."""
    read = require(context, "read")

    @get(
        "/v1/accounts/{account:str}/decisions",
        summary="Decisions with every reason, newest first",
        guards=[read],
        sync_to_thread=True,
    )
    def decisions(account: FromPath[str], limit: Limit = 100) -> dict[str, Any]:
        _known(context, account)
        return {"decisions": [_decision(e) for e in explain.history(context, account, limit=limit)]}

    @get(
        "/v1/accounts/{account:str}/alerts",
        summary="Alerts with their deliveries, newest first",
        guards=[read],
        sync_to_thread=True,
    )
    def raised(account: FromPath[str], limit: Limit = 100) -> dict[str, Any]:
        _known(context, account)
        with context.database.read() as session:
            found = alerts.of_account(session, account, limit=limit)
            sent = {a.id: outbox.of_alert(session, account, a.id) for a in found}
        return {"alerts": [_alert(a, sent[a.id]) for a in found]}

    @get(
        "/v1/accounts/{account:str}/ledger",
        summary="The trust ledger: balance, refusals and every entry with its cause",
        guards=[read],
        sync_to_thread=True,
    )
    def ledger(account: FromPath[str]) -> dict[str, Any]:
        balance = of_account(context, account)
        return {
            "account": account,
            "trust": balance.trust,
            "refusals": balance.refusals,
            "entries": [
                {"at": at.isoformat(), "cause": cause, "change": change}
                for at, cause, change in balance.entries
            ],
        }

    return [decisions, raised, ledger]


def _known(context: Context, account: str) -> None:
    with context.database.read() as session:
        if snapshot.zone(session, account, context.policy()) is None:
            raise NotFound(f"there is no account {account!r}")


def _decision(found: explain.Explanation) -> dict[str, Any]:
    stored, decision = found.stored, found.decision
    return {
        "at": stored.at.isoformat(),
        "until": stored.until.isoformat() if stored.until else None,
        "outcome": stored.outcome,
        "reason": stored.reason,
        "moment": stored.moment,
        "meter": stored.meter,
        "stage": stored.stage,
        "p": stored.p,
        "sentence": found.sentence,
        "customer_sentence": found.customer,
        "reasons": stored.body["reasons"],
        "evidence": [{"label": label, "value": value} for label, value in found.lines],
        "forecasts": stored.body["forecasts"],
        "trust": decision.balance.trust,
        "next_possible": stored.body["next_possible"],
        "policy_version": stored.policy_version,
        "digest": stored.digest,
        "replayed": found.replayed,
    }


def _alert(alert: alerts.StoredAlert, sent: Any) -> dict[str, Any]:
    return {
        "id": alert.id,
        "class": alert.key.alert_class,
        "moment": alert.key.moment,
        "meter": alert.key.meter,
        "period": alert.key.period,
        "p": alert.p,
        "person": alert.person,
        "raised_at": alert.raised_at.isoformat(),
        "charged_at": alert.charged_at.isoformat() if alert.charged_at else None,
        "closed_at": alert.closed_at.isoformat() if alert.closed_at else None,
        "closed_as": alert.closed_as,
        "deliveries": [
            {
                "id": d.id,
                "kind": d.kind,
                "person": d.person,
                "channel": d.channel,
                "state": d.state,
                "attempts": d.attempts,
                "due_at": d.due_at.isoformat(),
                "sent_at": d.sent_at.isoformat() if d.sent_at else None,
                "reason": d.reason,
            }
            for d in sent
        ],
    }
