"""A person's App Home: live, theirs alone, with buttons that work; refused where Slack refuses it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.chats.slack.home import view_of
from adapters.chats.slack.web import Web
from adapters.rehearsal.slack_api import Pace, Person, Rules, SlackApi
from adapters.rehearsal.slack_api.blocks import MAX_VIEW_BLOCKS, check_blocks, texts
from bot.app import open_desk
from bot.model.dashboards import Dashboard, Entry, Section
from bot.model.dispatches import Dispatch, Status
from bot.model.people import Role
from bot.model.posts import ButtonView
from tests.slack_chats import RULES, until_taken
from tests.slack_house import SlackHouse, house_on


@pytest.fixture
async def slack() -> AsyncGenerator[SlackApi]:
    """Its retries come at once."""
    async with SlackApi(RULES) as slack:
        yield slack


async def until_home(house: SlackHouse, who: Person, *words: str) -> None:
    """All of ``words`` stand on their page."""
    try:
        await house.slack.record.until(lambda: all(each in who.sees_home() for each in words), 30.0)
    except TimeoutError:
        raise AssertionError(f"no {words!r} in:\n{who.sees_home()}") from None


async def test_an_open_home_shows_what_happens_and_its_buttons_work(slack: SlackApi, tmp_path: Path) -> None:
    """Waiting, running, recent, spent; a press there is a press below the post."""
    ann = slack.person("Ann")
    team = slack.channel("team", ann)
    async with house_on(slack, tmp_path, (ann, Role.USER)) as house:
        ann.opens_home()
        await until_home(
            house, ann, "Waiting for you\nNothing.", "Running\nNothing.", "your budget for today"
        )
        thread = ann.mentions("fix the server in server.py", team)
        await until_home(house, ann, "Which port?", "[8080] [9090]")
        ann.presses_at_home("9090")
        await house.until_shown("It listens on 9090.", team, thread)
        await house.until_shown("9090 — ann", team, thread)
        await until_home(house, ann, "Waiting for you\nNothing.", "Recent\n*d1", "— done")


async def test_a_home_shows_ones_own_schedules(slack: SlackApi, tmp_path: Path) -> None:
    """What they ask for, when and where; a colleague sees nothing of it."""
    ann, bob = slack.person("Ann"), slack.person("Bob")
    async with house_on(slack, tmp_path, (ann, Role.USER), (bob, Role.USER)) as house:
        timetables, person = house.desk.timetables, await house.desk.members.known("ann")
        assert person is not None
        words = "every friday at 16:00: a digest"
        await timetables.add(person, await timetables.read(person, words), words)
        ann.opens_home()
        bob.opens_home()
        await until_home(house, ann, "s1 · Digest of your own work — every Friday at 16:00", "next Fri ")
        await until_home(house, bob, "your budget for today")
        assert "s1" not in bob.sees_home()
        await timetables.pause(person, "s1")
        ann.opens_home()
        await until_home(house, ann, "s1 · Digest of your own work", "paused: By ")


async def test_a_home_is_its_persons_alone(slack: SlackApi, tmp_path: Path) -> None:
    """Who may decide sees what waits; a colleague sees nothing of it, and no token of it works for them."""
    ann, bob, carol = slack.person("Ann"), slack.person("Bob"), slack.person("Carol")
    team = slack.channel("team", ann, bob, carol)
    known = ((ann, Role.USER), (bob, Role.USER), (carol, Role.APPROVER))
    async with house_on(slack, tmp_path, *known) as house:
        for who in (ann, bob, carol):
            who.opens_home()
        thread = ann.mentions("clean up the build directory", team)
        await until_home(house, carol, "rm -rf build", "asked by ann", "[Allow once]")
        assert "d1" not in bob.sees_home()
        page = slack.workspace.homes[carol.id]
        token = next(
            each["action_id"]
            for block in page["blocks"]
            for each in block.get("elements", [])
            if each.get("text", {}) == {"type": "plain_text", "text": "Allow once", "emoji": True}
        )
        bob.presses_token_at_home(token, {**page, "type": "home"})
        await slack.record.until(
            lambda: any(view["user"] == bob.id for view in slack.workspace.views.values())
        )
        assert "not known here" in "".join(texts(bob.sees_form()["blocks"]))
        carol.presses_at_home("Allow once")
        await house.until_shown("Approved, once — carol", team, thread)
        await until_home(house, carol, "Waiting for you\nNothing.")


async def test_a_home_that_was_open_when_the_house_died_is_shown_as_things_are(
    slack: SlackApi, tmp_path: Path
) -> None:
    """Nobody opens it again: the house remembers who had it open."""
    ann = slack.person("Ann")
    async with house_on(slack, tmp_path, (ann, Role.USER)) as house:
        ann.opens_home()
        ann.writes("fix the server in server.py")
        await until_home(house, ann, "Which port?")
        settings, person = house.desk.house.settings, await house.desk.members.known("ann")
    async with open_desk(settings) as desk:
        assert person is not None
        await desk.cancel(person, "d1")
    async with house_on(slack, tmp_path, (ann, Role.USER)) as house:
        await until_home(house, ann, "Waiting for you\nNothing.", "— cancelled")


@pytest.mark.full
async def test_without_a_home_tab_all_else_goes_on(tmp_path: Path) -> None:
    """The app's pages can have it turned off."""
    async with SlackApi(replace(RULES, home=False)) as slack:
        ann = slack.person("Ann")
        async with house_on(slack, tmp_path, (ann, Role.USER)) as house:
            ann.opens_home()
            await slack.record.until(lambda: bool(slack.record.calls(r"views\.publish")))
            thread = ann.writes("fix the parser in parser.py")
            await house.until_shown("Fixed.", ann.private, thread)
            assert ann.sees_home() == ""


async def test_a_stranger_sees_one_sentence_once(slack: SlackApi, tmp_path: Path) -> None:
    """Nothing of the house, however often they look."""
    ann, mallory = slack.person("Ann"), slack.person("Mallory")
    async with house_on(slack, tmp_path, (ann, Role.USER)) as house:
        for _ in range(3):
            mallory.opens_home()
        await until_taken(slack)
        await until_home(house, mallory, "only work for people I know")
        assert len(slack.record.calls(r"views\.publish")) == 1


def test_a_page_is_within_slacks_limits_and_says_what_it_leaves_out() -> None:
    """100 blocks; words that are too long are cut, and marks in a title are no format."""
    buttons = tuple(ButtonView(f"token{n}", "Allow" * 30) for n in range(30))
    entries = tuple(
        Entry(f"d{n} · *bold* <!channel>", "x" * 5_000, "y" * 900, buttons if n == 0 else ())
        for n in range(60)
    )
    board = Dashboard((Section("Waiting for you", entries, more=2), Section("Running", empty="Nothing.")))
    blocks = check_blocks(view_of(board)["blocks"], most=MAX_VIEW_BLOCKS, in_view=True)
    shown = sum("d" in words and "bold" in words for words in texts(blocks))
    said = "\n".join(texts(blocks))
    assert f"… and {62 - shown} more" in said
    assert "Running\nNothing." in said
    assert "<!channel>" not in said


@pytest.mark.parametrize(
    ("view", "error"),
    [
        ({"type": "home", "blocks": [{"type": "markdown", "text": "x"}]}, "invalid_blocks"),
        ({"type": "home", "blocks": [{"type": "divider"}] * 101}, "invalid_blocks"),
        ({"type": "home", "title": {"type": "plain_text", "text": "x"}, "blocks": []}, "invalid_arguments"),
        ({"type": "modal", "blocks": []}, "invalid_arguments"),
    ],
)
async def test_the_rehearsal_refuses_what_a_home_cannot_show(
    slack: SlackApi, view: dict[str, object], error: str
) -> None:
    """As Slack does."""
    ann = slack.person("Ann")
    web = Web(slack.bot_token, slack.api_url)
    try:
        with pytest.raises(Exception, match=error):
            await web.call("views.publish", user_id=ann.id, view=view)
    finally:
        await web.close()


async def test_the_rehearsal_knows_when_the_tab_is_off() -> None:
    """`not_enabled`, until somebody turns it on in the app's pages."""
    async with SlackApi(Rules(home=False)) as slack:
        web = Web(slack.bot_token, slack.api_url)
        try:
            with pytest.raises(Exception, match="not_enabled"):
                await web.call("views.publish", user_id=slack.person("Ann").id, view={"type": "home"})
        finally:
            await web.close()


@pytest.mark.full
async def test_thirty_pieces_of_work_stay_within_slacks_rate(tmp_path: Path) -> None:
    """Changes are shown together, the last state is; Slack, which counts, asks nobody to wait."""
    async with SlackApi(replace(RULES, pace=Pace())) as slack:
        ann = slack.person("Ann")
        limits = {"waiting_per_person": 100, "dispatches_per_hour": 100}
        async with house_on(slack, tmp_path, (ann, Role.USER), limits=limits) as house:
            ann.opens_home()
            await until_home(house, ann, "Running\nNothing.")
            person = await house.desk.members.known("ann")
            assert person is not None
            for n in range(30):
                await house.desk.dispatch(person, "api", f"fix the parser in {n}.py")
            async with asyncio.timeout(100):
                while not await all_done(house):
                    await slack.record.changed()
            await until_home(house, ann, "Running\nNothing.", "*d30 · fix the parser in 29.py — done*")
            shown = slack.record.calls(r"views\.publish")
            assert all(call["outcome"]["ok"] for call in shown)
            assert len(shown) < 60, "several changes are shown at once"


async def all_done(house: SlackHouse) -> bool:
    async with house.desk.house.store.reading() as unit:
        return len(await unit.find(Dispatch, status=Status.DONE)) == 30
