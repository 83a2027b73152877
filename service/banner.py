"""What the widget is told, as plain data: a meter, an alert and its buttons, in the reader's words.

The same for what stands in the database and for the samples that vendors try their dress on.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from engine.alert import AlertClass
from engine.policy import Policy
from engine.story import MeterStory, Story
from service import wording
from templates import samples
from templates.pack import languages

_URL = "https://app.example.com/billing"
_RETURNS = timedelta(days=60)


def meter(told: MeterStory, zone: str, locale: str) -> dict[str, Any]:
    """How a meter stands, and where it is heading."""
    ahead = told.forecast
    return {
        "key": told.key,
        "name": wording.meter_name(told),
        "used": str(told.used),
        "limit": None if told.limit is None else str(told.limit),
        "period_end": told.period_end.isoformat() if told.period_end else None,
        "at_limit": told.at_limit,
        "sentence": wording.meter_sentence(told, zone, locale),
        "forecast": None
        if ahead is None
        else {n: getattr(ahead, n).isoformat() for n in ("low", "mid", "high")},
    }


def alert(
    id: str,
    story: Story,
    audience: str,
    locale: str,
    *,
    can_buy: bool,
    actions: Iterable[Mapping[str, Any]],
    why: Iterable[str],
    returns: date | None,
) -> dict[str, Any]:
    """A story as its reader sees it."""
    text = wording.message(story, audience, locale, can_buy=can_buy)
    return {
        "id": id,
        "class": story.alert_class,
        "moment": story.moment,
        "meter": story.main.key,
        "title": text.title,
        "body": text.body,
        "facts": [
            {"id": f.id, "label": f.label, "value": f.value, "as_of": f.as_of.isoformat()}
            for f in text.facts
        ],
        "actions": list(actions),
        "why": list(why),
        "returns": returns.isoformat() if returns else None,
    }


def actions(
    story: Story, locale: str, *, url: str | None, to: Iterable[tuple[str, str]], known: bool
) -> list[dict[str, Any]]:
    """Buttons with their labels. `url`: where the reader may buy; `to`: id and name of who has not
    got it yet; `known`: whether anybody is known to whom it could go."""
    labels = wording.labels(locale)
    if story.alert_class is AlertClass.NOTICE:
        return [{"kind": "dismiss", "label": labels["close"]}]
    made: list[dict[str, Any]] = []
    if story.alert_class is AlertClass.ASK:
        if url and story.next_plan is not None:
            made.append({"kind": "open", "label": wording.see_plan(story, locale), "url": url})
        made += [
            {"kind": "forward", "label": wording.send_to(name, locale), "to": id} for id, name in to
        ]
        if not known:
            made.append({"kind": "forward", "label": labels["send_to_somebody"]})
    made.append({"kind": "useful", "label": labels["useful"]})
    made.append({"kind": "snooze", "label": labels["not_now"]})
    made.append({"kind": "mute", "label": labels["dont_suggest"]})
    return made


def samples_by_language() -> dict[str, list[dict[str, Any]]]:
    """The samples in every language there is."""
    return {locale: list(sampled(locale)) for locale in languages()}


def sampled(locale: str) -> Iterator[dict[str, Any]]:
    """What the widget would be told of a realistic account, at every moment and class."""
    policy = Policy()
    for story in samples.typical(locale):
        notice = story.alert_class is AlertClass.NOTICE
        returns = None if notice else story.as_of.date() + _RETURNS
        shown = alert(
            f"sample_{story.moment}_{story.alert_class}",
            story,
            "champion",
            locale,
            can_buy=True,
            actions=actions(story, locale, url=_URL, to=[("fiona", "Fiona")], known=True),
            why=wording.why_of(story, policy, locale, returns=returns),
            returns=returns,
        )
        yield state(story, locale, shown)


def state(story: Story, locale: str, shown: Mapping[str, Any] | None) -> dict[str, Any]:
    """All that the widget is told of an account that is known by its story alone."""
    return {
        "account": story.account,
        "as_of": story.as_of.isoformat(),
        "meters": [meter(m, story.time_zone, locale) for m in (story.main, *story.others)],
        "alert": shown,
        "time_zone": story.time_zone,
        "locale": wording.language_tag(locale),
        "labels": dict(wording.widget_labels(locale)),
    }
