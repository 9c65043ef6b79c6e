"""Which model does a piece of work: what the person named, else the project's, else the tier of its kind.

::

    words ──▶ kind of work ──▶ [work.KIND] tier, else the usual one ──▶ [models.TIER] ──▶ provider:model
      └─ "use opus for this" ──▶ [models.opus] ────────────────────────────▲

A vendor's models run in that vendor's own program where the project has it (``RUN_BY``); a specialist that
takes no other model than its own says so in words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot import model_words
from bot.errors import Refused
from bot.model.kinds import BULK, FAST, FRONTIER, NEVER_BULK, NEVER_BULK_WHY, TIERS, KindOfWork
from bot.model.log import Tokens
from bot.prices import Priced

if TYPE_CHECKING:
    from bot.settings import ModelSettings, Settings

COMPLETION: Final = "completion"
RESEARCH: Final = "web-research"

RUN_BY: Final[dict[str, tuple[str, ...]]] = {
    "anthropic": ("claude-code", COMPLETION),
    "openai": ("codex", COMPLETION),
}
"""By vendor: the kinds of specialist that run its models, its own program first. The others: OTHERS."""
OTHERS: Final = (COMPLETION,)

_OWN_MODELS: Final = frozenset({"scripted", COMPLETION})
"""Kinds of specialist that take any model; an adapter from elsewhere is asked for none."""


@dataclass(frozen=True, slots=True)
class Pick:
    """The model of one dispatch."""

    kind: KindOfWork
    name: str = ""  # of [models], as the card shows it; empty: the specialist's own
    model: str = ""  # provider:model; empty: the specialist's own
    why: str = ""  # one line for people
    note: str = ""  # a sentence for the card, where there is something to say


# ── kinds ──────────────────────────────────────────────────────────────────────────────────────────────────

_VERBS: Final = tuple(
    (kind, re.compile(rf"\b(?:{verbs})\b", re.IGNORECASE))
    for kind, verbs in (
        (KindOfWork.CLASSIFY, r"classify|categori[sz]e|label|tag|sentiment|spam or not|score each|rate each"),
        (KindOfWork.EXTRACT, r"extract|pull out|pick out|find every|list every|list all"),
        (KindOfWork.TRANSLATE, r"translate|translation"),
        (KindOfWork.SUMMARISE, r"summari[sz]e|summary|sum up|shorten|condense|tl;?dr"),
        (
            KindOfWork.REASONING,
            r"prove|reason (?:about|through)|think (?:hard|deeply|carefully)|root cause|trade-?offs?"
            r"|analy[sz]e|decide|strategy|architecture|legal|contract",
        ),
        (KindOfWork.DRAFT, r"draft|write|compose|reply to|rephrase|reword|rewrite|polish|proofread|edit"),
    )
)
_SHIPS: Final = re.compile(
    r"\b(?:press release|blog post|announcement|newsletter|landing page|website|customers?|release notes"
    r"|publish\w*|for the public|final (?:version|text)|article|cover letter|speech)\b",
    re.IGNORECASE,
)
_READ_CHARS: Final = 4_000


def kind_of_text(words: str) -> KindOfWork:
    """Of work that turns text into text: by the first word that says what to do."""
    head = words[:_READ_CHARS]
    found = [(match.start(), kind) for kind, verbs in _VERBS if (match := verbs.search(head))]
    kind = min(found)[1] if found else KindOfWork.ANSWER
    return KindOfWork.PROSE if kind is KindOfWork.DRAFT and _SHIPS.search(head) else kind


def kind_of(settings: Settings, project: str, words: str) -> KindOfWork:
    """Of work in that project; its specialist decides between code, research and text."""
    match specialist_kind(settings, project):
        case "completion" | "scripted":
            return kind_of_text(words)
        case "web-research":
            return KindOfWork.RESEARCH
        case _:
            return KindOfWork.CODING


def specialist_kind(settings: Settings, project: str) -> str:
    """The adapter behind the project's specialist."""
    entry = settings.projects.get(project)
    return kind_of_specialist(settings, entry.specialist) if entry else ""


def kind_of_specialist(settings: Settings, specialist: str) -> str:
    table = settings.specialists.get(specialist)
    return (table.kind if table else None) or specialist


def kinds_here(settings: Settings) -> dict[str, KindOfWork | None]:
    """By configured project: what its specialist is for; None is text of any kind."""
    special = {"completion": None, "scripted": None, "web-research": KindOfWork.RESEARCH}
    return {
        name: special.get(specialist_kind(settings, name), KindOfWork.CODING) for name in settings.projects
    }


# ── models ─────────────────────────────────────────────────────────────────────────────────────────────────


def tier_of(settings: Settings, kind: KindOfWork) -> str | None:
    """The row of [models] that does such work; None: there is none, the specialist's own does."""
    row = settings.work.get(kind)
    name = row.tier if row else TIERS.get(kind)
    return name if name in settings.models else None


def choose(settings: Settings, project: str, goal: str, own_words: str = "") -> Pick:
    """The model for new work there; raises Refused, in words, for one that is named and cannot be taken."""
    kind = kind_of(settings, project, goal)
    if named := named_in(settings, own_words):
        return _named(settings, project, kind, named)
    entry = settings.projects[project]
    if entry.model:
        return Pick(kind, "", entry.model, f"{project} has a model of its own")
    name = tier_of(settings, kind) or _stand_in(settings, entry.specialist, kind)
    if name is None or not takes(settings, project, settings.models[name].model):
        return Pick(kind, why="the specialist's own model")
    return Pick(kind, name, settings.models[name].model, f"{kind} goes to {name}")


def _stand_in(settings: Settings, specialist: str, kind: KindOfWork) -> str | None:
    """Another tier, where a plain model has neither that of the kind nor one of its own."""
    table = settings.specialists.get(specialist)
    if kind_of_specialist(settings, specialist) != COMPLETION or (table and table.model):
        return None
    there = [name for name in (FAST, FRONTIER, BULK) if name in settings.models]
    return next((name for name in there if kind not in NEVER_BULK or not is_bulk(settings, name)), None)


def again(settings: Settings, project: str, goal: str, own_words: str) -> Pick | None:
    """The model that words about work which exists ask for; None when they ask for none. Raises Refused."""
    named = named_in(settings, own_words)
    return _named(settings, project, kind_of(settings, project, goal), named) if named else None


def named_in(settings: Settings, own_words: str) -> tuple[str, ...]:
    """The models that a person's own words ask for, in their order."""
    return model_words.parse(own_words, settings.models)


def _named(settings: Settings, project: str, kind: KindOfWork, named: tuple[str, ...]) -> Pick:
    *before, wanted = named
    name, row = row_of(settings, wanted)
    if kind in NEVER_BULK and is_bulk(settings, name):
        raise Refused(f"{name} is the bulk model, and {NEVER_BULK_WHY}; name another one.")
    if not takes(settings, project, row.model):
        raise Refused(_elsewhere(settings, project, name, row.model))
    others = [each for each in dict.fromkeys(before) if each.lower() != wanted.lower()]
    note = f"You named {' and then '.join([*others, wanted])}; the last one holds." if others else ""
    return Pick(kind, name, row.model, f"you asked for {name}", note)


def row_of(settings: Settings, wanted: str) -> tuple[str, ModelSettings]:
    """The row of that name, or of that ``provider:model``; raises Refused with the nearest ones."""
    for name, row in settings.models.items():
        if wanted.lower() in (name.lower(), row.model.lower(), row.model.partition(":")[2].lower()):
            return name, row
    raise Refused(unknown(settings, wanted))


def unknown(settings: Settings, wanted: str) -> str:
    """Which names there are, and the line that would add this one."""
    near = model_words.nearest(wanted, settings.models) or list(settings.models)
    there = f"there is {', '.join(near)}" if near else "no model has a name yet"
    model = wanted if ":" in wanted else f"provider:{wanted}"
    name = re.sub(r"[^a-z0-9_-]+", "-", wanted.rpartition(":")[2].lower()).strip("-_") or "name"
    return (
        f"I know no model {wanted}; {there}. An admin adds it to frontdesk.toml: "
        f'`[models.{name}]` with `model = "{model}"`.'
    )


def instead(settings: Settings, project: str, chosen: str, goal: str) -> str | None:
    """The next name of the file for work whose model does not answer; one of another provider comes first."""
    now = settings.models.get(chosen)
    broken = now.model if now else chosen or (for_run(settings, project, "") or "")
    kind = kind_of(settings, project, goal)
    fitting = [
        name
        for name, row in settings.models.items()
        if row.model != broken
        and takes(settings, project, row.model)
        and not (kind in NEVER_BULK and is_bulk(settings, name))
    ]
    provider = broken.partition(":")[0]
    fitting.sort(key=lambda name: settings.models[name].model.partition(":")[0] == provider)
    return fitting[0] if fitting else None


def is_bulk(settings: Settings, name: str) -> bool:
    """Whether it is the cheapest tier, under whatever name."""
    bulk, row = settings.models.get(BULK), settings.models.get(name)
    return name == BULK or bool(bulk and row and row.model == bulk.model)


def takes(settings: Settings, project: str, model: str) -> bool:
    """Whether the project's specialist can run that model."""
    kind = specialist_kind(settings, project)
    return kind in _OWN_MODELS or kind in RUN_BY.get(model.partition(":")[0], OTHERS)


def _elsewhere(settings: Settings, project: str, name: str, model: str) -> str:
    fitting = [each for each in settings.projects if takes(settings, each, model)]
    where = f"it can be used in {', '.join(fitting)}" if fitting else "no project has a specialist that does"
    return f"{settings.projects[project].specialist}, which works in {project}, does not run {name}; {where}."


def for_run(settings: Settings, project: str, chosen: str) -> str | None:
    """What the specialist is told: ``provider:model``, or the bare name where it knows one vendor only."""
    row = settings.models.get(chosen)
    entry = settings.projects.get(project)
    model = row.model if row else chosen or (entry.model if entry else None)
    vendor_only = specialist_kind(settings, project) not in _OWN_MODELS
    return model.partition(":")[2] if model and vendor_only and row else model


def role_of(settings: Settings, chosen: str) -> str:
    """What an alias is told before its work."""
    row = settings.models.get(chosen)
    return row.role if row else ""


def cost_usd(settings: Settings, model: str, tokens: Tokens) -> float | None:
    """By the prices of the configuration, else by the list; None when neither knows the model."""
    row = next((each for each in settings.models.values() if each.model == model), None)
    return (_priced(row) if row else Priced(model)).usd(tokens)


def _priced(row: ModelSettings) -> Priced:
    return Priced(row.model, row.usd_per_million_in, row.usd_per_million_out)


def priced(settings: Settings) -> dict[str, Priced]:
    """Every named model with its prices, and the one that savings are compared with."""
    found = {name: _priced(row) for name, row in settings.models.items()}
    baseline = settings.budgets.baseline_model
    if baseline and baseline not in {each.model for each in found.values()}:
        found["baseline"] = Priced(baseline)
    return found
