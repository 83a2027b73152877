"""Takes the pictures of docs/pictures that show a case, and what is mailed to a champion.

.venv/bin/python -m tests.templates.pictures
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from templates import chart, digest, email, summary
from templates.case import AnswerKind, CaseAnswer, CaseView, Sender, page
from templates.case_pdf import laid_out, written
from templates.message import Audience, message
from templates.samples import digests
from templates.why import why
from tests.bot.pictures import WEBP
from tests.browser import ARGS, chromium
from tests.templates.stories import AS_OF, sample_meter, sample_story
from tests.templates.test_case import view
from tests.templates.test_summary import view as opened

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
DESK, PHONE = 1000, 390


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A page or a picture, how wide it is looked at, and how much of it."""

    html: str
    width: int = DESK
    height: int = 1100
    dark: bool = False
    whole: bool = False


def case(locale: str = "en", **changes: Any) -> CaseView:
    """The sample case, of an account whose contract's end is known."""
    story = replace(sample_story(locale), renewal=date(2027, 3, 1))
    return view(**{"story": story, "audience": Audience.FINANCE, **changes})


def shown() -> Iterator[tuple[str, Shown]]:
    """Everything there is a picture of, by its file's name."""
    manager = case(audience=Audience.MANAGER)
    yield "case-finance", Shown(html=page(case(), "en"), whole=True)
    yield "case-manager", Shown(html=page(manager, "en"))
    yield "case-dark", Shown(html=page(case(), "en"), dark=True)
    yield "case-german", Shown(html=page(case("de", note=""), "de"))
    yield "case-phone", Shown(html=page(manager, "en"), width=PHONE, height=844)
    yield "case-sender", Shown(html=page(_sent(), "en"), height=760)
    yield "case-again", Shown(html=page(_again(), "en"), height=900)
    for number, picture in enumerate(
        laid_out(written(case(), "en"), format="png", ppi=110), start=1
    ):
        yield f"case-paper-{number}", Shown(html=_image(picture), width=910, whole=True)
    yield "case-mail", Shown(html=_mail(), width=680, whole=True)
    yield "summary-mail", Shown(html=_summary(), width=680, whole=True)
    yield "summary-page", Shown(html=summary.page(opened(), "en"), height=1500)
    yield "digest-mail", Shown(html=_digest(), width=680, height=660)


def _sent() -> CaseView:
    asked = CaseAnswer(kind=AnswerKind.QUESTION, at=AS_OF, text="Does it hold for 2027?")
    sender = Sender(
        views=3, viewed_at=AS_OF, reply_url="/reply", again_url="/again", withdraw_url="/withdraw"
    )
    return case(answers=(asked,), sender=sender)


def _again() -> CaseView:
    before = sample_story()
    main = sample_meter("en", used=before.main.used - 1200)
    return case(previous=replace(before, main=main, as_of=AS_OF - timedelta(days=6)))


def _summary() -> str:
    story, to = case().story, "Mara Lindt"
    text = message(story, audience=Audience.CHAMPION, locale="en", can_buy=True, recipient_name=to)
    url = "https://segue.example.com/summary/sealed"
    mail = email.summary(
        text,
        story,
        locale="en",
        page_url=url,
        upgrade_url=url,
        why=why(story, locale="en", spacing_days=30),
        unsubscribe_url=url,
    )
    return _drawn(mail.html)


def _digest() -> str:
    done, story = next(digests("en"))
    url = "https://segue.example.com/unsubscribe/sealed"
    return digest.mail(done, story, locale="en", reader="Mara Lindt", unsubscribe_url=url).html


def _mail() -> str:
    story = case().story
    text = message(story, audience=Audience.FINANCE, locale="en", can_buy=True)
    url = "https://segue.example.com/case/token"
    mail = email.forward(text, story, locale="en", asked_by="Ana Petrova", case_url=url)
    return _drawn(mail.html)


def _drawn(html: str) -> str:
    """A mail with its chart, which lies in the message itself."""
    picture = chart.png(chart.svg(case().story, locale="en"))
    return html.replace(f"cid:{email.CHART_CID}", _url(picture))


def _url(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _image(png: bytes) -> str:
    return f"<body style='margin:0'><img style='display:block' src='{_url(png)}'>"


def main() -> None:
    """Take them all anew."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGS)
        for name, one in shown():
            shot = browser.new_page(
                viewport={"width": one.width, "height": one.height},
                color_scheme="dark" if one.dark else "light",
            )
            shot.set_content(one.html)
            png = _url(shot.screenshot(full_page=one.whole))
            (FOLDER / f"{name}.webp").write_bytes(base64.b64decode(shot.evaluate(WEBP, png)))
            shot.close()
        browser.close()


if __name__ == "__main__":
    main()
