"""How facts read to people: dates, names of countries and languages, the direction of a script, safe links."""

import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from shared.contracts.articles import Certainty
from shared.contracts.http.articles import StoryRef
from shared.contracts.http.problem import ProblemAnswer
from shared.contracts.rates import Status

COUNTRIES = {
    "AF": "Afghanistan",
    "AM": "Armenia",
    "AZ": "Azerbaijan",
    "BY": "Belarus",
    "CN": "China",
    "CZ": "Czechia",
    "DE": "Germany",
    "FR": "France",
    "GB": "United Kingdom",
    "GE": "Georgia",
    "IN": "India",
    "IR": "Iran",
    "KG": "Kyrgyzstan",
    "KZ": "Kazakhstan",
    "MN": "Mongolia",
    "PK": "Pakistan",
    "RU": "Russia",
    "TJ": "Tajikistan",
    "TM": "Turkmenistan",
    "TR": "Türkiye",
    "UA": "Ukraine",
    "US": "United States",
    "UZ": "Uzbekistan",
}
LANGUAGES = {
    "ar": "Arabic",
    "de": "German",
    "en": "English",
    "fa": "Persian",
    "fr": "French",
    "kk": "Kazakh",
    "ky": "Kyrgyz",
    "ps": "Pashto",
    "ru": "Russian",
    "tg": "Tajik",
    "tk": "Turkmen",
    "tr": "Turkish",
    "ug": "Uyghur",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "uz": "Uzbek",
    "zh": "Chinese",
}
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ps", "sd", "ug", "ur"})
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_BLANK_LINE = re.compile(r"\n\s*\n")


def country_name(code: str | None) -> str:
    """Return a country's English name, or its code where we have no name for it."""
    return COUNTRIES.get(code, code) if code else ""


def language_name(code: str | None) -> str:
    """Return a language's English name, or its code where we have no name for it."""
    return LANGUAGES.get(code, code) if code else ""


def text_direction(language: str | None) -> str:
    """Return a text's direction for HTML's `dir`; the browser decides where the language is unknown."""
    if language is None:
        return "auto"
    return "rtl" if language in _RIGHT_TO_LEFT else "ltr"


def day(instant: datetime) -> str:
    """Return an instant's day as people write it: `3 June 2026`."""
    return f"{instant.day} {_MONTHS[instant.month - 1]} {instant.year}"


def moment(instant: datetime) -> str:
    """Return an instant as people write it: `3 June 2026, 14:05 UTC`."""
    return f"{day(instant)}, {instant:%H:%M} UTC"


def published(instant: datetime, certainty: Certainty) -> str:
    """Return when an article was published, saying no more than is known."""
    match certainty:
        case "day_only":
            return day(instant)
        case "first_seen":
            return f"first seen {moment(instant)}"
        case "zone_assumed":
            return f"{moment(instant)}, time zone assumed"
        case "exact":
            return moment(instant)


def rate_standing(status: Status) -> str:
    """Return how far a rate can be trusted, as people say it; numbers and dates stand in the rate's own note."""
    match status:
        case "ok":
            return "As its bank fixed it"
        case "unconfirmed":
            return "Not confirmed yet: other sources differ by a few percent"
        case "late":
            return "The bank's next table is late"
        case "stale":
            return "Out of date: the bank has fixed nothing new for days"
        case "held":
            return "The bank's newest number is in doubt; this is the one before it"
        case "suspect":
            return "In doubt: other sources agree on another number; this is the last good one"


def more_tellers(story: StoryRef) -> str:
    """Return how many articles tell a story besides the one shown: `3 more articles`. Two may be of one source."""
    more = story.size - 1
    return "1 more article" if more == 1 else f"{more} more articles"


def every(seconds: float) -> str:
    """Return how often something happens: `every 10 minutes`."""
    span = timedelta(seconds=round(seconds))
    for unit, size in (
        ("day", timedelta(days=1)),
        ("hour", timedelta(hours=1)),
        ("minute", timedelta(minutes=1)),
    ):
        if span >= size:
            count = round(span / size)
            return f"every {unit}" if count == 1 else f"every {count} {unit}s"
    count = max(1, round(span.total_seconds()))
    return "every second" if count == 1 else f"every {count} seconds"


def paragraphs(text: str) -> list[str]:
    """Return a text's paragraphs, which empty lines part."""
    return [part for part in (piece.strip() for piece in _BLANK_LINE.split(text)) if part]


def web_link(url: str | None) -> str | None:
    """Return an address a reader may be sent to: http or https with a host, else None."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.netloc else None


def problem_heading(problem: ProblemAnswer) -> str:
    """Return what a page about a problem is headed with."""
    headings = {
        404: "There is nothing here",
        410: "This article was withdrawn",
        422: "This could not be read",
        500: "Something broke on our side",
    }
    if problem.type.endswith(":search-busy"):
        return "Too much is being searched at once"
    if problem.status == 503:
        return f"{_AWAY.get(problem.type.rpartition(':')[2], 'This part')} cannot be reached"
    return headings.get(problem.status, problem.title)


_AWAY = {"search-away": "The news", "rates-away": "The rates", "ingest-away": "The sources"}


def problem_advice(problem: ProblemAnswer) -> str:
    """Return what a page about a problem tells a reader to do."""
    match problem.status:
        case 400 if problem.type.endswith(":page-too-deep"):
            return "Narrow the search by words, filters or dates to reach what lies as deep as this."
        case 404:
            return "The address may be mistyped, or what it led to was never here."
        case 410:
            return "Its publisher or we took it down. Its text is no longer kept."
        case 503:
            return "This usually passes within a minute. The rest of the site goes on working."
        case 422 if problem.errors:
            return "Correct what is named here in the address or the form, and try again."
        case _:
            return problem.detail
