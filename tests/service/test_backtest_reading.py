"""What a backtest takes from its files: every good row once, every bad one with its line."""

import gzip
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from engine.catalogue import Catalogue
from engine.errors import Invalid
from engine.record import Record, Track
from service.backtest_source import SpoolOrigin
from service.config import applied
from service.recorded import packed
from service.recorded_accounts import read_accounts
from service.recorded_feedback import read_feedback
from service.recorded_rows import Problems
from service.recorded_usage import read_usage
from store.spool import Spool
from tests.service.recorded_usage import POLICY

CATALOGUE = applied(POLICY, version=0).catalogue
PLAIN = "account,timestamp,value"
FULL = "account,timestamp,value,meter,user,id,kind,correction"
Read = Callable[..., dict[str, Record]]


class Told(list[str]):
    """What was said of bad rows."""


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def read(tmp_path: Path, told: Told) -> Read:
    """Reads texts as files; gives the record of each account."""

    def reading(
        usage: str | bytes,
        *,
        accounts: str | None = None,
        feedback: str | None = None,
        catalogue: Catalogue = CATALOGUE,
        strict: bool = False,
    ) -> dict[str, Record]:
        problems = Problems(tell=told.append, strict=strict)
        file = tmp_path / "usage.csv"
        file.write_bytes(usage if isinstance(usage, bytes) else usage.encode())
        path = tmp_path / "spool.db"
        path.unlink(missing_ok=True)
        spool = Spool(path, make=True)
        read_usage(file, catalogue, spool, problems, lambda *_: None)
        if accounts is not None:
            (tmp_path / "accounts.csv").write_text(accounts)
            homes = read_accounts(tmp_path / "accounts.csv", catalogue, problems)
            spool.settle((name, packed(home)) for name, home in homes)
        if feedback is not None:
            (tmp_path / "feedback.csv").write_text(feedback)
            spool.answer(read_feedback(tmp_path / "feedback.csv", problems))
        problems.end()
        spool.seal()
        spool.close()
        source = SpoolOrigin(
            path=path, meters=tuple(catalogue.meters), listed=accounts is not None
        ).open()
        found = {name: source.record(name, catalogue) for name in source.names()}
        source.close()
        return found

    return reading


def lines(header: str, *rows: str) -> str:
    """A CSV text."""
    return "\n".join((header, *rows, ""))


def track(record: Record, key: str = "reports") -> Track:
    """One meter of a record."""
    return next(t for t in record.tracks if t.key == key)


def test_rows_come_in_the_order_of_time_whatever_order_they_are_in(read: Read) -> None:
    rows = ["a,2026-01-03T00:00:00Z,3", "b,2026-01-01,9", "a,2026-01-01,1", "a,2026-01-02,2"]
    found = read(lines(PLAIN, *rows))
    assert list(found) == ["a", "b"]
    assert track(found["a"]).amount.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("stamp", "epoch"),
    [
        ("1970-01-02", 86400),
        ("1970-01-02T00:00:00Z", 86400),
        ("1970-01-02t00:00:00z", 86400),
        ("1970-01-02 00:00:00", 86400),
        ("1970-01-02T01:00:00+01:00", 86400),
        ("1970-01-02T00:00:00.500Z", 86400.5),
        (" 1970-01-02T00:00Z ", 86400),
    ],
)
def test_times_and_dates_are_utc_where_no_offset_is_given(
    stamp: str, epoch: float, read: Read
) -> None:
    assert track(read(lines(PLAIN, f"a,{stamp},1"))["a"]).at.tolist() == [epoch]


@pytest.mark.parametrize(
    ("row", "detail"),
    [
        (",2026-01-01,1", "account: this is empty"),
        ("a\x07,2026-01-01,1", "characters are not allowed"),
        ("a" * 257 + ",2026-01-01,1", "account: at most 256 characters"),
        ("a,yesterday,1", "timestamp: 'yesterday' is no time like 2026-03-01T12:00:00Z"),
        ("a,2026-02-30,1", "is no time like"),
        ("a,20260101,1", "is no time like"),
        ("a,1969-01-01,1", "is not within 1970 to 2199"),
        ("a,2026-01-01,", "value: this is empty"),
        ("a,2026-01-01,many", "value: 'many' is not a number"),
        ("a,2026-01-01,nan", "value: 'nan' is not a number"),
        ("a,2026-01-01,inf", "value: 'inf' is not a number"),
        ("a,2026-01-01,1_0", "value: '1_0' is not a number"),
        ("a,2026-01-01,1e16", "value: at most 1e15"),
        ("a,2026-01-01,0.0000001", "value: at most 6 decimals"),
        ("a,2026-01-01,-1", "value: below 0 only with a correction"),
        ("a,2026-01-01", "2 values, the header has 3 columns"),
        ("a,2026-01-01,1,2", "4 values, the header has 3 columns"),
    ],
)
def test_a_bad_row_is_told_with_its_line_and_left_out(
    row: str, detail: str, read: Read, told: Told
) -> None:
    found = read(lines(PLAIN, "good,2026-01-01,1", row, "good,2026-01-02,1"))
    assert len(told) == 1
    assert told[0].startswith("usage.csv, line 3: ")
    assert detail in told[0]
    assert list(found) == ["good"]
    assert len(track(found["good"]).at) == 2


def test_strict_ends_at_the_first_bad_row(read: Read) -> None:
    with pytest.raises(Invalid, match=r"usage.csv, line 2: value"):
        read(lines(PLAIN, "a,2026-01-01,x", "a,2026-01-01,1"), strict=True)


def test_twenty_bad_rows_are_told_and_the_rest_counted(read: Read, told: Told) -> None:
    read(lines(PLAIN, "a,2026-01-01,1", *["a,2026-01-01,x"] * 1025))
    assert len(told) == 21
    assert told[-1] == "... and 1,005 more bad rows"


def test_broken_characters_cost_their_row_alone(read: Read, told: Told) -> None:
    found = read(b"account,timestamp,value\na\xff,2026-01-01,1\nb,2026-01-01,1\n")
    assert list(found) == ["b"]
    assert len(told) == 1


def test_gzip_is_seen_by_its_content_and_a_byte_order_mark_is_no_column(read: Read) -> None:
    text = lines(PLAIN, "a,2026-01-01,1").encode("utf-8-sig")
    assert list(read(gzip.compress(text))) == ["a"]
    assert list(read(text)) == ["a"]


def test_a_gzip_that_ends_too_soon_is_one_error(read: Read) -> None:
    packed = gzip.compress(lines(PLAIN, *["a,2026-01-01,1"] * 5000).encode())
    with pytest.raises(Invalid, match=r"can't be read"):
        read(packed[: len(packed) // 2])


def test_a_missing_column_is_named(read: Read) -> None:
    with pytest.raises(Invalid, match=r"no column 'timestamp' \(is it 'timestmp'\?\)"):
        read(lines("account,timestmp,value", "a,2026-01-01,1"))


def test_a_file_without_usage_is_an_error(read: Read) -> None:
    with pytest.raises(Invalid, match="holds no usage"):
        read(lines(PLAIN))


def test_the_same_id_counts_once_for_each_account(read: Read) -> None:
    rows = ["a,2026-01-01,5,,,x,,", "a,2026-01-01,5,,,x,,", "b,2026-01-01,5,,,x,,"]
    found = read(lines(FULL, *rows, "a,2026-01-02,1,,,y,,", "a,2026-01-02,1,,,,,"))
    assert track(found["a"]).amount.tolist() == [5, 1, 1]
    assert track(found["b"]).amount.tolist() == [5]


def test_which_of_two_with_one_id_counts_does_not_depend_on_the_order(read: Read) -> None:
    rows = ["a,2026-01-02,7,,,x,,", "a,2026-01-01,5,,,x,,"]
    one, other = (read(lines(FULL, *given)) for given in (rows, rows[::-1]))
    assert track(one["a"]).amount.tolist() == track(other["a"]).amount.tolist() == [5]


def test_without_a_meter_it_is_the_first_meaningful(read: Read, told: Told) -> None:
    rows = ["a,2026-01-01,5,,,,,", "a,2026-01-01,7,storage,,,,", "a,2026-01-01,7,nope,,,,"]
    found = read(lines(FULL, *rows))
    assert track(found["a"]).amount.tolist() == [5]
    assert track(found["a"], "storage").amount.tolist() == [7]
    assert told == ["usage.csv, line 4: meter: there is no meter 'nope'"]


def test_a_correction_may_be_negative_and_is_nothing_somebody_did(read: Read) -> None:
    rows = ["a,2026-01-01,5,,dana,,,", "a,2026-01-02,-2,,dana,,,counted twice"]
    found = track(read(lines(FULL, *rows))["a"])
    assert found.amount.tolist() == [5, -2]
    assert found.owner.tolist() == [0, -1]


def test_a_unique_meter_counts_a_thing_once_a_period_of_the_accounts_own_zone(
    read: Read,
) -> None:
    rows = [
        "a,2026-01-31T10:00:00Z,red,visitors,,,,",
        "a,2026-01-31T11:00:00Z,red,visitors,,,,",
        "a,2026-01-31T12:00:00Z,blue,visitors,,,,",
        # Already February in Berlin.
        "a,2026-01-31T23:30:00Z,red,visitors,,,,",
    ]
    berlin = "account,time_zone\na,Europe/Berlin\n"
    assert track(read(lines(FULL, *rows))["a"], "visitors").amount.tolist() == [1, 0, 1, 0]
    found = read(lines(FULL, *rows), accounts=berlin)
    assert track(found["a"], "visitors").amount.tolist() == [1, 0, 1, 1]


def test_friction_adds_no_usage_and_needs_a_user(read: Read, told: Told) -> None:
    rows = [
        "a,2026-01-01,4,,,,,",
        "a,2026-01-02,,reports,dana,f1,friction,",
        "a,2026-01-02,,reports,dana,f1,friction,",
        "a,2026-01-02,,reports,,,friction,",
        "a,2026-01-02,1,reports,,,anger,",
    ]
    found = read(lines(FULL, *rows))["a"]
    assert track(found).amount.tolist() == [4]
    assert [(f.user, f.meter) for f in found.frictions] == [("dana", "reports")]
    assert "friction needs the user" in told[0]
    assert "kind: 'anger' is not 'friction'" in told[1]


def test_without_accounts_everybody_is_on_the_first_plan(read: Read) -> None:
    found = read(lines(PLAIN, "a,2026-01-07T12:00:00Z,1"))["a"]
    assert (found.account.plan, found.account.next_plan) == ("team", "business")
    assert track(found).limit == Decimal(1000)
    assert found.account.since is not None
    assert found.account.since.isoformat() == "2026-01-07"


@pytest.mark.parametrize(
    ("columns", "values", "limit", "known", "following"),
    [
        ("plan", "team", Decimal(1000), True, "business"),
        ("plan", "business", None, True, None),
        ("plan,limit", "team,50.5", Decimal("50.5"), True, "business"),
        ("plan,limit", "team,", Decimal(1000), True, "business"),
        ("limit", "300", Decimal(300), True, "larger"),
        ("limit", "", None, True, None),
        ("limit:reports", "300", Decimal(300), True, "larger"),
        ("owner", "Maria", None, True, None),
    ],
)
def test_an_accounts_plan_and_limit(
    columns: str,
    values: str,
    limit: Decimal | None,
    known: bool,
    following: str | None,
    read: Read,
) -> None:
    found = read(lines(PLAIN, "a,2026-01-01,1"), accounts=f"account,{columns}\na,{values}\n")["a"]
    assert (track(found).limit, track(found).limit_known) == (limit, known)
    assert found.account.next_plan == following


def test_an_account_that_is_not_listed_has_no_known_limit(read: Read) -> None:
    found = read(lines(PLAIN, "a,2026-01-01,1"), accounts="account,plan\nb,team\n")["a"]
    assert (track(found).limit, track(found).limit_known) == (None, False)


def test_what_is_listed_of_an_account_is_read(read: Read) -> None:
    listed = "account,since,time_zone,seats\na,2025-06-30T23:00:00Z,Europe/Berlin,12\n"
    found = read(lines(PLAIN, "a,2026-01-01,1"), accounts=listed)["a"]
    assert found.account.since is not None
    assert found.account.since.isoformat() == "2025-07-01"
    assert (found.account.time_zone, found.account.seats) == ("Europe/Berlin", 12)


@pytest.mark.parametrize(
    ("row", "detail"),
    [
        ("a,nope,,,,", "plan: there is no plan 'nope'"),
        ("a,,yesterday,,,", "since: 'yesterday' is no time"),
        ("a,,,Europe/Nowhere,,", "time_zone: 'Europe/Nowhere'"),
        ("a,,,,few,", "seats: 'few'"),
        ("a,,,,0,", "seats: '0'"),
        ("a,,,,,-1", "limit of reports: below 0"),
        (",,,,,1", "account: this is empty"),
        ("b,,,,,2", "account: 'b' is there already"),
    ],
)
def test_a_bad_account_is_told_and_left_out(row: str, detail: str, read: Read, told: Told) -> None:
    header = "account,plan,since,time_zone,seats,limit"
    read(lines(PLAIN, "a,2026-01-01,1"), accounts=lines(header, "b,,,,,1", row))
    assert len(told) == 1
    assert told[0].startswith("accounts.csv, line 3: ")
    assert detail in told[0]


def test_a_limit_of_no_meter_is_an_error(read: Read) -> None:
    with pytest.raises(Invalid, match="there is no meter 'nope'"):
        read(lines(PLAIN, "a,2026-01-01,1"), accounts="account,limit:nope\na,1\n")


def test_feedback_is_given_in_the_order_of_time(read: Read, told: Told) -> None:
    given = lines(
        "account,at,kind,until",
        "a,2026-03-02T10:00:00Z,snoozed,2026-05-01",
        "a,2026-03-01,useful,",
        "a,2026-03-01,angry,",
        "b,2026-03-01,useful,",
    )
    found = read(lines(PLAIN, "a,2026-01-01,1"), feedback=given)["a"]
    assert [(g.kind, g.until and g.until.isoformat()) for g in found.given] == [
        ("useful", None),
        ("snoozed", "2026-05-01"),
    ]
    assert "kind: 'angry' is none of seen, useful" in told[0]
