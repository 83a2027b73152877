"""The baselines that go with the small scorer."""

import score as rules


def _at(share):
    def policy(times, values, limit, end):
        used, month, out = 0.0, None, []
        for at, value in zip(times.tolist(), values.tolist(), strict=True):
            if rules._month(at) != month:
                used, month = 0.0, rules._month(at)
            if used < share * limit <= used + value:
                out.append(at)
            used += value
        return out

    return policy


POLICIES = {"fixed 80": _at(0.8), "fixed 100": _at(1.0)}


def oracle(data, plans):
    return [
        (name, max(one["watch"][0], one["outgrow"] - 10 * rules.DAY))
        for name, one in rules.truth(data, plans).items()
        if one["outgrow"] is not None
    ]
