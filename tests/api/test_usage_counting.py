"""What usage events add up to: each counted once, exactly, in the day and period of its time."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.api.conftest import NOON, World
from tests.backends import ALL

BACKENDS = ALL

Event = Callable[..., dict[str, Any]]


def at(text: str) -> str:
    """An instant in UTC."""
    return f"{text}Z"


class TestIdentity:
    def test_sent_again_is_a_duplicate(self, world: World, account: str, event: Event) -> None:
        one = event(value=5, at=at("2026-03-18T10:00:00"), user="u", properties={"a": 1, "b": [2]})
        assert world.post(one).json()["accepted"] == 1
        assert world.post(one).json() == {"accepted": 0, "duplicates": 1, "rejected": []}
        assert world.used(account) == 5

    @pytest.mark.parametrize(
        "same",
        [
            {"value": 5.0},
            {"at": "2026-03-18T15:30:00+05:30"},
            {"properties": {"b": [2], "a": 1.0}},
            {"correction": None},
        ],
    )
    def test_same_content_written_otherwise_is_a_duplicate(
        self, same: dict[str, Any], world: World, account: str, event: Event
    ) -> None:
        one = event(value=5, at=at("2026-03-18T10:00:00"), properties={"a": 1, "b": [2]})
        world.post(one)
        assert world.post({**one, **same}).json()["duplicates"] == 1

    @pytest.mark.parametrize(
        "other",
        [
            {"value": 6},
            {"at": "2026-03-18T10:00:01Z"},
            {"user": "somebody"},
            {"meter": "runs"},
            {"properties": {"a": 2}},
            {"correction": "why"},
            {"at": None},
            {"value": None},
        ],
    )
    def test_other_content_under_the_same_id_is_a_conflict(
        self, other: dict[str, Any], world: World, account: str, event: Event
    ) -> None:
        one = event(value=1, at=at("2026-03-18T10:00:00"), properties={"a": 1})
        world.post(one)
        answer = world.post({**one, **other}).json()
        assert [r["code"] for r in answer["rejected"]] == ["id_conflict"]
        assert world.used(account) == 1

    def test_within_one_request_too(self, world: World, account: str, event: Event) -> None:
        one = event(value=1)
        answer = world.post([one, one, {**one, "value": 2}, event(value=4)]).json()
        assert answer["accepted"] == 2
        assert answer["duplicates"] == 1
        assert [(r["index"], r["code"]) for r in answer["rejected"]] == [(2, "id_conflict")]
        assert world.used(account) == 5

    def test_an_event_without_a_time_is_the_same_later(
        self, world: World, account: str, event: Event
    ) -> None:
        one = event()
        world.post(one)
        world.clock.advance(hours=3)
        assert world.post(one).json()["duplicates"] == 1

    def test_ids_belong_to_an_account(self, world: World, account: str, event: Event) -> None:
        one = event(value=1)
        other = {**one, "account": f"{account}-b", "value": 2}
        assert world.post([one, other]).json()["accepted"] == 2

    def test_known_for_as_long_as_an_event_may_be_late(
        self, world: World, account: str, event: Event
    ) -> None:
        one = event(at=at("2026-03-18T11:59:00"))
        world.post(one)
        world.clock.advance(days=34, hours=23)
        assert world.post(one).json()["duplicates"] == 1

    def test_eight_at_once_count_each_id_once(
        self, world: World, account: str, event: Event
    ) -> None:
        events = [event(value=1, user=f"u{n % 3}") for n in range(300)]
        start, accepted = threading.Barrier(8), []

        def work(n: int) -> None:
            start.wait()
            for low in range(0, 300, 60):
                shifted = (low + n * 37) % 300
                batch = (events + events)[shifted : shifted + 100]
                accepted.append(world.post(batch).json()["accepted"])

        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # What waits in front of the database is known to be a resend only once it is counted.
        assert sum(accepted) == 300 or (world.front.drain and sum(accepted) > 300)
        assert world.used(account) == 300


class TestExactness:
    def test_ten_tenths_are_one(self, world: World, account: str, event: Event) -> None:
        world.post([event(value=0.1) for _ in range(5)])
        for _ in range(5):
            world.post(event(value=0.1))
        assert world.used(account) == 1

    def test_millionths_add_up_beside_the_largest(
        self, world: World, account: str, event: Event
    ) -> None:
        world.post([event(value=10**15), *[event(value=0.000001) for _ in range(3)]])
        answer = world.admin("GET", f"/v1/accounts/{account}/usage").text
        assert '"used":1000000000000000.000003' in answer

    def test_corrections_take_away(self, world: World, account: str, event: Event) -> None:
        world.post([event(value=3.25), event(value=-1.5, correction="billed twice")])
        assert world.used(account) == 1.75


class TestAggregations:
    def post(self, world: World, event: Event, meter: str, *values: Any) -> float | None:
        """Report values a minute apart, and say what is used."""
        start = NOON - timedelta(hours=1)
        for n, value in enumerate(values):
            moment = (start + timedelta(minutes=n)).isoformat()
            one = event(meter=meter, at=moment, **({} if value is None else {"value": value}))
            assert world.post(one).json()["accepted"] == 1
            account = one["account"]
        return world.used(account, meter)

    @pytest.mark.parametrize(
        ("meter", "values", "used"),
        [
            ("reports", (1, 2.5, None), 4.5),
            ("runs", (None, None, None), 3),
            ("peak", (3, 9, 4), 9),
            ("peak", (0.5, 0.499999), 0.5),
            ("storage", (3, 9, 4), 4),
            ("storage", (3, 0), 0),
            ("visitors", ("a", "b", "a"), 2),
            ("visitors", (7, 7.0, "7", 8), 2),
            ("seats", (5, 2), 7),
            ("devices", ("a", "b", "a"), 2),
        ],
    )
    def test_used(
        self, meter: str, values: tuple[Any, ...], used: float, world: World, event: Event
    ) -> None:
        assert self.post(world, event, meter, *values) == used

    def test_in_one_request_as_in_many(self, world: World, account: str, event: Event) -> None:
        times = [(NOON - timedelta(minutes=n)).isoformat() for n in range(3)]
        world.post(
            [
                *(
                    event(meter="peak", value=v, at=t)
                    for v, t in zip((2, 8, 3), times, strict=True)
                ),
                *(
                    event(meter="storage", value=v, at=t)
                    for v, t in zip((2, 8, 3), times, strict=True)
                ),
                *(
                    event(meter="visitors", value=v, at=t)
                    for v, t in zip("aab", times, strict=True)
                ),
            ]
        )
        assert world.used(account, "peak") == 8
        assert world.used(account, "storage") == 2, "the latest by its own time, not by arrival"
        assert world.used(account, "visitors") == 2

    def test_latest_is_by_time_of_the_event(self, world: World, account: str, event: Event) -> None:
        world.post(event(meter="storage", value=40, at=at("2026-03-18T11:00:00")))
        world.post(event(meter="storage", value=30, at=at("2026-03-18T10:00:00")))
        assert world.used(account, "storage") == 40

    def test_unique_counts_once_a_period_and_again_in_the_next(
        self, world: World, account: str, event: Event
    ) -> None:
        days = ("2026-03-02", "2026-03-10", "2026-03-17", "2026-02-20")
        for day in days:
            world.post(event(meter="visitors", value="v", at=at(f"{day}T10:00:00")))
        assert world.used(account, "visitors") == 1
        world.post(event(meter="visitors", value="w", at=at("2026-03-17T10:00:00")))
        assert world.used(account, "visitors") == 2

    def test_unique_that_never_resets_counts_once_for_good(
        self, world: World, account: str, event: Event
    ) -> None:
        for day in ("2026-02-20", "2026-03-10", "2026-03-02"):
            world.post(event(meter="devices", value="d", at=at(f"{day}T10:00:00")))
        assert world.used(account, "devices") == 1

    def test_unique_thing_from_properties(self, world: World, account: str, event: Event) -> None:
        world.post([event(meter="visitors", properties={"visitor": v}) for v in ("a", "b", "a")])
        assert world.used(account, "visitors") == 2


class TestDaysAndPeriods:
    def daily(self, world: World, account: str, meter: str = "reports") -> dict[str, float]:
        """What each day shows."""
        found = world.meter(account, meter)
        first = datetime.fromisoformat(found["first_day"])
        return {
            (first + timedelta(days=n)).date().isoformat(): amount
            for n, amount in enumerate(found["daily"])
            if amount
        }

    def test_late_events_count_in_their_own_period(
        self, world: World, account: str, event: Event
    ) -> None:
        world.post([event(value=5), event(value=7, at=at("2026-02-20T10:00:00"))])
        assert world.used(account) == 5
        assert self.daily(world, account) == {"2026-02-20": 7, "2026-03-18": 5}

    @pytest.mark.parametrize(
        ("zone", "moment", "day"),
        [
            ("Asia/Kolkata", "2026-03-17T18:29:59", "2026-03-17"),
            ("Asia/Kolkata", "2026-03-17T18:30:00", "2026-03-18"),
            ("Asia/Kathmandu", "2026-03-17T18:15:00", "2026-03-18"),
            ("Asia/Kathmandu", "2026-03-17T18:14:59", "2026-03-17"),
            ("Pacific/Kiritimati", "2026-03-17T09:59:59", "2026-03-17"),
            ("Pacific/Kiritimati", "2026-03-17T10:00:00", "2026-03-18"),
            ("Pacific/Pago_Pago", "2026-03-17T10:59:59", "2026-03-16"),
            ("America/New_York", "2026-03-08T06:59:59", "2026-03-08"),
            ("America/New_York", "2026-03-09T03:59:59", "2026-03-08"),
            ("Australia/Lord_Howe", "2026-03-17T13:00:00", "2026-03-18"),
        ],
    )
    def test_a_day_is_the_accounts_own(
        self, zone: str, moment: str, day: str, world: World, account: str, event: Event
    ) -> None:
        world.admin("PUT", f"/v1/accounts/{account}", {"time_zone": zone})
        world.post(event(at=at(moment)))
        assert self.daily(world, account) == {day: 1}

    def test_month_begins_at_the_accounts_midnight(
        self, world: World, account: str, event: Event
    ) -> None:
        world.admin("PUT", f"/v1/accounts/{account}", {"time_zone": "Pacific/Kiritimati"})
        world.post([event(value=1, at=at("2026-02-28T09:59:59"))])
        assert world.used(account) == 0
        world.post([event(value=2, at=at("2026-02-28T10:00:00"))])
        assert world.used(account) == 2

    def test_periods_follow_the_plan(self, world: World, account: str, event: Event) -> None:
        world.admin("PUT", f"/v1/accounts/{account}", {"plan": "weekly", "time_zone": "UTC"})
        world.post(
            [
                event(value=1, at=at("2026-03-15T23:59:59")),
                event(value=2, at=at("2026-03-16T00:00:00")),
            ]
        )
        found = world.meter(account)
        assert found["used"] == 2
        assert found["period"] == {"start": "2026-03-16", "end": "2026-03-23"}

    def test_unknown_account_begins_with_its_first_event(
        self, world: World, account: str, event: Event
    ) -> None:
        world.post([event(at=at("2026-03-10T23:30:00")), event(at=at("2026-03-09T10:00:00"))])
        found = world.admin("GET", f"/v1/accounts/{account}").json()
        assert found == {"since": "2026-03-09"}
        assert world.meter(account)["limit_known"] is False


class TestTotals:
    def total(
        self, world: World, event: Event, moment: str, total: float, **more: Any
    ) -> str | None:
        """Report a total; the code of its rejection, if it was rejected."""
        answer = world.post(event(total=total, at=at(moment), **more)).json()
        return answer["rejected"][0]["code"] if answer["rejected"] else None

    def test_totals_are_what_is_used(self, world: World, account: str, event: Event) -> None:
        for day, total in ((5, 100), (6, 150), (8, 150), (17, 420.5)):
            assert self.total(world, event, f"2026-03-{day:02}T10:00:00", total) is None
        assert world.used(account) == 420.5
        days = TestDaysAndPeriods().daily(world, account)
        assert days == {"2026-03-05": 100, "2026-03-06": 50, "2026-03-17": 270.5}

    def test_out_of_order_totals_fall_into_place(
        self, world: World, account: str, event: Event
    ) -> None:
        for day, total in ((17, 300), (5, 100), (9, 250)):
            assert self.total(world, event, f"2026-03-{day:02}T10:00:00", total) is None
        days = TestDaysAndPeriods().daily(world, account)
        assert days == {"2026-03-05": 100, "2026-03-09": 150, "2026-03-17": 50}
        assert world.used(account) == 300

    def test_out_of_order_in_one_request(self, world: World, account: str, event: Event) -> None:
        totals = ((17, 300), (5, 100), (9, 250), (9, 250))
        body = [
            event(total=t, at=at(f"2026-03-{d:02}T10:{n:02}:00")) for n, (d, t) in enumerate(totals)
        ]
        assert world.post(body).json()["accepted"] == 4
        assert TestDaysAndPeriods().daily(world, account) == {
            "2026-03-05": 100,
            "2026-03-09": 150,
            "2026-03-17": 50,
        }

    def test_a_falling_total_needs_a_correction(
        self, world: World, account: str, event: Event
    ) -> None:
        assert self.total(world, event, "2026-03-10T10:00:00", 100) is None
        assert self.total(world, event, "2026-03-11T10:00:00", 90) == "total_fell"
        assert self.total(world, event, "2026-03-09T10:00:00", 110) == "total_fell"
        assert self.total(world, event, "2026-03-10T10:00:00", 99) == "total_fell"
        assert world.used(account) == 100
        assert self.total(world, event, "2026-03-11T10:00:00", 90, correction="refund") is None
        assert world.used(account) == 90

    def test_a_new_period_starts_again(self, world: World, account: str, event: Event) -> None:
        assert self.total(world, event, "2026-02-25T10:00:00", 900) is None
        assert self.total(world, event, "2026-03-02T10:00:00", 20) is None
        assert world.used(account) == 20

    def test_a_meter_that_never_resets_does_not(
        self, world: World, account: str, event: Event
    ) -> None:
        assert self.total(world, event, "2026-02-25T10:00:00", 9, meter="seats") is None
        assert self.total(world, event, "2026-03-02T10:00:00", 4, meter="seats") == "total_fell"
        assert self.total(world, event, "2026-03-02T10:00:00", 12, meter="seats") is None
        assert world.used(account, "seats") == 12

    def test_the_same_instant_again_holds_the_newer(
        self, world: World, account: str, event: Event
    ) -> None:
        self.total(world, event, "2026-03-10T10:00:00", 100)
        self.total(world, event, "2026-03-10T10:00:00", 120)
        assert world.used(account) == 120

    def test_a_meter_is_told_by_events_or_by_totals(
        self, world: World, account: str, event: Event
    ) -> None:
        world.post(event(value=10, at=at("2026-03-10T08:00:00")))
        assert self.total(world, event, "2026-03-10T08:30:00", 15) == "total_mixed"
        assert world.used(account) == 10
        assert self.total(world, event, "2026-03-10T08:30:00", 15, meter="runs") is None
        late = world.post(event(meter="runs", value=1, at=at("2026-03-12T08:00:00"))).json()
        assert [r["code"] for r in late["rejected"]] == ["total_mixed"]
        assert "'runs'" in late["rejected"][0]["detail"]
        assert world.used(account, "runs") == 15
        assert world.post(event(value=1)).json()["accepted"] == 1, "the others go on"

    def test_what_was_refused_may_be_sent_again(
        self, world: World, account: str, event: Event
    ) -> None:
        self.total(world, event, "2026-03-10T08:30:00", 15)
        one = event(value=2)
        for _ in range(2):
            assert [r["code"] for r in world.post(one).json()["rejected"]] == ["total_mixed"]

    def test_in_one_request_the_first_way_holds(
        self, world: World, account: str, event: Event
    ) -> None:
        story = [
            event(total=50, at=at("2026-03-12T08:00:00")),
            event(value=10, at=at("2026-03-11T09:00:00")),
            event(total=80, at=at("2026-03-12T08:50:00")),
            event(meter="runs", value=5),
            event(meter="runs", total=20, at=at("2026-03-12T08:40:00")),
        ]
        answer = world.post(story).json()
        assert [(r["index"], r["code"]) for r in answer["rejected"]] == [
            (1, "total_mixed"),
            (4, "total_mixed"),
        ]
        assert world.used(account) == 80
        assert world.used(account, "runs") == 5

    def test_a_new_period_may_be_told_otherwise(
        self, world: World, account: str, event: Event
    ) -> None:
        world.post(event(value=10, at=at("2026-02-20T08:00:00")))
        assert self.total(world, event, "2026-03-02T08:30:00", 15) is None
        assert world.post(event(value=1, at=at("2026-02-27T08:00:00"))).json()["accepted"] == 1
        assert world.used(account) == 15
        assert sum(TestDaysAndPeriods().daily(world, account).values()) == 26

    def test_levels_are_taken_as_they_are(self, world: World, account: str, event: Event) -> None:
        self.total(world, event, "2026-03-10T10:00:00", 40, meter="storage")
        assert self.total(world, event, "2026-03-11T10:00:00", 30, meter="storage") is None
        assert world.used(account, "storage") == 30

    def test_a_maximum_is_corrected_downwards(
        self, world: World, account: str, event: Event
    ) -> None:
        self.total(world, event, "2026-03-10T10:00:00", 40, meter="peak")
        assert self.total(world, event, "2026-03-11T10:00:00", 30, meter="peak") == "total_fell"
        self.total(world, event, "2026-03-11T10:00:00", 30, meter="peak", correction="test run")
        assert world.used(account, "peak") == 30

    def test_a_total_sent_again_is_a_duplicate(
        self, world: World, account: str, event: Event
    ) -> None:
        one = event(total=10, at=at("2026-03-10T10:00:00"))
        world.post(one)
        assert world.post(one).json()["duplicates"] == 1
        assert world.used(account) == 10


def test_friction_adds_no_usage(world: World, account: str, event: Event) -> None:
    one = event(kind="friction", user="u", at=at("2026-03-18T10:00:00"))
    assert world.post(one).json()["accepted"] == 1
    assert world.post(one).json()["duplicates"] == 1
    assert world.used(account) == 0


def test_who_listens_hears_of_each_account_once(world: World, account: str, event: Event) -> None:
    world.post([event(), event(), event(account=f"{account}-b"), event(meter="nope")])
    assert sorted(map(str, world.changed)) == [account, f"{account}-b"]
    world.changed.clear()
    world.post(event(value="x"))
    assert world.changed == []
