"""Plain sentences for a person at an account: how usage stands, and why Segue spoke or not."""

from service import state
from service.context import Context
from service.explain import customer
from store import decisions


def usage(context: Context, *, account: str, person: str) -> list[str]:
    """One sentence per meter, as the widget's meter says it."""
    return [m["sentence"] for m in state.of(context, account, person)["meters"]]


def why(context: Context, *, account: str, person: str) -> list[str]:
    """Why there is an alert, or why there is none, in words made for the account's own people."""
    alert = state.of(context, account, person)["alert"]
    if alert is not None:
        return [alert["title"], *alert["why"]]
    with context.database.read() as session:
        latest = decisions.latest(session, account)
    locale = context.policy().catalogue.product.locale
    return [customer(latest, locale, context.clock.now().date())]
