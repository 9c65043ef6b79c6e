"""Times in people's words: “every weekday at nine”, “tomorrow at 9”, ``0 9 * * 1-5``; and back into words.

Read by code, like limits: a model that misreads a time would wake somebody at night. What is left of the text
is what is to be done. A phrase counts at the beginning of the words or at their end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from bot.model.schedules import Recurrence, Rhythm

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOURS: Final = (
    "midnight", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "noon",
)  # fmt: skip
_COUNTS: Final = {"other": 2, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10, "thirty": 30}
_PARTS: Final = {
    "morning": (9, 0),
    "noon": (12, 0),
    "afternoon": (15, 0),
    "evening": (18, 0),
    "night": (22, 0),
}
_UNITS: Final = {"minute": 60, "min": 60, "hour": 3600}
USUAL: Final = (9, 0)
"""The time of a day that is named without one."""

_DAY: Final = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
_DAY_LIST: Final = rf"{_DAY}(?:(?:\s*,\s*|\s+and\s+|\s*,\s*and\s+){_DAY})*"
_TIME: Final = (
    r"(?:(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))?(?:\s*(?P<half>am|pm)\b)?(?:\s*o'?clock)?"
    rf"|(?P<word>{'|'.join(_HOURS)})(?:\s*o'?clock)?(?:\s*(?P<word_half>am|pm))?)"
)
_AT: Final = rf"(?:\s*,?\s*(?:at|@)\s*{_TIME})?"
_EVERY: Final = r"(?:(?:every|each|on)\s+)"
_CRON: Final = (
    r"[\d*][\d*/,\-]*(?:\s+[\d*][\d*/,\-L]*){2}\s+(?:[\d*][\d*/,\-]*|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|"
    r"dec)[a-z,\-]*)\s+(?:[\d*][\d*/,\-#]*|(?:sun|mon|tue|wed|thu|fri|sat)[a-z,\-#\d]*)"
)

_PHRASES: Final = tuple(
    re.compile(phrase, re.IGNORECASE)
    for phrase in (
        rf"(?:cron:?\s+)?(?P<cron>{_CRON})",
        r"(?:every|each)\s+(?:(?P<count>\d{1,4}|" + "|".join(_COUNTS) + r")\s+)?(?P<unit>minute|min|hour)s?",
        r"(?P<hourly>hourly)",
        rf"(?:{_EVERY}?(?P<weekdays>weekdays?|working days?|workdays?)|(?P<daily>daily|{_EVERY}day)"
        rf"|{_EVERY}(?P<part>morning|noon|afternoon|evening|night)|(?P<weekly>weekly)(?:\s+on\s+(?P<on>{_DAY}))?"
        rf"|{_EVERY}?(?P<weekend>weekends?)|{_EVERY}(?P<days>{_DAY_LIST})"
        r"|(?P<monthly>monthly|(?:every|each) month)(?:\s+on the (?P<of>\d{1,2})(?:st|nd|rd|th)?)?"
        rf"|(?:on\s+)?the (?P<nth>\d{{1,2}})(?:st|nd|rd|th) of (?:the|every|each) month){_AT}",
        rf"(?P<next>today|tomorrow|tonight|(?:on\s+|next\s+){_DAY}){_AT}",
        rf"(?:on\s+)?(?P<date>\d{{4}}-\d{{2}}-\d{{2}})(?:T|\s+|,\s*)?{_AT.replace('(?:at|@)', '(?:at|@)?')}",
        rf"at\s+{_TIME}",
        r"in\s+(?P<in>\d{1,4}|an?|two|three|ten|thirty)\s+(?P<in_unit>minute|min|hour|day)s?",
    )
)
_LEAD: Final = re.compile(r"\s*(?:please\s+|hey\s*,?\s*|could you\s+)?", re.IGNORECASE)
_JOIN: Final = re.compile(r"\s*[,:;.–—-]*\s*(?:please\s+|can you\s+|could you\s+|then\s+)?", re.IGNORECASE)
_TAIL: Final = re.compile(r"[\s,.;:!?–—-]+$")
READ_CHARS: Final = 4_000


@dataclass(frozen=True, slots=True)
class Found:
    """A time among the words, and what is left of them."""

    recurrence: Recurrence
    rest: str


def read(text: str, now: datetime, timezone: str) -> Found | None:
    """The time at the beginning or the end of the words; ``now`` and the zone say what tomorrow is."""
    text = text.strip()
    if not text or len(text) > READ_CHARS:
        return None
    local = now.astimezone(ZoneInfo(timezone))
    begin = _LEAD.match(text)
    start = begin.end() if begin else 0
    for phrase in _PHRASES:
        found = phrase.match(text, start)
        recurrence = _recurrence(found, local) if found and _ends(text, found.end()) else None
        if found and recurrence:
            rest = _after(text, found.end())
            if found[0].lower() in ("daily", "weekly", "monthly") and (said := _at_the_end(rest, local)):
                return said  # “weekly digest every friday”: the first word says which, the last ones say when
            return Found(recurrence, rest)
    return _at_the_end(text, local)


def _at_the_end(text: str, local: datetime) -> Found | None:
    for phrase in _PHRASES:
        for found in phrase.finditer(text):
            alone = not _TAIL.sub("", text[found.end() :]) and _begins(text, found.start())
            if alone and (recurrence := _recurrence(found, local)):
                return Found(recurrence, _TAIL.sub("", text[: found.start()]))
    return None


def _ends(text: str, at: int) -> bool:
    return at == len(text) or not (text[at].isalnum() or text[at] in "_/")


def _begins(text: str, at: int) -> bool:
    return at == 0 or not (text[at - 1].isalnum() or text[at - 1] in "_/-")


def _after(text: str, at: int) -> str:
    join = _JOIN.match(text, at)
    return text[join.end() if join else at :].strip()


def _recurrence(found: re.Match[str], local: datetime) -> Recurrence | None:
    given = {name: value.lower() for name, value in found.groupdict().items() if value}
    if "cron" in given:
        return Recurrence(Rhythm.CRON, " ".join(given["cron"].split()))
    if "unit" in given or "hourly" in given:
        count = _number(given.get("count", "1"))
        return Recurrence(Rhythm.EVERY, str(count * _UNITS[given.get("unit", "hour")]))
    if "in" in given:
        return _from_now(given, local)
    clock = _clock(given)
    if clock is None:
        return None
    days = _days(given)
    if days is not None:
        hour, minute = _PARTS.get(given.get("part", ""), clock) if not _has_time(given) else clock
        return Recurrence(Rhythm.CRON, f"{minute} {hour} {days}")
    day = _date(given, local, clock)
    return day and Recurrence(Rhythm.ONCE, day.isoformat(timespec="minutes"))


def _number(word: str) -> int:
    return _COUNTS.get(word) or (1 if word in ("a", "an") else int(word))


def _from_now(given: dict[str, str], local: datetime) -> Recurrence:
    seconds = _number(given["in"]) * (86_400 if given["in_unit"] == "day" else _UNITS[given["in_unit"]])
    at = (local.astimezone(ZoneInfo("UTC")) + timedelta(seconds=seconds)).astimezone(local.tzinfo)
    return Recurrence(
        Rhythm.ONCE, at.replace(tzinfo=None, second=0, microsecond=0).isoformat(timespec="minutes")
    )


def _has_time(given: dict[str, str]) -> bool:
    return "hour" in given or "word" in given


def _clock(given: dict[str, str]) -> tuple[int, int] | None:
    if not _has_time(given):
        return (20, 0) if given.get("next") == "tonight" else USUAL
    word = given.get("word")
    hour = (12 if word == "noon" else _HOURS.index(word)) if word else int(given["hour"])
    minute, half = int(given.get("minute", 0)), given.get("half") or given.get("word_half")
    if half and not 1 <= hour <= 12:
        return None
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return (hour, minute) if hour < 24 and minute < 60 else None


def _days(given: dict[str, str]) -> str | None:
    """The last three fields of a cron line; None for what happens once."""
    if "weekdays" in given:
        return "* * 1-5"
    if "weekend" in given:
        return "* * 0,6"
    if "daily" in given or "part" in given:
        return "* * *"
    if "weekly" in given:
        return f"* * {_day_number(given.get('on', 'monday'))}"
    if "days" in given:
        numbers = sorted({_day_number(day) for day in re.findall(_DAY, given["days"])})
        return f"* * {','.join(map(str, numbers))}"
    if "monthly" in given or "nth" in given:
        day = int(given.get("of") or given.get("nth") or 1)
        return f"{day} * *" if 1 <= day <= 31 else None
    return None


def _day_number(name: str) -> int:
    """As cron counts: Sunday is 0."""
    return (DAYS.index(name.removesuffix("s") if name.endswith("days") else name) + 1) % 7


def _date(given: dict[str, str], local: datetime, clock: tuple[int, int]) -> datetime | None:
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    if "date" in given:
        try:
            day = datetime.fromisoformat(given["date"])
        except ValueError:
            return None
    elif given.get("next") == "today" and not _has_time(given):
        return None  # “as of today” and “please today” name no hour
    elif "next" in given:
        day = midnight + timedelta(days=_days_ahead(given["next"], local))
    elif _has_time(given):
        ahead = (local.hour, local.minute) >= clock
        day = midnight + timedelta(days=int(ahead))
    else:
        return None
    return day.replace(hour=clock[0], minute=clock[1])


def _days_ahead(word: str, local: datetime) -> int:
    if word in ("today", "tonight"):
        return 0
    if word == "tomorrow":
        return 1
    return (DAYS.index(word.split()[-1].removesuffix("s")) - local.weekday() - 1) % 7 + 1


# ── back into words ──────────────────────────────────────────────────────────────────────────────────────

_CRON_DAYS: Final = {
    "* * *": "every day",
    "* * 1-5": "every weekday",
    "* * 0,6": "every Saturday and Sunday",
}


@lru_cache(4096)
def in_words(recurrence: Recurrence) -> str:
    """What a person reads: every weekday at 09:00."""
    match recurrence.rhythm:
        case Rhythm.ONCE:
            at = datetime.fromisoformat(recurrence.spec)
            return f"once, on {day_words(at)} at {at:%H:%M}"
        case Rhythm.EVERY:
            return f"every {span(int(recurrence.spec))}"
        case Rhythm.CRON:
            return _cron_words(recurrence.spec)


def _cron_words(spec: str) -> str:
    minute, hour, *rest = spec.split()
    days = " ".join(rest)
    if not (minute.isdigit() and hour.isdigit()):
        return f"cron {spec}"
    at = f"at {int(hour):02}:{int(minute):02}"
    if days in _CRON_DAYS:
        return f"{_CRON_DAYS[days]} {at}"
    of_month, month, of_week = rest
    if (of_month, month) == ("*", "*") and re.fullmatch(r"[0-6](,[0-6])*", of_week):
        return f"every {_listed([DAYS[(int(day) - 1) % 7].title() for day in of_week.split(',')])} {at}"
    if (month, of_week) == ("*", "*") and of_month.isdigit():
        return f"on day {of_month} of every month {at}"
    return f"cron {spec}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def span(seconds: int) -> str:
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds % size == 0:
            count = seconds // size
            return unit if count == 1 else f"{count} {unit}s"
    return f"{seconds} seconds"


def day_words(at: datetime) -> str:
    return f"{at:%A} {at.day} {at:%B}"


def moment_words(at: datetime, timezone: str) -> str:
    """Tue 3 March 09:00 CET."""
    local = at.astimezone(ZoneInfo(timezone))
    return f"{local:%a} {local.day} {local:%B} {local:%H:%M} {local:%Z}"
