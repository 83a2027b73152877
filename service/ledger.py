"""The trust ledger of an account as it stands, folded from what really happened."""

from zoneinfo import ZoneInfo

from engine import ledger
from engine.decision import Balance
from engine.errors import NotFound
from engine.history import history
from service import snapshot
from service.context import Context


def of_account(context: Context, account: str) -> Balance:
    """Balance, refusals and entries with their causes.

    Raises:
        NotFound: there is no such account.
    """
    now, applied = context.clock.now(), context.policy()
    with context.database.read() as session:
        facts = snapshot.load(context, session, account, now, applied)
    if facts is None:
        raise NotFound(f"there is no account {account!r}")
    today = now.astimezone(ZoneInfo(facts.account.time_zone)).date()
    return ledger.balance(facts, history(facts, today).value_days, applied.policy, now)
