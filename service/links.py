"""Links out of Segue: case pages and chart images, by tokens that are kept only as hashes."""

from datetime import datetime, timedelta
from urllib.parse import quote

from sqlmodel import Session

from engine.snapshot import Snapshot, Staff
from service.config import Applied
from service.context import Context
from service.sealed import seal
from service.secrets import hashed
from store import alerts, forwards

SENT, LOOK = "a case that was sent", timedelta(days=60)
"""What the link for who sent a case is sealed for, and how long it works."""
SUMMARY = "a summary that was mailed"
"""What the link is sealed for by which who was mailed a summary answers it; it works as long."""
UNSUBSCRIBE, WAY_OUT = "unsubscribe", timedelta(days=400)
"""The same of the way out in an e-mail, which may lie in a mailbox for long."""


def case_token(context: Context, case: forwards.StoredCase) -> str:
    """The token of a case's link; it can be made again, but never guessed."""
    return context.secrets.token("case", case.account, case.id, case.recipient, str(case.issue))


def of_case(
    context: Context, session: Session, account: str, number: str
) -> tuple[str | None, str | None]:
    """(page, chart) links of a case, and remembers their hashes."""
    case = forwards.case(session, account, number)
    if case is None or case.revoked_at is not None:
        return None, None
    token = case_token(context, case)
    view = context.secrets.token("chart", case.account, case.id, str(case.issue))
    forwards.link(session, account, number, token_hash=hashed(token), chart_hash=hashed(view))
    return case_page(context, case), chart(context, view)


def case_page(context: Context, case: forwards.StoredCase) -> str:
    """The page of a case; it opens once `of_case` has remembered its link."""
    return f"{context.public_url}/case/{case_token(context, case)}"


def chart_of_alert(context: Context, session: Session, alert: alerts.StoredAlert) -> str:
    """The chart link of an alert, and remembers its hash."""
    view = context.secrets.token("chart", alert.account, alert.id)
    alerts.set_chart(session, alert.account, alert.id, hashed(view))
    return chart(context, view)


def chart(context: Context, view: str) -> str:
    """The address of a chart image."""
    return f"{context.public_url}/chart/{view}.png"


def sender(context: Context, account: str, case: str) -> str:
    """The page of a case for who sent it: as its recipient gets it, without the answers."""
    return f"{context.public_url}/case/sent/{seal(context, SENT, account, case, lives=LOOK)}"


def summary(context: Context, account: str, alert: str, person: str) -> str:
    """The page of an alert for the one person to whom it was mailed."""
    sealed = seal(context, SUMMARY, account, alert, person, lives=LOOK)
    return f"{context.public_url}/summary/{sealed}"


def unsubscribe(context: Context, account: str, person: str) -> str:
    """The address by which a person at an account has no more mailed to them."""
    token = seal(context, UNSUBSCRIBE, account, person, lives=WAY_OUT)
    return f"{context.public_url}/unsubscribe/{token}"


def upgrade(applied: Applied, facts: Snapshot | Staff, reference: str) -> str | None:
    """The vendor's own page for changing the plan; `reference` is public and opens nothing."""
    template, plan = applied.catalogue.product.upgrade_url, facts.account.next_plan
    if not template or not plan:
        return None
    return template.replace("{plan}", quote(plan, safe="")).replace(
        "{case}", quote(reference, safe="")
    )


def expired(case: forwards.StoredCase, now: datetime) -> bool:
    """Whether the link opens nothing any more."""
    return case.revoked_at is not None or now >= case.expires_at
