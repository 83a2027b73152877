"""Importing history: every row once, whatever its age, and however often it is begun again."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from engine.errors import Conflict, Invalid, NotFound
from service import accounts, configure, export_usage, import_usage
from service.context import Context
from service.export_usage import Format
from service.import_usage import Imported
from service.recorded_rows import Problems
from service.secrets import Secrets
from store import imports, tables
from store.types import joined
from tests.api.conftest import NOON, POLICY
from tests.backends import ONE, Backend, opened
from tests.fakes.clock import FakeClock

BACKENDS = ONE

HEADER = "account,timestamp,value,meter,user,id,kind,correction\n"
_numbers = count(1)


@contextmanager
def made(backend: Backend, since: datetime) -> Iterator[Context]:
    """A Segue with a policy and nothing else."""
    clock, secrets = FakeClock(since), Secrets(["test"])
    with opened(backend) as database:
        context = Context(database=database, clock=clock, secrets=secrets, public_url="http://test")
        configure.apply(context, POLICY, "test")
        clock.set(NOON)
        yield context


@pytest.fixture
def context(backend: Backend) -> Iterator[Context]:
    with made(backend, NOON - timedelta(9)) as found:
        yield found


@pytest.fixture
def other(backend: Backend) -> Iterator[Context]:
    """Another one."""
    with made(backend, NOON) as found:
        yield found


def write(folder: Path, text: str, name: str = "usage.csv") -> Path:
    """A file; gzipped where its name says so."""
    file = folder / name
    file.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return file


def history(rows: int, account: str = "acme") -> str:
    """A CSV without ids, a row an hour."""
    lines = (f"{account},2024-{n % 12 + 1:02}-{n % 28 + 1:02}T{n % 24:02}:00:00Z,1\n"
             for n in range(rows))  # fmt: skip
    return "account,timestamp,value\n" + "".join(lines)


def run(context: Context, file: Path, *, strict: bool = False) -> tuple[Imported, list[str]]:
    """Import a file; what it came to, and what was told of bad rows."""
    told: list[str] = []
    problems = Problems(tell=told.append, strict=strict)
    return import_usage.run(context, file, problems, lambda *_: None), told


def kept(context: Context) -> dict[tuple[str, str, str], tuple[Any, int]]:
    """Every day bucket: its amount and its events."""
    with context.database.read() as session:
        rows = session.exec(select(tables.DayBucket)).all()
    return {
        (r.account, r.meter, r.day.isoformat()): (joined(r.units, r.micros), r.events) for r in rows
    }


def total(context: Context, account: str = "acme") -> Any:
    """All that was counted of an account."""
    return sum(amount for (who, *_), (amount, _) in kept(context).items() if who == account)


ROWS = HEADER + (
    "acme,2024-05-05T10:00:00Z,3,reports,mia,a,,\n"
    "acme,2024-05-05,4.5,,joe,b,,\n"
    "acme,2024-05-05T12:00:00+02:00,-1,reports,,c,,double booked\n"
    'acme,2024-05-06 09:00,"c1, Berlin",visitors,,d,,\n'
    "acme,2024-05-06,5,visitors,,e,,\n"
    "acme,2024-05-06T08:00:00Z,7,peak,,f,,\n"
    "acme,2024-05-06T08:00:00Z,,reports,mia,g,friction,\n"
    "acme,2024-05-07T08:00:00Z,90,storage,,h,total,\n"
    "globex,2024-05-05T10:00:00Z,2,runs,,a,usage,\n"
    "acme,2024-05-05T10:00:00Z,3,reports,mia,a,,\n"
)
LINES = "".join(
    json.dumps(line) + "\n"
    for line in (
        {"id": "a", "account": "acme", "meter": "reports", "value": 3, "at": "2024-05-05T10:00:00Z",
         "user": "mia"},
        {"id": "b", "account": "acme", "value": 4.5, "at": "2024-05-05T00:00:00Z", "user": "joe"},
        {"id": "c", "account": "acme", "meter": "reports", "value": -1,
         "correction": "double booked", "at": "2024-05-05T12:00:00+02:00"},
        {"id": "d", "account": "acme", "meter": "visitors", "value": "c1, Berlin",
         "at": "2024-05-06T09:00:00Z"},
        {"id": "e", "account": "acme", "meter": "visitors", "properties": {"visitor": 5},
         "at": "2024-05-06T00:00:00Z"},
        {"id": "f", "account": "acme", "meter": "peak", "value": 7, "at": "2024-05-06T08:00:00Z"},
        {"id": "g", "account": "acme", "meter": "reports", "kind": "friction", "user": "mia",
         "at": "2024-05-06T08:00:00Z"},
        {"id": "h", "account": "acme", "meter": "storage", "total": 90,
         "at": "2024-05-07T08:00:00Z"},
        {"id": "a", "account": "globex", "meter": "runs", "value": 2,
         "at": "2024-05-05T10:00:00Z"},
        {"id": "a", "account": "acme", "meter": "reports", "value": 3, "at": "2024-05-05T10:00:00Z",
         "user": "mia"},
    )
)  # fmt: skip


@pytest.mark.parametrize("name", ["usage.csv", "usage.csv.gz", "usage.jsonl", "usage.jsonl.gz"])
def test_every_kind_of_row_in_every_kind_of_file(
    name: str, context: Context, tmp_path: Path
) -> None:
    done, told = run(context, write(tmp_path, LINES if "jsonl" in name else ROWS, name))
    assert told == []
    assert (done.run.accepted, done.run.duplicates, done.run.skipped) == (9, 1, 0)
    assert kept(context) == {
        ("acme", "reports", "2024-05-05"): (pytest.approx(6.5), 3),
        ("acme", "visitors", "2024-05-06"): (2, 2),
        ("acme", "peak", "2024-05-06"): (7, 1),
        ("acme", "storage", "2024-05-07"): (90, 0),
        ("globex", "runs", "2024-05-05"): (2, 1),
    }
    with context.database.read() as session:
        assert [f.user for f in session.exec(select(tables.Friction))] == ["mia"]
        marks = session.exec(select(tables.DayBucket.backfilled)).all()
    assert set(marks) == {True}


def test_the_same_file_again_is_nothing_to_do(context: Context, tmp_path: Path) -> None:
    first, _ = run(context, write(tmp_path, history(50)))
    again, _ = run(context, write(tmp_path, history(50), "renamed.csv.gz"))
    assert again.already
    assert again.run == first.run
    assert total(context) == 50


class Stopped(BaseException):
    """Somebody ends the process."""


@pytest.mark.parametrize("at", [1, 3, 39, 41])
def test_stopped_anywhere_it_goes_on_and_counts_each_row_once(
    at: int, context: Context, tmp_path: Path
) -> None:
    rows = 45 * import_usage.TOGETHER + 17
    file = write(tmp_path, history(rows), "usage.csv.gz")
    steps = iter(range(1, 1000))

    def until(step: str, done: int, lines: int) -> None:
        if step == "importing" and next(steps) == at:
            raise Stopped

    with pytest.raises(Stopped):
        import_usage.run(context, file, Problems(tell=print), until)
    assert total(context) == at * import_usage.TOGETHER
    done, told = run(context, file)
    assert told == []
    noted = at // import_usage.NOTED * import_usage.NOTED * import_usage.TOGETHER
    assert done.after == (noted + 1 if noted else 0)
    assert done.run.accepted + done.run.duplicates == rows
    assert total(context) == rows
    assert run(context, file)[0].already


def test_a_file_that_grew_is_another_file(context: Context, tmp_path: Path) -> None:
    """Its rows with ids count once all the same."""
    file = write(tmp_path, ROWS)
    run(context, file)
    more = "acme,2024-05-08,10,reports,,z,,\n"
    done, _ = run(context, write(tmp_path, ROWS + more))
    assert (done.run.accepted, done.run.duplicates) == (1, 10)


BAD = {
    "no,2024-05-05": "2 values",
    "acme,yesterday,1,,,,,": "timestamp",
    "acme,2024-05-05,many,,,,,": "not a number",
    "acme,2024-05-05,-1,,,,,": "below 0",
    "acme,2024-05-05,1,nope,,,,": "no meter",
    "acme,2024-05-05,1,,,,wish,": "kind",
    "acme,2024-05-05,,,,,friction,": "user",
    ",2024-05-05,1,,,,,": "account",
    "*,2024-05-05,1,,,,,": "account",
    "acme,2030-05-05,1,,,,,": "ahead",
    "acme,2024-05-05,2,reports,,taken,,": "other content",
    "acme,2024-05-05,1," + "m" * 70 + ",,,,": "no meter",
    "acme,1969-12-31,1,,,,,": "1970",
}


def test_bad_rows_are_told_with_their_line_and_skipped(context: Context, tmp_path: Path) -> None:
    good = "acme,2024-05-05,1,reports,,taken,,\n"
    file = write(tmp_path, HEADER + good + "\n".join(BAD) + "\nacme,2024-05-06,1,,,,,\n")
    done, told = run(context, file)
    assert (done.run.accepted, done.run.skipped) == (2, len(BAD))
    by_line = {int(t.split("line ")[1].split(":")[0]): t for t in told}
    for line, (row, word) in enumerate(BAD.items(), 3):
        assert word in by_line[line], (row, by_line[line])
    assert total(context) == 2


def test_bad_lines_of_json(context: Context, tmp_path: Path) -> None:
    good = '{"account": "acme", "at": "2024-05-05", "value": 1}'
    bad = [
        "{", "[]", '"x"', '{"account": "acme"}', '{"account": "acme", "at": "2024-05-05", "x": 1}',
        '{"account": 5, "at": "2024-05-05"}', '{"account": "acme", "at": "0001-01-01"}',
        '{"account": "acme", "at": "2024-05-05", "value": "many"}',
    ]  # fmt: skip
    text = "\n".join([good, *bad, "", good]).encode() + b'\n{"account": "\xff", "at": "2024-05-05"}'
    file = tmp_path / "usage.jsonl"
    file.write_bytes(text)
    done, told = run(context, file)
    assert (done.run.accepted, done.run.skipped, len(told)) == (2, len(bad) + 1, len(bad) + 1)
    assert total(context) == 2, "the same line twice is two events: each has its own line"


def test_strict_imports_nothing_where_a_row_is_bad(context: Context, tmp_path: Path) -> None:
    file = write(tmp_path, history(3000) + "acme,yesterday,1\n")
    with pytest.raises(Invalid, match="line 3002"):
        run(context, file, strict=True)
    assert kept(context) == {}
    assert run(context, write(tmp_path, history(3000)), strict=True)[0].run.accepted == 3000


@pytest.mark.parametrize("text", ["", "account,value\nacme,1\n", "account,timestamp,value,value\n"])
def test_what_is_no_file_of_usage(text: str, context: Context, tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        run(context, write(tmp_path, text))


def test_a_broken_archive_ends_with_a_sentence(context: Context, tmp_path: Path) -> None:
    file = write(tmp_path, history(5000), "usage.csv.gz")
    whole = file.read_bytes()
    for broken in (whole[:-20], whole[:500] + b"x" * 50 + whole[550:]):
        file.write_bytes(broken)
        with pytest.raises(Invalid, match="can't be read"):
            run(context, file)
    assert kept(context) == {}


def test_a_dry_run_changes_nothing(context: Context, tmp_path: Path) -> None:
    run(context, write(tmp_path, history(3), "before.csv"))
    before = kept(context)
    file = write(tmp_path, ROWS + "acme,yesterday,1,,,,,\nnew,2024-05-09,1,,,,,\n")
    problems = Problems(tell=lambda _: None)
    found = import_usage.check(context, file, problems, lambda *_: None)
    assert (found.rows, found.own_ids, problems.count) == (11, 10, 1)
    assert (found.accounts, found.known) == ({"acme", "globex", "new"}, 1)
    assert found.meters["reports"] == 6
    assert found.first is not None
    assert found.last is not None
    assert (found.first.day, found.last.day, found.before) == (5, 9, None)
    assert kept(context) == before
    with context.database.read() as session:
        assert imports.get(session, "anything") is None
        assert len(session.exec(select(tables.ImportRun)).all()) == 1


def exported(context: Context, folder: Path, form: Format, **asked: Any) -> str:
    """An export, as text."""
    file = folder / f"out.{form}"
    with file.open("w", encoding="utf-8", newline="") as out:
        export_usage.run(context, out, form=form, **asked)
    return file.read_text("utf-8")


def amounts(context: Context) -> dict[tuple[str, str, str], Any]:
    """What each day came to."""
    return {key: amount for key, (amount, _) in kept(context).items()}


def users(context: Context) -> set[tuple[str, str, Any]]:
    """Who used it on which day."""
    with context.database.read() as session:
        return {(u.account, u.user, u.day) for u in session.exec(select(tables.UserDay))}


@pytest.mark.parametrize("form", list(Format))
def test_what_is_exported_can_be_imported_elsewhere(
    form: Format, context: Context, other: Context, tmp_path: Path
) -> None:
    run(context, write(tmp_path, ROWS))
    live = "acme,{},2.5,reports,mia,x,,\nacme,{},0.5,reports,zoe,y,,\nacme,{},1,visitors,mia,z,,\n"
    at = (NOON - timedelta(hours=2)).isoformat()
    run(context, write(tmp_path, HEADER + live.format(at, at, at), "more.csv"))
    text = exported(context, tmp_path, form)
    done, told = run(other, write(tmp_path, text, f"export.{form}.gz"))
    assert (done.run.duplicates, told) == (0, [])
    assert amounts(other) == amounts(context)
    assert users(other) == users(context)
    with other.database.read() as session:
        assert [f.id for f in session.exec(select(tables.Friction))] == ["g"]
    again, _ = run(other, write(tmp_path, text + "\n", f"again.{form}"))
    assert (again.run.accepted, again.run.duplicates) == (0, done.run.accepted)
    assert amounts(other) == amounts(context)


@pytest.mark.parametrize("form", list(Format))
def test_its_own_export_is_refused(form: Format, context: Context, tmp_path: Path) -> None:
    run(context, write(tmp_path, ROWS))
    before = kept(context)
    with pytest.raises(Conflict, match="counts all of it already"):
        run(context, write(tmp_path, exported(context, tmp_path, form), f"own.{form}"))
    assert kept(context) == before


def test_running_totals_and_corrections_come_back(
    context: Context, other: Context, tmp_path: Path
) -> None:
    run(context, write(tmp_path, HEADER + (
        "acme,2024-05-05T10:00:00Z,50,reports,,a,total,\n"
        "acme,2024-05-06T10:00:00Z,80,reports,,b,total,\n"
        "acme,2024-05-07T10:00:00Z,70,reports,,c,total,counted twice\n"
        "acme,2024-05-05T10:00:00Z,5,runs,,d,,\n"
        "acme,2024-05-06T10:00:00Z,-2,runs,,e,,never happened\n"
    )))  # fmt: skip
    text = exported(context, tmp_path, Format.JSONL)
    done, told = run(other, write(tmp_path, text, "export.jsonl"))
    assert (done.run.accepted, told) == (5, [])
    assert amounts(other) == amounts(context)
    assert sum(amounts(other).values()) == 73


def test_an_export_of_some(context: Context, tmp_path: Path) -> None:
    run(context, write(tmp_path, ROWS))
    one = exported(context, tmp_path, Format.JSONL, account="globex")
    assert [json.loads(line)["account"] for line in one.splitlines()] == ["globex"]
    day = NOON.replace(year=2024, month=5, day=6, hour=0)
    some = exported(context, tmp_path, Format.JSONL, since=day, until=day.replace(day=7))
    found = sorted(
        (line["meter"], line.get("kind", "")) for line in map(json.loads, some.splitlines())
    )
    assert found == [("peak", ""), ("reports", "friction"), ("visitors", ""), ("visitors", "")]
    with pytest.raises(NotFound, match="no account 'nobody'"):
        exported(context, tmp_path, Format.CSV, account="nobody")


NAMES = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=12)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(
            NAMES,
            st.datetimes(NOON.replace(year=2001, tzinfo=None), NOON.replace(tzinfo=None)),
            st.decimals(0, 10**9, places=6),
            st.none() | NAMES,
        ),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from(list(Format)),
)
def test_whatever_is_kept_comes_back(
    context: Context, other: Context, tmp_path: Path, rows: list[Any], form: Format
) -> None:
    example = next(_numbers)
    lines = [
        {"account": f"{example} {account}", "at": at.isoformat() + "Z", "value": float(value),
         "user": user, "id": f"{n}"}
        for n, (account, at, value, user) in enumerate(rows)
    ]  # fmt: skip
    mine = sorted({str(line["account"]) for line in lines})
    run(context, write(tmp_path, "\n".join(map(json.dumps, lines)), "usage.jsonl"))
    for place, account in enumerate(mine):
        text = exported(context, tmp_path, form, account=account)
        done, told = run(other, write(tmp_path, text, f"{example}-{place}.{form}"))
        assert (done.run.duplicates, told) == (0, [])
    before = {key: found for key, found in amounts(context).items() if key[0] in mine}
    assert {key: found for key, found in amounts(other).items() if key[0] in mine} == before


def test_accounts_begin_with_their_first_day(context: Context, tmp_path: Path) -> None:
    run(context, write(tmp_path, ROWS))
    since = accounts.get(context, "acme").since
    assert since is not None
    assert since.isoformat() == "2024-05-05"
    with context.database.read() as session:
        names = session.exec(select(tables.Account.id).order_by(col(tables.Account.id))).all()
    assert names == ["acme", "globex"]
