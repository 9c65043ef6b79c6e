"""What the house can do here: which model reads, who works behind which walls."""

from __future__ import annotations

import tempfile
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.doctor.checks import Check, Group, Verdict
from bot.cli.doctor.workers import sees
from bot.errors import FrontdeskError
from bot.settings import OPENAI_URL
from bot.settings.models import RULES, answers, choose_model, key_of, variables_of

if TYPE_CHECKING:
    from adapters.specialists.sandbox import Proof
    from bot.ports import Health
    from bot.settings import ProjectSettings, Settings


def models(settings: Settings) -> list[Check]:
    """The secretary's models: is a key there, does a named server answer; no request is paid for."""
    choice = choose_model(settings)
    named = [choice.model, *filter(None, [settings.secretary.fallback_model])]
    checks = [Check(Group.MODELS, "secretary", Verdict.PASS, f"{choice.model}. {choice.why}")]
    checks += [_key(settings, model) for model in named if model != RULES and variables_of(_provider(model))]
    if choice.base_url:
        checks.append(_server(choice.base_url))
    return checks + ([_voice(settings)] if settings.voice.model else [])


def _voice(settings: Settings) -> Check:
    """Whether there is a key; it is not tried, that would cost money."""
    where = f"{settings.voice.model} at {settings.voice.base_url}"
    if settings.voice_key() or settings.voice.base_url != OPENAI_URL:
        return Check(Group.MODELS, "voice notes", Verdict.PASS, f"{where}; nothing starts unconfirmed")
    remedy = "Set VOICE_API_KEY or OPENAI_API_KEY, or name a server of your own: voice.base_url."
    return Check(Group.MODELS, "voice notes", Verdict.FAIL, f"{where}, which wants a key", remedy)


def _provider(model: str) -> str:
    return model.partition(":")[0]


def _key(settings: Settings, model: str) -> Check:
    provider, names = _provider(model), " or ".join(variables_of(_provider(model)))
    if key_of(settings, provider):
        return Check(
            Group.MODELS, f"key for {provider}", Verdict.PASS, "set; it is not tried, that would cost money"
        )
    if settings.secretary.base_url:
        return Check(
            Group.MODELS,
            f"key for {provider}",
            Verdict.WARN,
            f"{names} is not set",
            "Set it if the server wants one.",
        )
    return Check(
        Group.MODELS, f"key for {provider}", Verdict.FAIL, f"{names} is not set", f"Set it, or {names}_FILE."
    )


def _server(url: str) -> Check:
    answer = answers(url, "/models")
    if answer is None:
        return Check(
            Group.MODELS,
            "server",
            Verdict.FAIL,
            f"{url} does not answer",
            "Start it or correct secretary.base_url.",
        )
    return Check(Group.MODELS, "server", Verdict.PASS, f"{url} answers (status {answer[0]})")


async def specialists(settings: Settings) -> list[Check]:
    """Each specialist's own word on its health, then what the canary proved for each project."""
    checks: list[Check] = []
    programs: dict[str, str] = {}
    for name, health in (await health_of(settings)).items():
        verdict = Verdict.PASS if health.ok else _missing(settings, name)
        checks.append(Check(Group.SPECIALISTS, name, verdict, health.detail, health.remedy))
        programs[name] = health.facts.get("program", "")
    for id, project in settings.projects.items():
        checks += await _walls(settings, id, project, programs.get(project.specialist) or None)
    return checks


def _missing(settings: Settings, name: str) -> Verdict:
    """A specialist that no project of a file needs is no failure."""
    asked_for = {entry.specialist for entry in settings.projects.values()}
    return Verdict.FAIL if settings.file and name in asked_for else Verdict.WARN


async def health_of(settings: Settings) -> dict[str, Health]:
    from bot import plugins
    from bot.ports import Health

    found: dict[str, Health] = {}
    for name, entry in settings.specialists.items():
        alone = replace(settings, specialists={name: entry})
        try:
            async with AsyncExitStack() as stack:
                found[name] = await (await plugins.specialists(stack, alone))[name].health()
        except FrontdeskError as error:
            found[name] = Health(False, str(error), "Install it, or leave it out of the configuration.")
        except Exception as error:  # noqa: BLE001 - an adapter can be anybody's, and doctor must not fall ill
            what = f"its adapter cannot be used ({type(error).__name__}: {error})"
            found[name] = Health(False, what, "Install another version of it, or tell its author.")
    return found


async def _walls(settings: Settings, id: str, project: ProjectSettings, claude: str | None) -> list[Check]:
    """The level a run in this project would get, and each thing the canary tried there."""
    name = f"sandbox of {id}"
    try:
        proof = await prove(settings, project, claude)
        return [*_proven(name, proof), sees(settings, id, proof.level)]
    except FrontdeskError as error:
        verdict = Verdict.FAIL if settings.file else Verdict.WARN
        return [Check(Group.SPECIALISTS, name, verdict, "none could be proven", str(error))]


async def prove(settings: Settings, project: ProjectSettings, claude: str | None) -> Proof:
    """The level a run there would get; raises SpecialistError, with what to install, when none holds."""
    from adapters.specialists.sandbox import Walls, choose

    with tempfile.TemporaryDirectory() as place:
        config_dir, scratch, unmade_home = (Path(place, name) for name in ("config", "scratch", "home"))
        for room in (config_dir, scratch, unmade_home):
            room.mkdir()
        home = settings.home if settings.home.is_dir() else unmade_home
        denied = (str(home), *map(str, settings.hidden_paths()))
        walls = Walls(str(project.directory), str(config_dir), str(scratch), denied)
        return await choose(project.sandbox.value, walls, home=str(home), claude=claude)


def _proven(name: str, proof: Proof) -> list[Check]:
    detail = f"{proof.level}: {proof.sentence}"
    if proof.acts_as_you:
        remedy = 'Write sandbox = "auto" and install bubblewrap to wall it in.'
        return [Check(Group.SPECIALISTS, name, Verdict.WARN, f"{detail} This run can act as you.", remedy)]
    tried = [
        Check(
            Group.SPECIALISTS,
            f"{name}, {fact.check}",
            Verdict.PASS if fact.passed else Verdict.FAIL,
            fact.detail,
        )
        for fact in proof.facts
    ]
    return [Check(Group.SPECIALISTS, name, Verdict.PASS, detail), *tried]
