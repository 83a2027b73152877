"""What is not kept by account, and why: the one list of exceptions.

Where accounts are spread over shards, a table of `SHARED` is on every shard or on one of its own,
and a function of `ACROSS` is asked of each shard, or of the one that the worker serves.
"""

SHARED = {
    "configversion": "the policy file in force, the same for everybody",
    "calibration": "what all forecasts taught, the same for everybody",
    "pause": "whether asks pause, for everybody",
    "api_key": "who may report, before any account is named",
    "leader": "one line: who does the night's work",
    "seen_part": "which parts of fingerprints there are, a few lines a shard",
    "seen_count": "how many fingerprints a part holds, a line a part and writer",
    "external_id": "which account another system's name means: asked to find the account",
    "identity": "which account a Segment user belongs to: asked to find the account",
    "stripe_object": "what Stripe says of a customer, before anybody knows whose it is",
    "install": "which account a chat workspace belongs to: asked to find the account",
    "chat_admin": "who at the vendor may change things by chat",
    "room": "where an app may write: kept before anybody knows the account",
    "reject": "what was not taken may belong to no account at all",
    "audit": "what admins did, in the order in which they did it",
    "backtest": "what an admin asked for, over any accounts",
    "inbound": "what a chat sent: kept before anybody knows the account",
    "lane": "how quickly a workspace is sent to, a few lines each",
    "webhook": "where the vendor is told of events, a few lines",
    "callback": "which message of a chat was handled: known before any account is",
    "import_run": "how far a file came, with whatever accounts it holds",
}

ACROSS = {
    "due.waiting": "whether anybody is due: a worker asks its own shard",
    "due.mark_daily": "whose daily look has come: a worker marks on its own shard",
    "due.claim": "a worker takes whoever is due on its own shard",
    "outbox.next_due": "a worker asks its own shard whether anything is due",
    "outbox.claim": "a worker takes whatever is due on its own shard",
    "webhook_deliveries.waiting": "a worker asks its own shard what waits for which endpoint",
    "webhook_deliveries.claim": "a worker takes what waits on its own shard",
    "inbound.any_left": "a worker asks its own shard what was taken and not done",
    "lanes.take": "one workspace's line, by its name",
    "lanes.held": "which lines of workspaces are closed, on the shard that keeps them",
    "accounts.count": "whether there are as many accounts as a holdout needs; counts no further",
    "seen.block": "a writer reads a part once, to spare asking it ever after",
}
