"""The page behind a case link, made from what was frozen, and the chart behind its own token."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlmodel import Session

from engine.errors import Gone, NotFound, Unavailable
from engine.snapshot import Person
from engine.story import Story
from service import answer, frozen, links, snapshot, terms, wording
from service.context import Context
from service.people import display, named
from service.secrets import hashed
from store import alerts, forwards
from store.erase import ERASED
from templates import case as pages
from templates import case_pdf, chart
from templates.case_view import AnswerKind, CaseAnswer, CaseStatus, CaseView, Refused
from templates.message import Audience
from templates.pack import languages

_KINDS = {
    "approve": AnswerKind.APPROVED,
    "decline": AnswerKind.DECLINED,
    "question": AnswerKind.QUESTION,
    "reply": AnswerKind.REPLY,
}


_ONE_LOOK = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A rendered page with its status and the Content-Security-Policy source of its styles."""

    html: str
    status: int
    style: str


def page(
    context: Context,
    token: str,
    *,
    answered: str = "",
    status: int = 200,
    language: str = "",
    looks: bool = False,
    refused: Refused | None = None,
) -> Page:
    """The case, what was recorded of an answer, or a small page that says why there is none.

    `language`: the reader's choice, where there is one of theirs; `looks`: a person does;
    `refused`: a form of theirs that was not taken.
    """
    product = context.policy().catalogue.product
    with context.database.read() as session:
        case = forwards.case_behind(session, hashed(token))
        if case is None:
            return small(pages.not_found(product.name, product.locale), 404)
        view, locale = view_of(context, session, case, token)
    view = replace(view, refused=refused)
    locale = language if language in languages() else locale
    if view.status in (CaseStatus.REVOKED, CaseStatus.EXPIRED):
        return small(pages.gone(product.name, locale), 410)
    if looks:
        _count(context, case)
    if case_pdf.available():
        view = replace(view, pdf_url=f"/case/{token}.pdf?lang={locale}")
    if answered in answer.KINDS and _KINDS[answered] in {a.kind for a in view.answers}:
        said = pages.answered(
            product.name,
            _KINDS[answered],
            locale=locale,
            champion_name=view.champion_name,
            back_url=f"/case/{token}",
        )
        return small(said, 200)
    return small(pages.page(view, locale), status)


def printable(context: Context, token: str, *, language: str = "") -> tuple[CaseView, str]:
    """The case as it goes on paper, and in which language.

    Raises:
        NotFound: there is no such case.
        Gone: it is over.
    """
    with context.database.read() as session:
        case = forwards.case_behind(session, hashed(token))
        if case is None:
            raise NotFound("there is no such page")
        view, locale = view_of(context, session, case, token)
    if view.status in (CaseStatus.REVOKED, CaseStatus.EXPIRED):
        raise Gone("this link has expired or was withdrawn: ask for a new one")
    return view, language if language in languages() else locale


def chart_png(context: Context, view_token: str) -> bytes:
    """The chart behind a view-only token.

    Raises:
        NotFound: no such chart.
    """
    with context.database.read() as session:
        behind = hashed(view_token)
        story = alerts.chart_of(session, behind) or forwards.case_chart(
            session, behind, context.clock.now()
        )
    if story is None:
        raise NotFound("there is no such chart")
    locale = context.policy().catalogue.product.locale
    return chart.picture(frozen.story(story), locale=locale)


def small(html: str, status: int) -> Page:
    """A page with what its headers need."""
    return Page(html=html, status=status, style=pages.style_hash())


def view_of(
    context: Context, session: Session, case: forwards.StoredCase, token: str
) -> tuple[CaseView, str]:
    """A case as its page needs it, and its reader's language."""
    now = context.clock.now()
    facts = snapshot.staff(context, session, case.account, now, context.policy())
    everyone = facts.people if facts else ()
    champion = named(everyone, case.champion) or Person(id=case.champion)
    recipient = named(everyone, case.recipient) or Person(id=case.recipient)
    given = forwards.answers(session, case.account, case.id)
    locale = wording.locale_of(recipient, facts) if facts else "en"
    view = CaseView(
        story=frozen.story(case.story),
        audience=Audience(case.audience),
        champion_name=_name(champion),
        champion_email=champion.email or "",
        recipient_name=_name(recipient),
        created_at=case.created_at,
        expires_at=case.expires_at,
        approve_url=f"/case/{token}/approve",
        decline_url=f"/case/{token}/decline",
        question_url=f"/case/{token}/question",
        note=case.note,
        previous=_previous(session, case),
        status=_status(
            case,
            given,
            expired=links.expired(case, now),
            settled=answer.over(alerts.get(session, case.account, case.alert)),
        ),
        answers=tuple(
            CaseAnswer(kind=_KINDS[a.kind], at=a.at, text=a.text, name=a.name, until=a.until)
            for a in given
        ),
        now=terms.thaw(case.terms, "now"),
        next=terms.thaw(case.terms, "next"),
    )
    return view, locale


def _name(person: Person) -> str:
    """What a person is called; of whom was erased nothing is."""
    return "" if person.id.startswith(ERASED) else display(person)


def _previous(session: Session, case: forwards.StoredCase) -> Story | None:
    before = forwards.case(session, case.account, case.previous) if case.previous else None
    return frozen.story(before.story) if before else None


def _count(context: Context, case: forwards.StoredCase) -> None:
    """Once in a while is enough; a page is shown also where that can't be written."""
    now = context.clock.now()
    if case.viewed_at is not None and now < case.viewed_at + _ONE_LOOK:
        return
    with suppress(Unavailable), context.database.write() as session:
        forwards.viewed(session, case, now, pause=_ONE_LOOK)


def _status(
    case: forwards.StoredCase,
    given: tuple[forwards.StoredAnswer, ...],
    *,
    expired: bool,
    settled: bool,
) -> CaseStatus:
    if case.revoked_at is not None:
        return CaseStatus.REVOKED
    kinds = {a.kind for a in given}
    if "approve" in kinds:
        return CaseStatus.APPROVED
    if "decline" in kinds:
        return CaseStatus.DECLINED
    if expired:
        return CaseStatus.EXPIRED
    if settled:
        return CaseStatus.SETTLED
    return CaseStatus.QUESTION if "question" in kinds else CaseStatus.OPEN
