"""The page behind "Stop these messages": a question with one button, and what was answered."""

from templates.case import style_hash
from templates.pack import pack
from templates.plain import plain
from templates.render import environment, isolated

__all__ = ["page", "style_hash"]


def page(state: str, product: str, account: str, locale: str) -> str:
    """`state`: ask, stopped or again; gone or not_found where the link leads nowhere."""
    words = pack(locale)
    context = {
        "state": state,
        "product": isolated(plain(product, 32)),
        "account": isolated(plain(account, 60)),
        "lang": words.babel.language,
        "rtl": words.babel.text_direction == "rtl",
        "words_file": f"{words.name}/email.j2",
    }
    return environment(html=True).get_template("email/stop.html.j2").render(context)
