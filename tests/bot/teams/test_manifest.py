"""The app package within Microsoft's limits, the commands around it, and Teams switched on."""

import io
import json
import logging
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from litestar.testing import AsyncTestClient
from typer.testing import CliRunner

from bot.teams.manifest import manifest, package
from engine.errors import Invalid
from segue import opening, settings, wiring
from segue.cli import app, main
from segue.wiring import build
from service import configure, rooms
from service.context import Context
from store.tables import Account
from tests.bot.conftest import ACCOUNT, CONFIG, NOW
from tests.fakes.microsoft import APP, TENANT

BASE = "https://segue.example.com"
SECRET = "a-secret-of-the-tests"
ID = "7f1c2d3e-0000-4a5b-8c9d-0123456789ab"


@pytest.fixture
def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A deployment with Teams switched on, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "DATABASE_URL": f"sqlite:///{tmp_path}/segue.db",
        "PUBLIC_URL": BASE,
        "TEAMS_CLIENT_ID": APP,
        "TEAMS_CLIENT_SECRET": SECRET,
    }.items():
        monkeypatch.setenv(f"SEGUE_{name}", value)
    return tmp_path


def run(*args: str) -> str:
    result = CliRunner().invoke(app, ["teams", *args], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def refusal(monkeypatch: pytest.MonkeyPatch, capsys: Any, *args: str) -> str:
    """The one line that a refused command prints."""
    monkeypatch.setattr(sys, "argv", ["segue", "teams", *args])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    out = capsys.readouterr()
    assert out.out == ""
    line: str = out.err
    assert line.count("\n") == 1, line
    assert "Traceback" not in line
    return line.strip()


def read(file: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as packed:
        found = {name: packed.read(name) for name in packed.namelist()}
    return json.loads(found["manifest.json"]), found


def checked(told: dict[str, Any]) -> None:
    """Microsoft's published limits of manifest 1.19."""
    assert told["manifestVersion"] == "1.19"
    assert told["$schema"].endswith("/v1.19/MicrosoftTeams.schema.json")
    assert 0 < len(told["name"]["short"]) <= 30
    assert 0 < len(told["name"]["full"]) <= 100
    assert 0 < len(told["description"]["short"]) <= 80
    assert 0 < len(told["description"]["full"]) <= 4_000
    developer = told["developer"]
    assert 0 < len(developer["name"]) <= 32
    for name in ("websiteUrl", "privacyUrl", "termsOfUseUrl"):
        parts = urlsplit(developer[name])
        assert parts.scheme == "https"
        assert parts.hostname
        assert len(developer[name]) <= 2_048
    assert told["icons"] == {"color": "color.png", "outline": "outline.png"}
    (bot,) = told["bots"]
    assert bot["botId"] == told["id"]
    assert set(bot["scopes"]) == {"personal", "team", "groupChat"}
    assert 0 < len(bot["commandLists"]) <= 3
    for listed in bot["commandLists"]:
        assert 0 < len(listed["commands"]) <= 12
        assert set(listed["scopes"]) <= set(bot["scopes"])
        for one in listed["commands"]:
            assert 0 < len(one["title"]) <= 32
            assert 0 < len(one["description"]) <= 128
        titles = [one["title"] for one in listed["commands"]]
        assert len(set(titles)) == len(titles)
    (extension,) = told["composeExtensions"]
    assert len(extension["commands"]) <= 10
    for one in extension["commands"]:
        assert 0 < len(one["title"]) <= 32
        assert 0 < len(one["description"]) <= 128
        assert len(one["id"]) <= 64
    for domain in (*told["validDomains"], *extension["messageHandlers"][0]["value"]["domains"]):
        assert "/" not in domain
        assert len(domain) <= 2_048
    assert len(told["validDomains"]) <= 16


def size_of(png: bytes) -> tuple[int, int]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])


def test_the_package_is_written_and_within_the_limits(deployed: Path) -> None:
    said = run("manifest", "--out", "x.zip")
    assert said.startswith("x.zip: upload it")
    told, files = read(deployed / "x.zip")
    assert list(files) == ["manifest.json", "color.png", "outline.png"]
    checked(told)
    assert told["id"] == APP
    assert told["validDomains"] == ["segue.example.com"]
    assert size_of(files["color.png"]) == (192, 192)
    assert size_of(files["outline.png"]) == (32, 32)
    assert files["outline.png"][25] == 6  # True colour with transparency.
    assert SECRET not in str(told)


def test_the_outline_is_white_on_nothing() -> None:
    pixels = pixels_of(package_of("outline.png"))
    assert {p[:3] for p in pixels if p[3] == 255} == {(255, 255, 255)}
    assert pixels[0][3] == 0
    assert 0 < sum(p[3] > 0 for p in pixels) < len(pixels) / 2


def package_of(name: str) -> bytes:
    from templates.icons import icon

    return icon(name.removesuffix(".png"))


def pixels_of(png: bytes) -> list[tuple[int, ...]]:
    """The colours of a small picture."""
    import zlib

    width, height = size_of(png)
    data, at = b"", 8
    while at < len(png):
        long, kind = int.from_bytes(png[at : at + 4]), png[at + 4 : at + 8]
        data += png[at + 8 : at + 8 + long] if kind == b"IDAT" else b""
        at += long + 12
    raw, row, found = zlib.decompress(data), 4 * width, list[tuple[int, ...]]()
    before = bytes(row)
    for y in range(height):
        filtered, line = raw[y * (row + 1)], bytearray(raw[y * (row + 1) + 1 : (y + 1) * (row + 1)])
        for x in range(row):
            left = line[x - 4] if x >= 4 else 0
            up, corner = before[x], before[x - 4] if x >= 4 else 0
            guess = left + up - corner
            near = min((left, up, corner), key=lambda c: abs(guess - c))
            line[x] = (line[x] + (0, left, up, (left + up) // 2, near)[filtered]) & 255
        before = bytes(line)
        found += [tuple(line[x : x + 4]) for x in range(0, row, 4)]
    return found


def test_it_is_the_same_each_time(deployed: Path) -> None:
    run("manifest", "--out", "a.zip")
    run("manifest", "--out", "b.zip")
    assert (deployed / "a.zip").read_bytes() == (deployed / "b.zip").read_bytes()


def test_the_vendor_s_own_pages_are_named(deployed: Path) -> None:
    pages = {n: f"https://vendor.example.com/{n}" for n in ("website", "privacy", "terms")}
    run("manifest", "--out", "x.zip", *(w for n, u in pages.items() for w in (f"--{n}", u)))
    developer = read(deployed / "x.zip")[0]["developer"]
    assert developer["websiteUrl"] == pages["website"]
    assert developer["privacyUrl"] == pages["privacy"]
    assert developer["termsOfUseUrl"] == pages["terms"]
    checked(read(deployed / "x.zip")[0])


@pytest.mark.parametrize("option", ["--website", "--privacy", "--terms"])
@pytest.mark.parametrize(
    "url",
    ["http://vendor.example.com", "vendor.example.com", "https://", "javascript:x", "https://[x"],
)
def test_a_page_that_teams_would_refuse_is_named(
    deployed: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, option: str, url: str
) -> None:
    line = refusal(monkeypatch, capsys, "manifest", "--out", "x.zip", option, url)
    assert option.removeprefix("--") in line
    assert not (deployed / "x.zip").exists()


@pytest.mark.parametrize("url", ["", "http://segue.example.com", "https://", "https://[x"])
def test_without_an_address_that_teams_can_open_there_is_none(
    deployed: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, url: str
) -> None:
    monkeypatch.setenv("SEGUE_PUBLIC_URL", url)
    assert "SEGUE_PUBLIC_URL" in refusal(monkeypatch, capsys, "manifest", "--out", "x.zip")
    assert not (deployed / "x.zip").exists()


def test_without_an_app_id_there_is_none(
    deployed: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.delenv("SEGUE_TEAMS_CLIENT_ID")
    assert "SEGUE_TEAMS_CLIENT_ID" in refusal(monkeypatch, capsys, "manifest", "--out", "x.zip")


@pytest.mark.parametrize("id", ["segue", "11111111-2222-4333-8444", f"{APP} "])
def test_an_app_id_that_is_none_is_named(
    deployed: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, id: str
) -> None:
    monkeypatch.setenv("SEGUE_TEAMS_CLIENT_ID", id)
    if id.strip() == APP:
        run("manifest", "--out", "x.zip")
        assert read(deployed / "x.zip")[0]["id"] == APP
    else:
        assert "SEGUE_TEAMS_CLIENT_ID" in refusal(monkeypatch, capsys, "manifest", "--out", "x.zip")


@pytest.mark.parametrize(
    "name",
    [
        "Northwind",
        "N" * 200,
        "漢" * 200,
        "😀" * 200,
        "N & <b>",
        "Northwind Reports for Teams 30 and more",
    ],
)
@pytest.mark.parametrize("locale", ["en", "de"])
def test_whatever_the_product_is_called_in_any_language(
    context: Context, name: str, locale: str
) -> None:
    text = CONFIG.replace('name = "Northwind Reports"', f'name = "{name}"\nlocale = "{locale}"')
    configure.apply(context, text, by="tests")
    told = manifest(context, APP)
    checked(told)
    assert not told["name"]["short"].endswith(" ")
    json.dumps(told, ensure_ascii=False).encode()
    assert package(context, APP) == package(context, APP)


# Codes and admins


def stored(deployed: Path) -> Context:
    return opening.context_of(settings.load())


def test_a_code_is_printed_for_an_account_and_for_oneself(
    deployed: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    with stored(deployed).database.write() as session:
        session.add(Account(id=ACCOUNT, created_at=NOW, next_daily=NOW))
    for args in ((ACCOUNT,), ("--home",)):
        lines = run("link", *args).split("\n\n")
        assert lines[1].startswith("link ")
        opened = urlsplit(lines[3].strip())
        assert opened.hostname == "teams.microsoft.com"
        asked = parse_qs(opened.query)
        assert asked == {"users": [f"28:{APP}"], "message": [lines[1].strip()]}
    assert "name an account, or say --home" in refusal(monkeypatch, capsys, "link")
    assert "--home" in refusal(monkeypatch, capsys, "link", ACCOUNT, "--home")
    assert "nobody" in refusal(monkeypatch, capsys, "link", "nobody")


def test_an_organisation_is_unlinked(
    deployed: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    context = stored(deployed)
    rooms.bind(context, "teams", TENANT, rooms.code(context, None), by="tests", bot="28:bot")
    assert "is linked to none now" in run("unlink", TENANT)
    assert "linked to no account" in refusal(monkeypatch, capsys, "unlink", TENANT)


def test_admins_are_added_listed_and_removed(
    deployed: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    named = ID.replace("7f1c", "8f1c")
    monkeypatch.setenv("SEGUE_TEAMS_ADMINS", f"{named.upper()}")
    assert run("admin", "add", ID.upper()) == f"{ID.upper()} is an admin.\n"
    listed = run("admin", "list").splitlines()
    assert listed[0].lower() == f"{named}  named in segue_teams_admins"
    assert listed[1].startswith(f"{ID}  added")
    assert "already" in refusal(monkeypatch, capsys, "admin", "add", ID)
    assert run("admin", "remove", ID) == f"{ID} is an admin no more.\n"
    assert ID not in run("admin", "list")
    run("admin", "add", named)
    assert "still, by SEGUE_TEAMS_ADMINS" in run("admin", "remove", named)
    assert "Entra" in refusal(monkeypatch, capsys, "admin", "add", "mara@acme.test")
    assert ID in refusal(monkeypatch, capsys, "admin", "remove", ID)


# Switched on


def test_a_client_id_needs_its_secret() -> None:
    with pytest.raises(Invalid, match="SEGUE_TEAMS_CLIENT_SECRET"):
        settings.load({"SEGUE_TEAMS_CLIENT_ID": APP})
    on = settings.load({"SEGUE_TEAMS_CLIENT_ID": APP, "SEGUE_TEAMS_CLIENT_SECRET": SECRET})
    assert on.teams_is_on
    assert not settings.load({}).teams_is_on
    listed = settings.load({"SEGUE_TEAMS_TENANTS": f"{TENANT}, other"})
    assert listed.teams_tenants == (TENANT, "other")


def test_without_the_sdk_the_extra_is_named(
    deployed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> Any:
        return None if name == "microsoft_teams" else find_spec(name)

    monkeypatch.setattr(wiring, "find_spec", absent)
    with pytest.raises(Invalid, match=r"pip install 'segue\[teams\]'"):
        build(settings.load(), served_at=BASE, background=False)


async def test_switched_on_it_answers_who_has_no_token_with_401(
    deployed: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    runtime = build(settings.load(), served_at=BASE, background=False)
    assert "teams" in runtime.channels
    assert "teams" in runtime.context.channels
    assert not any("Teams" in warning for warning in runtime.warnings)
    async with AsyncTestClient(runtime.app) as client:
        for headers in ({}, {"authorization": "Bearer x"}):
            answer = await client.post("/teams/messages", json={"type": "message"}, headers=headers)
            assert answer.status_code == 401
        assert (await client.get("/teams/messages")).status_code == 405
    runtime.close()
    assert SECRET not in caplog.text


async def test_switched_off_there_is_no_such_address(
    deployed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SEGUE_TEAMS_CLIENT_ID")
    monkeypatch.delenv("SEGUE_TEAMS_CLIENT_SECRET")
    runtime = build(settings.load(), served_at=BASE, background=False)
    assert "teams" not in runtime.channels
    assert any("SEGUE_TEAMS_CLIENT_ID" in warning for warning in runtime.warnings)
    async with AsyncTestClient(runtime.app) as client:
        assert (await client.post("/teams/messages", json={})).status_code == 404
    runtime.close()
