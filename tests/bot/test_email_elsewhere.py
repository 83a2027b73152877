"""What another mail program reads of ours: postal-mime, which shares no code with Python's own."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bot.email.message import compose
from service.channel import Outgoing
from tests.bot.deliveries import NOW, digested, forwarded, notice, summary
from tests.bot.test_email import FROM, mail

ROOT = Path(__file__).parents[2]
READ = """
const PostalMime = require("./tests/node_modules/postal-mime").default;
const chunks = [];
process.stdin.on("data", (chunk) => chunks.push(chunk)).on("end", async () => {
  const mail = await PostalMime.parse(Buffer.concat(chunks), { attachmentEncoding: "base64" });
  process.stdout.write(JSON.stringify(mail));
});
"""


def elsewhere(outgoing: Outgoing) -> dict[str, Any]:
    """A mail as it goes over the wire, read by somebody else."""
    made = compose(mail(outgoing), sender=FROM, now=NOW)
    node = ROOT / ".venv" / "node" / "bin" / "node"
    read = subprocess.run(
        [node, "-e", READ], input=made.as_bytes(), cwd=ROOT, capture_output=True, check=True
    )
    return dict(json.loads(read.stdout))


@pytest.mark.parametrize("outgoing", [forwarded(), summary(), notice()], ids=lambda one: one.kind)
def test_both_parts_and_the_chart_are_whole(outgoing: Outgoing) -> None:
    read = elsewhere(outgoing)
    for part in (read["text"], read["html"]):
        assert "10,000" in part
        assert "\ufffd" not in part
    assert read["html"].rstrip().endswith("</html>")
    (chart,) = read["attachments"]
    assert (chart["mimeType"], chart["contentId"]) == ("image/png", "<chart>")
    assert chart["disposition"] == "inline"
    assert chart["content"].startswith("iVBORw0KGgo")


def test_a_digest_is_whole_and_holds_no_picture() -> None:
    read = elsewhere(digested(unsubscribe_url="https://segue.example.com/stop/abc"))
    assert read["subject"] == "1,530 reports delivered to your clients, 9–15 November"
    for part in (read["text"], read["html"]):
        assert "1,420" in part
        assert "https://segue.example.com/stop/abc" in part
        assert "\ufffd" not in part
    assert read["attachments"] == []
    assert read["to"] == [{"name": "Mara Lindt", "address": "champion@acme.test"}]


def test_who_it_is_from_and_whom_an_answer_goes_to() -> None:
    read = elsewhere(forwarded())
    assert read["from"] == {"name": "Northwind Reports", "address": "hello@northwind.test"}
    assert read["to"] == [{"name": "Finn Okafor", "address": "finance@acme.test"}]
    assert read["replyTo"] == [{"name": "Mara Lindt", "address": "champion@acme.test"}]
    assert "8,420" in read["text"]
    assert "https://segue.example.com/case/secret-token" in read["text"]
    assert "https://segue.example.com/case/secret-token" in read["html"]


def test_letters_of_other_scripts_arrive() -> None:
    read = elsewhere(forwarded(note="Für Zürich, Łódź und 東京."))
    assert "Für Zürich, Łódź und 東京." in read["text"]
    assert "Für Zürich, Łódź und 東京." in read["html"]
