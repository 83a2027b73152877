"""The package for npm, as a vendor would use it: installed, type-checked, bundled, in a browser."""

import json
import subprocess
import tarfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.widget import sample
from tests.widget.build import ESBUILD
from tests.widget.conftest import Visit
from tests.widget.npm import NODE, packed
from tests.widget.stub import Page as HostPage

APP = """
import { StrictMode, createElement as h, useState } from "react";
import { createRoot } from "react-dom/client";
import { Segue, SegueBanner, SegueMeter } from "segue-widget/react";

function App() {
  const [here, setHere] = useState(true);
  const said = ({ kind }) => (globalThis.said = [...(globalThis.said ?? []), kind]);
  return h("main", null,
    h("button", { onClick: () => setHere(false) }, "Sign out"),
    here && h(Segue, { base: BASE, token: async () => "good", after: 0 },
      h(SegueBanner, { onAnswered: said }), h(SegueMeter, { meter: "reports" })));
}
createRoot(document.querySelector("#app")).render(h(StrictMode, null, h(App)));
"""
DRAWN = """
import { createElement as h } from "react";
import { createRoot } from "react-dom/client";
import { useSegue } from "segue-widget/react";

function Mine() {
  const { state, client } = useSegue({ base: BASE, token: "good" });
  if (!state?.alert) return h("p", null, "Nothing");
  const { id, title } = state.alert;
  return h("button", { onClick: () => client.feedback(id, "useful") }, title);
}
createRoot(document.querySelector("#app")).render(h(Mine));
"""
PLAIN = """
import { segue } from "segue-widget";
segue.start({ base: BASE, token: "good", after: "0" });
document.querySelector("#app").append(document.createElement("segue-banner"));
"""
TYPED = """
import { createClient, segue } from "segue-widget";
import { Segue, SegueBanner, SegueMeter, useSegue } from "segue-widget/react";

segue.start({ base: "https://segue.example.com", tokenUrl: "/token" });
segue.token(async () => "token");
const client = createClient({ base: "https://x.example", token: "t", onState: (state) => {
  const used: number = state.meters[0].used;
  const title: string | undefined = state.alert?.title;
} });
const sent: Promise<string> = client.feedback("al_1", "snoozed");
const element = <Segue base="https://segue.example.com" token={() => null}>
  <SegueBanner placement="corner" onAnswered={({ kind }) => console.log(kind)} />
  <SegueMeter meter="reports" compact />
</Segue>;
const Mine = () => <p>{useSegue({ base: "", token: "t" }).state?.alert?.title}</p>;
"""
WRONG = """
import { segue } from "segue-widget";
segue.start({ bas: "https://segue.example.com" });
"""
COMPILE = [
    "--noEmit", "--strict", "--jsx", "react-jsx", "--target", "es2023", "--lib",
    "es2023,dom,dom.iterable", "--module", "esnext", "--moduleResolution", "bundler",
]  # fmt: skip


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vendor's folder in which the package is installed beside React."""
    folder = tmp_path_factory.mktemp("app")
    with tarfile.open(packed(folder)) as archive:
        archive.extractall(folder / "node_modules", filter="data")
    (folder / "node_modules" / "package").rename(folder / "node_modules" / "segue-widget")
    for peer in ("react", "react-dom", "scheduler", "@types", "csstype"):
        (folder / "node_modules" / peer).symlink_to(NODE / peer)
    return folder


def compiled(app: Path, source: str) -> str:
    """What the compiler has against a vendor's source."""
    (app / "app.tsx").write_text(source)
    done = subprocess.run(
        [NODE / ".bin" / "tsc", "app.tsx", *COMPILE], cwd=app, capture_output=True, text=True
    )
    return done.stdout


def bundled(app: Path, source: str, base: str) -> str:
    """A vendor's bundle, as one script."""
    (app / "app.js").write_text(source)
    done = subprocess.run(
        [ESBUILD, "app.js", "--bundle", "--format=esm", f"--define:BASE={json.dumps(base)}",
         '--define:process.env.NODE_ENV="development"'],
        cwd=app, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def opened(visit: Visit, app: Path, source: str) -> None:
    script = bundled(app, source, visit.segue.origin).replace("</script", "<\\/script")
    html = f'<title>App</title><div id="app"></div><script type="module">{script}</script>'
    visit.host.pages["/"] = HostPage(html)
    visit.page.goto(visit.host.origin)
    # React's own greeting.
    visit.complaints[:] = [one for one in visit.complaints if "React DevTools" not in one]


def test_it_holds_what_it_says_and_no_more(app: Path) -> None:
    folder = app / "node_modules" / "segue-widget"
    package = json.loads((folder / "package.json").read_text("utf-8"))
    assert package["name"] == "segue-widget"
    assert "dependencies" not in package
    for entry in package["exports"].values():
        assert (folder / entry["default"]).is_file()
        assert (folder / entry["types"]).is_file()
    assert (folder / "README.md").is_file()
    assert not (folder / "segue.js").exists(), "the script tag needs no package"


def test_its_types_hold_in_a_vendors_source(app: Path) -> None:
    assert compiled(app, TYPED) == ""
    assert "does not exist in type" in compiled(app, WRONG)


def test_in_react_it_is_there_answers_and_goes(visit: Visit, app: Path) -> None:
    opened(visit, app, APP)
    expect(visit.card).to_be_visible()
    expect(visit.page.locator("segue-meter .amount").last).to_contain_text("8,420")
    visit.button("Not now").click()
    [said] = visit.segue.wait_for("feedback")
    assert said["kind"] == "snoozed"
    visit.page.wait_for_function("globalThis.said?.join() === 'snoozed'")
    visit.segue.publish(alert=sample.ask(id="al_3"))
    visit.page.get_by_role("button", name="Sign out").click()
    expect(visit.page.locator("segue-banner")).to_have_count(0)
    assert visit.page.evaluate("Object.keys(sessionStorage)") == []


def test_in_react_a_vendor_may_draw_it(visit: Visit, app: Path) -> None:
    opened(visit, app, DRAWN)
    visit.page.get_by_role("button", name="Your team delivered 8,420 reports this month").click()
    [said] = visit.segue.wait_for("feedback")
    assert said["kind"] == "useful"
    expect(visit.page.get_by_text("Nothing")).to_be_visible()


def test_without_a_framework(visit: Visit, app: Path) -> None:
    opened(visit, app, PLAIN)
    expect(visit.card).to_be_visible()


def test_on_a_server_it_only_waits(app: Path) -> None:
    script = 'import("segue-widget").then(({ segue }) => console.log(Object.keys(segue).join()))'
    done = subprocess.run(
        [NODE.parents[1] / ".venv" / "node" / "bin" / "node", "-e", script],
        cwd=app, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "start,token,pause,resume,stop"
