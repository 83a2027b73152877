"""A small scorer with the doors of the timing benchmark's, for tests: limits are a fixed 1,000."""

import csv
import gzip
import json
from collections import defaultdict
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np

DAY = 86400
WINDOW, GRACE, USEFUL = 30 * DAY, 2 * DAY, 3 * DAY
LIMIT = 1000


def load(path):
    events = defaultdict(list)
    with gzip.open(path, "rt", newline="") as file:
        for row in csv.DictReader(file):
            at = datetime.fromisoformat(row["timestamp"]).timestamp()
            events[row["entity"]].append((at, float(row["value"])))
    return {
        name: tuple(map(np.array, zip(*sorted(of), strict=True))) for name, of in events.items()
    }


def plan(data):
    return dict.fromkeys(data, LIMIT)


def _month(at):
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m")


def _crossings(times, values, limit):
    used, crossed = defaultdict(float), {}
    for at, value in zip(times.tolist(), values.tolist(), strict=True):
        used[_month(at)] += value
        if used[_month(at)] > limit:
            crossed.setdefault(_month(at), at)
    return list(used), crossed


def truth(data, plans):
    found = {}
    for name, (times, values) in data.items():
        months, crossed = _crossings(times, values, plans[name])
        pairs = pairwise(months)
        grown = next((crossed[one] for one, two in pairs if {one, two} <= crossed.keys()), None)
        found[name] = {
            "outgrow": grown,
            "open": [],
            "experimenter": grown is None and len(times) < 5,
            "watch": (times[0], times[-1] if grown is None else grown + GRACE),
        }
    return found


def score(data, alerts, plans=None):
    facts = truth(data, plans or plan(data))
    count, hits, useful, bothered, credit = 0, 0, 0, set(), 0.0
    seen = set()
    for name, at in sorted(alerts, key=lambda alert: alert[1]):
        grown, (first, stop) = facts[name]["outgrow"], facts[name]["watch"]
        if not first <= at <= stop:
            continue
        count += 1
        bothered |= {name} if facts[name]["experimenter"] else set()
        if grown is not None and at >= grown - WINDOW and name not in seen:
            seen.add(name)
            hits, useful = hits + 1, useful + (grown - at >= USEFUL)
            credit += 1.0 if grown - at >= USEFUL else 0.5
    events = sum(one["outgrow"] is not None for one in facts.values())
    tried = sum(one["experimenter"] for one in facts.values())
    precision, recall = (credit / n if n else 0.0 for n in (count, events))
    below = 0.25 * precision + recall
    return {
        "accounts": len(data),
        "outgrow_events": events,
        "experimenters": tried,
        "alerts": count,
        "score": round(125 * precision * recall / below, 1) if below else 0.0,
        "useful_lead_share": round(useful / events, 3) if events else None,
        "alerts_per_100_account_months": round(100 * count / len(data), 2),
        "bothered_experimenters": round(len(bothered) / tried, 4) if tried else None,
    }


def read_alerts(path):
    with Path(path).open() as file:
        rows = list(map(json.loads, file))
    return [(row["account"], datetime.fromisoformat(row["at"]).timestamp()) for row in rows]


def table(rows):
    return "\n".join(
        f"| {name} | {found['score']} | {found['alerts']} |" for name, found in rows.items()
    )
