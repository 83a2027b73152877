"""What was decided about an account: decisions with reasons, alerts, and the trust ledger."""

from dataclasses import asdict
from typing import Annotated, Any

from litestar import get
from litestar.params import FromPath, QueryParameter

from api.described import keyed
from api.shapes import AccountLedger, Alerts
from engine.errors import NotFound
from service import chain, detail, explain, snapshot
from service.context import Context
from service.decision_shape import Decisions
from service.ledger import of_account
from service.shown import shown
from store import alerts, outbox
from store.forwards import StoredForward

Limit = Annotated[int, QueryParameter(ge=1, le=500)]
On = Annotated[
    str | None,
    QueryParameter(
        description=(
            "The one decision in force then, with `detail`: a day like 2026-06-12 of the "
            "account's own time, or an instant like 2026-06-12T09:00:00Z."
        )
    ),
]
Everything = Annotated[
    bool,
    QueryParameter(
        name="detail",
        description="Facts, gates, ledger, texts and what would change it, of every decision.",
    ),
]


def routes(context: Context) -> list[Any]:
    """The read routes of an account's history."""

    @get(
        "/v1/accounts/{account:str}/decisions",
        summary="Decisions with every reason, newest first, and everything behind each",
        **keyed(context, "read", gives=Decisions, refuses=(404,)),
        sync_to_thread=True,
    )
    def decisions(
        account: FromPath[str],
        limit: Limit = 100,
        on: On = None,
        everything: Everything = False,
    ) -> Decisions:
        _known(context, account)
        if on is not None:
            found = detail.one(context, account, on=on)
            return Decisions(decisions=[shown(found.explanation, found)])
        return Decisions(
            decisions=[
                shown(e, detail.behind(context, e) if everything else None)
                for e in explain.history(context, account, limit=limit)
            ]
        )

    @get(
        "/v1/accounts/{account:str}/alerts",
        summary="Alerts with their deliveries and what came of them, newest first",
        **keyed(context, "read", gives=Alerts, refuses=(404,)),
        sync_to_thread=True,
    )
    def raised(account: FromPath[str], limit: Limit = 100) -> dict[str, Any]:
        _known(context, account)
        with context.database.read() as session:
            found = alerts.of_account(session, account, limit=limit)
            sent = {a.id: outbox.of_alert(session, account, a.id) for a in found}
            came = chain.of(session, account, found)
        return {"alerts": [_alert(a, sent[a.id], came[a.id]) for a in found]}

    @get(
        "/v1/accounts/{account:str}/ledger",
        summary="The trust ledger: balance, refusals and every entry with its cause",
        **keyed(context, "read", gives=AccountLedger, refuses=(404,)),
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


def _alert(alert: alerts.StoredAlert, sent: Any, came: chain.Chain) -> dict[str, Any]:
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
        "forwards": [_forward(f, came) for f in came.forwards],
        "upgrade": came.upgrade and asdict(came.upgrade),
    }


def _forward(forward: StoredForward, came: chain.Chain) -> dict[str, Any]:
    return {
        "id": forward.id,
        "case": forward.case,
        "champion": forward.champion,
        "to": forward.to,
        "channel": forward.channel,
        "state": forward.state,
        "detail": forward.detail,
        "created_at": forward.created_at,
        "answers": [
            {"id": a.id, "kind": a.kind, "at": a.at} for a in came.answers.get(forward.case, ())
        ],
    }
