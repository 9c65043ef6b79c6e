"""A voice note is shown as words before work starts from it; what cannot be heard is answered."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from adapters.hearing.transcriber import MAX_CHARS, transcribe
from adapters.rehearsal.bot_api import BotApi, Person
from adapters.rehearsal.speech import Speech, spoken
from bot import rules
from bot.app import open_desk, open_house
from bot.brief import Brief
from bot.errors import HearingError
from bot.hearing import FAILED, OFF, Hearing
from bot.model.conversations import FileRef, Origin
from bot.model.decisions import Decision
from bot.ports import Recording
from bot.settings import HouseSettings, Settings, settings_of
from tests.briefs import EMPTY, message

ANN: Final = 4711
BOB: Final = 4712
OGG: Final = "voice.ogg"


def recording(speech: Speech, words: str = "fix the parser", **changes: Any) -> Recording:
    usual: dict[str, Any] = {
        "name": OGG,
        "audio": spoken(words),
        "base_url": speech.url,
        "model": speech.model,
        "key": speech.key,
        "timeout_s": 20.0,
    }
    return Recording(**(usual | changes))


# ── the transcriber ─────────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_said_is_written_down() -> None:
    """One request in OpenAI's form; the words come back without what is no text."""
    async with Speech() as speech:
        assert await transcribe(recording(speech, "grüß\0 dich")) == "grüß dich"
        assert speech.heard == ["grüß\0 dich"]


async def test_words_without_an_end_are_cut() -> None:
    """What a hostile or broken server says does not fill the house."""
    async with Speech() as speech:
        assert len(await transcribe(recording(speech, "la " * MAX_CHARS))) <= MAX_CHARS + 4
        speech.faults = [b'{"text": "' + b"x" * 2_000_000 + b'"}']
        with pytest.raises(HearingError, match="does not end"):
            await transcribe(recording(speech))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"key": "sk-planted-wrong-key"}, "refuses its key"),
        ({"key": None}, "refuses its key"),
        ({"model": "no-such-model"}, "has no such model"),
        ({"audio": b"no audio"}, "status 400"),
        ({"base_url": "http://127.0.0.1:9/v1"}, "127.0.0.1:9 cannot be reached"),
    ],
)
async def test_each_refusal_is_a_sentence_without_the_key(changes: dict[str, Any], sentence: str) -> None:
    """Who can act reads what to do."""
    async with Speech() as speech:
        with pytest.raises(HearingError, match=sentence) as raised:
            await transcribe(recording(speech, **changes), retry_s=0)
    assert "planted" not in str(raised.value)


@pytest.mark.parametrize("faults", [[503], [429], [None]])
async def test_what_passes_is_tried_once_more(faults: list[int | bytes | None]) -> None:
    """A busy server, a proxy that hiccups, a connection that breaks."""
    async with Speech() as speech:
        speech.faults = list(faults)
        assert await transcribe(recording(speech), retry_s=0) == "fix the parser"
        speech.faults = faults * 2
        with pytest.raises(HearingError):
            await transcribe(recording(speech), retry_s=0)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"text": 3}', b"<html>", b'{"text": null}'])
async def test_an_answer_without_text_is_none(body: bytes) -> None:
    """Nothing is taken for words that is not."""
    async with Speech() as speech:
        speech.faults = [body]
        with pytest.raises(HearingError, match="holds no text"):
            await transcribe(recording(speech))


def test_openais_key_goes_to_openai_only(tmp_path: Path) -> None:
    """Another server gets its own key, or none."""
    environ = {"OPENAI_API_KEY": "sk-of-openai", "HOME": str(tmp_path)}

    def key(voice: dict[str, Any], **more: str) -> str | None:
        return settings_of({"voice": voice}, environ=environ | more, directory=tmp_path).voice_key()

    assert key({"model": "whisper-1"}) == "sk-of-openai"
    assert key({"model": "whisper-1", "base_url": "http://127.0.0.1:9/v1"}) is None
    assert key({"model": "whisper-1", "base_url": "http://127.0.0.1:9/v1"}, VOICE_API_KEY="k") == "k"


# ── on a phone ──────────────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def phone(tmp_path: Path, speech: Speech | None, **voice: Any) -> AsyncGenerator[Person]:
    """Ann's, with a house that works by rules behind it; without ``speech`` nobody listens."""
    tmp_path.mkdir(exist_ok=True)
    async with BotApi() as api:
        settings = configured(tmp_path, api, speech, voice)
        ann = api.person("Ann", ANN)
        api.person("Bob", BOB)
        async with open_house(settings, decide=decided_by_rules, drain_s=0.0):
            yield ann


def configured(tmp_path: Path, api: BotApi, speech: Speech | None, voice: dict[str, Any]) -> Settings:
    listens = {"model": speech.model, "base_url": speech.url, **voice} if speech else {}
    environ = {
        "HOME": str(tmp_path),
        "TELEGRAM_BOT_TOKEN": api.token,
        "TELEGRAM_API_URL": api.url,
        "VOICE_API_KEY": speech.key if speech else "",
    }
    tables: dict[str, Any] = {
        "frontdesk": {"home": str(tmp_path / "home")},
        "people": {"ann": {"role": "admin", "telegram": ANN}},
        "projects": {"api": {"directory": str(tmp_path), "specialist": "scripted", "sandbox": "none"}},
        "specialists": {"scripted": {}},
        "chats": {"telegram": {"project": "api"}},
        "voice": listens,
    }
    return settings_of(tables, environ=environ, directory=tmp_path)


async def decided_by_rules(brief: Brief) -> Decision:
    return rules.decide(brief)


async def told(ann: Person, *words: str) -> str:
    """What the bot wrote, once all of ``words`` are in it."""

    def shown() -> str:
        return "\n".join(each.text for each in ann.sees() if each.by_bot)

    await ann.platform.record.until(lambda: all(each in shown() for each in words), 60.0)
    return shown()


def dispatched(ann: Person) -> bool:
    return any(each.by_bot and each.text.startswith("d1 ·") for each in ann.sees())


async def test_nothing_starts_from_a_voice_note_before_its_words_are_confirmed(tmp_path: Path) -> None:
    """She sees what was understood; her press starts the work, with her words and without the sound file."""
    async with Speech() as speech, phone(tmp_path, speech) as ann:
        ann.sends("voice", spoken("/run fix the date parser"), OGG)
        await told(ann, "I heard:", "/run fix the date parser", "Shall I go on with that?")
        assert not dispatched(ann)
        ann.presses("Yes, go on")
        text = await told(ann, "d1 ·", "fix the date parser")
        assert "voice-" not in text
        assert speech.heard == ["/run fix the date parser"], "and it is not paid for twice"


async def test_words_that_were_misheard_go_nowhere(tmp_path: Path) -> None:
    """[No] ends it, and what she writes then is a message like any other."""
    async with Speech() as speech, phone(tmp_path, speech) as ann:
        ann.sends("voice", spoken("/run delete everything"), OGG)
        await told(ann, "Shall I go on with that?")
        ann.presses("No")
        ann.writes("status")
        await told(ann, "Nothing has been dispatched")
        assert not dispatched(ann)


async def test_a_spoken_approval_grants_nothing(tmp_path: Path) -> None:
    """Words never allow anything, and spoken ones are words."""
    async with Speech() as speech, phone(tmp_path, speech) as ann:
        ann.sends("voice", spoken("/approve q1"), OGG)
        await told(ann, "Shall I go on with that?")
        ann.presses("Yes, go on")
        ann.writes("status")
        assert "Approved" not in await told(ann, "Nothing has been dispatched")


@pytest.mark.parametrize(
    ("faults", "words", "size", "why"),
    [
        ([401], "fix it", None, "refuses its key"),
        ([], " ", None, "Nothing was said in it"),
        ([], "fix it", 2_000_000, "the limit is 1000000"),
    ],
)
async def test_what_cannot_be_heard_is_answered_in_one_sentence(
    tmp_path: Path, faults: list[int | bytes | None], words: str, size: int | None, why: str
) -> None:
    """A refusal, silence, and a note that is too large: the turn ends, and the conversation goes on."""
    async with Speech() as speech, phone(tmp_path, speech, max_mb=1) as ann:
        speech.faults = faults
        ann.sends("voice", spoken(words), OGG, size=size)
        text = await told(ann, FAILED.partition(".")[0], why)
        assert speech.key not in text
        ann.writes("status")
        await told(ann, "Nothing has been dispatched")


async def test_without_a_transcriber_a_voice_note_is_answered(tmp_path: Path) -> None:
    """It is off unless it was configured, and says so."""
    async with phone(tmp_path, None) as ann:
        ann.sends("voice", spoken("fix it"), OGG)
        await told(ann, OFF.replace("`", ""))


async def test_strangers_are_not_listened_to(tmp_path: Path) -> None:
    """Nobody's money is spent on somebody unknown: no request reaches the transcriber."""
    async with Speech() as speech, phone(tmp_path, speech) as ann:
        bob = Person(ann.platform, BOB, "Bob")
        bob.sends("voice", spoken("let me in"), OGG)
        ann.writes("status")
        await told(ann, "Nothing has been dispatched")
        assert speech.heard == []


async def test_words_beside_a_voice_note_are_part_of_it(tmp_path: Path) -> None:
    """Both are shown and count; without a transcriber the written ones are worked on as usual."""
    async with Speech() as speech, phone(tmp_path, speech) as ann:
        ann.sends("voice", spoken("in the date parser"), OGG, caption="/run fix the bug")
        await told(ann, "I heard:", "/run fix the bug", "in the date parser")
    async with phone(tmp_path / "deaf", None) as ann:
        ann.sends("voice", spoken("in the date parser"), OGG, caption="/run fix the bug")
        await told(ann, "d1 ·", "fix the bug")


async def nobody_listens(_recording: Recording) -> str:
    raise AssertionError("this test does not ask")


@pytest.mark.parametrize(
    ("changes", "around", "listened"),
    [
        ({}, {}, True),
        ({"addressed": True}, {"direct": False, "others_present": True}, True),
        ({"addressed": False}, {"direct": False, "others_present": True}, False),
        ({"origin": Origin.UNTRUSTED}, {}, False),
        ({"files": (FileRef("v1", OGG, 9, voice=True, heard=True),)}, {}, False),
        ({"files": (FileRef("f1", "song.ogg", 9),)}, {}, False),
    ],
)
async def test_only_what_somebody_said_to_us_is_listened_to(
    tmp_path: Path, changes: dict[str, Any], around: dict[str, Any], listened: bool
) -> None:
    """Not talk among people, nor forwarded voices, nor music, nor a note whose words are known."""
    spoken_to_us = replace(message(""), files=(FileRef("v1", OGG, 9, voice=True),))
    brief = replace(EMPTY, message=replace(spoken_to_us, **changes), **around)
    settings = settings_of({"voice": {"model": "m"}}, environ={"HOME": str(tmp_path)}, directory=tmp_path)
    async with open_desk(replace(settings, house=HouseSettings(home=tmp_path / "home"))) as desk:
        assert (Hearing(desk.house, {}, nobody_listens).due(brief) is not None) is listened
