"""Whether Segue could be sharded by account: which key each statement on the hot path binds."""
