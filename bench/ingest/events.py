"""The usage that is sent: as a vendor's backend would, with fresh ids and skewed accounts."""

import random
from datetime import UTC, datetime, timedelta

import msgspec

ACCOUNTS = 2000
METERS = ("reports", "exports", "seats_used")
_FRESH, _AGAIN = b"@@@@@@@@@@", b"##########"
POLICY = (
    """
[product]
name = "Bench"
currency = "EUR"
time_zone = "Europe/Berlin"
"""
    + "".join(
        f"""
[[meter]]
key = "{key}"
name = {{ one = "{key}", other = "{key}" }}
"""
        for key in METERS
    )
    + """
[[plan]]
key = "team"
name = "Team"
price = "49.00"
period = "month"
limits = { reports = 1000000000 }
"""
)


class Bodies:
    """Bodies of requests, made anew for each number.

    `begin`: the time of all of them, so that the same number is the same request in every process;
    `share`: of events that were sent before, a round of templates ago (with 1 it is the caller who
    sends the same numbers again).
    """

    def __init__(self, size: int, *, begin: float, share: float = 0.0, templates: int = 64):
        self.size, self.templates = size, templates
        self._again = round(size * share) if share < 1 else 0
        self._begin = datetime.fromtimestamp(begin, UTC)
        rng = random.Random(1)
        weights = [1 / (n + 1) for n in range(ACCOUNTS)]  # Zipf: the largest send most.
        accounts = rng.choices(range(ACCOUNTS), weights, k=size * templates)
        self._bodies = [
            self._template(rng, accounts[n * size : (n + 1) * size]) for n in range(templates)
        ]

    def body(self, n: int) -> bytes:
        """The body of request `n`."""
        body = self._bodies[n % self.templates].replace(_FRESH, b"%010d" % n)
        if self._again:
            body = body.replace(_AGAIN, b"%010d" % (n - self.templates))
        return body

    def _template(self, rng: random.Random, accounts: list[int]) -> bytes:
        events: list[dict[str, object]] = []
        for place, account in enumerate(accounts):
            at = self._begin + timedelta(microseconds=rng.randrange(1_000_000))
            events.append(
                {
                    "id": f"evt_{_FRESH.decode()}_{place:03d}",
                    "account": f"acc_{account:06d}",
                    "meter": METERS[place % 3],
                    "value": rng.randrange(1, 50),
                    "user": f"user_{account % 7}_{rng.randrange(40)}",
                    "at": at.isoformat().replace("+00:00", "Z"),
                }
            )
        again = [
            {**event, "id": str(event["id"]).replace(_FRESH.decode(), _AGAIN.decode())}
            for event in events[: self._again]
        ]
        whole = [*events[: self.size - len(again)], *again]
        return msgspec.json.encode(whole if self.size > 1 else whole[0])
