"""When schedules fire: by the clock on the wall or by moments, through every change of the clocks."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from bot.errors import Refused
from bot.model.schedules import Recurrence, Rhythm
from bot.recurrence import check, coming, is_civil, key_of, last_before, next_after

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour
    "America/Santiago",  # at midnight
    "Africa/Casablanca",  # out of summer time for Ramadan
)
DAILY = ("30 2 * * *", "0 0 * * *", "15 1 * * *", "45 23 * * *", "0 3 * * *")
YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def cron(spec: str) -> Recurrence:
    return Recurrence(Rhythm.CRON, spec)


def moved(zone: ZoneInfo) -> list[datetime]:
    """The moments of 2026 at which the clocks there are moved, to half an hour."""
    found, at = list[datetime](), YEAR
    while at.year == 2026:
        later = at + timedelta(minutes=30)
        if later.astimezone(zone).utcoffset() != at.astimezone(zone).utcoffset():
            found.append(later)
        at = later
    return found


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("spec", DAILY)
def test_a_daily_time_comes_once_on_every_date(zone: str, spec: str) -> None:
    """security R17: nothing twice in autumn, once in spring, and in the order of time."""
    for change in moved(ZoneInfo(zone)):
        begin = change - timedelta(days=4)
        moments = list(coming(cron(spec), zone, begin, begin, 8))
        keys = [key_of(cron(spec), zone, at) for at in moments]
        first = date.fromisoformat(keys[0][:10])
        assert [key[:10] for key in keys] == [str(first + timedelta(days=n)) for n in range(8)]
        assert moments == sorted(moments)
        minute, hour, *_ = spec.split()
        assert {key[11:] for key in keys} == {f"{int(hour):02}:{int(minute):02}"}


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("spec", "every"), [("*/15 * * * *", 15), ("7 * * * *", 60)])
def test_free_hours_go_on_by_the_moment(zone: str, spec: str, every: int) -> None:
    """What is finer than a day runs in both of the hours that are called the same."""
    for change in moved(ZoneInfo(zone)):
        if every == 60 and zone == "Australia/Lord_Howe":
            continue  # its clocks move by half an hour, and so does the minute
        begin = change - timedelta(hours=3)
        moments = list(coming(cron(spec), zone, begin, begin, 6 * 60 // every))
        gaps = {later - sooner for sooner, later in pairwise(moments)}
        assert gaps == {timedelta(minutes=every)}
        assert max(Counter(key_of(cron(spec), zone, at) for at in moments).values()) == 1


def test_the_nights_of_berlin() -> None:
    """02:30 is shown twice in October and not at all in March."""
    autumn = next_after(cron("30 2 * * *"), "Europe/Berlin", datetime(2026, 10, 24, 12, tzinfo=UTC), YEAR)
    assert autumn == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # the first time, in summer time
    spring = next_after(cron("30 2 * * *"), "Europe/Berlin", datetime(2026, 3, 28, 12, tzinfo=UTC), YEAR)
    assert spring is not None
    assert spring == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 03:30 by the clock
    assert key_of(cron("30 2 * * *"), "Europe/Berlin", spring) == "2026-03-29T02:30"


def test_two_fixed_times_keep_the_order_of_time_where_the_clock_jumps() -> None:
    """02:30 is shown as 03:30 there, after 03:00."""
    spec, begin = cron("0,30 2,3 * * *"), datetime(2026, 3, 28, 12, tzinfo=UTC)
    moments = list(coming(spec, "Europe/Berlin", begin, begin, 4))
    assert moments == sorted(moments)
    assert [f"{at:%H:%M}" for at in moments[:2]] == ["01:00", "01:30"]


def test_an_interval_counts_from_its_beginning() -> None:
    """Restarts and clocks that are moved do not shift it."""
    every = Recurrence(Rhythm.EVERY, "5400")
    began = datetime(2026, 10, 24, 22, 10, tzinfo=UTC)
    assert list(coming(every, "Europe/Berlin", began, began, 3)) == [
        began + timedelta(minutes=90 * n) for n in (1, 2, 3)
    ]
    late = began + timedelta(days=400)
    assert last_before(every, "UTC", began + timedelta(minutes=90), late, began)[0] <= late
    assert not is_civil(every)


def test_once_is_once() -> None:
    """A civil time that has passed has no next one."""
    once = Recurrence(Rhythm.ONCE, "2026-03-02T09:00")
    at = next_after(once, "Europe/Berlin", YEAR, YEAR)
    assert at is not None
    assert at == datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    assert next_after(once, "Europe/Berlin", at, YEAR) is None


@pytest.mark.parametrize("asleep", [timedelta(minutes=50), timedelta(days=3, hours=5), timedelta(days=700)])
@pytest.mark.parametrize("spec", ["*/15 * * * *", "30 2 * * *"])
def test_the_newest_of_those_that_were_missed(asleep: timedelta, spec: str) -> None:
    """However long nobody looked, it is the last moment before now."""
    first = next_after(cron(spec), "Europe/Berlin", YEAR, YEAR)
    assert first is not None
    now = first + asleep
    newest, missed = last_before(cron(spec), "Europe/Berlin", first, now, YEAR)
    following = next_after(cron(spec), "Europe/Berlin", newest, YEAR)
    assert newest <= now
    assert following is not None
    assert following > now
    assert (missed == 0) == (newest == first)


@pytest.mark.parametrize(
    "wrong",
    [
        cron("61 9 * * *"),
        cron("0 9 * *"),
        cron("0 9 31 2 *"),
        cron("* * * * * *"),
        cron("hello"),
        Recurrence(Rhythm.ONCE, "tomorrow"),
        Recurrence(Rhythm.EVERY, "0"),
        Recurrence(Rhythm.EVERY, "many"),
    ],
)
def test_what_has_no_next_moment_is_refused_in_words(wrong: Recurrence) -> None:
    """A sentence, whatever the library says."""
    with pytest.raises(Refused, match="no time that I understand"):
        check(wrong, "Europe/Berlin")
