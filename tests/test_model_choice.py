"""Which model does a piece of work: by its kind, by the configuration's rows, by a person's own words."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from bot import model_choice, model_words
from bot.errors import Refused, SettingsError
from bot.model.kinds import KindOfWork
from bot.model.log import Tokens
from bot.settings import Settings, settings_of

MODELS: Final[dict[str, Any]] = {
    "fast": {"model": "openai:gpt-6-luna"},
    "bulk": {"model": "openai:gpt-oss-120b", "usd_per_million_in": 0.15, "usd_per_million_out": 0.6},
    "frontier": {"model": "openai:gpt-6-astra"},
    "opus": {"model": "anthropic:claude-opus-5-5", "role": "Be strict."},
    "cheap": {"model": "openai:gpt-oss-120b"},
}


def settings(tmp_path: Path, **tables: Any) -> Settings:
    projects = {
        "texts": {"directory": str(tmp_path), "specialist": "texts"},
        "api": {"directory": str(tmp_path), "specialist": "claude-code"},
        "web": {"directory": str(tmp_path), "specialist": "web-research"},
        "fixed": {"directory": str(tmp_path), "specialist": "texts", "model": "openai:of-the-project"},
    }
    web = {"model": "openai:gpt-5-mini", "search": ["searxng"], "searxng_url": "http://127.0.0.1:9"}
    usual = {
        "frontdesk": {"home": str(tmp_path / "home")},
        "models": MODELS,
        "projects": projects,
        "specialists": {"texts": {"kind": "scripted"}, "web-research": web},
    }
    return settings_of(usual | tables, directory=tmp_path)


@pytest.mark.parametrize(
    ("words", "kind", "name"),
    [
        ("Classify these reviews by sentiment", KindOfWork.CLASSIFY, "bulk"),
        ("extract the invoice numbers", KindOfWork.EXTRACT, "bulk"),
        ("summarise this blog post in three lines", KindOfWork.SUMMARISE, "bulk"),
        ("translate the announcement into German", KindOfWork.TRANSLATE, "fast"),
        ("draft a reply to Tom", KindOfWork.DRAFT, "fast"),
        ("write the press release for our launch", KindOfWork.PROSE, "frontier"),
        ("think hard about the trade-offs of both plans", KindOfWork.REASONING, "frontier"),
        ("what does this sentence mean?", KindOfWork.ANSWER, "fast"),
    ],
)
def test_text_goes_to_the_tier_of_its_kind(words: str, kind: KindOfWork, name: str, tmp_path: Path) -> None:
    """By the first word that says what to do; what ships and what needs thinking goes to the best."""
    pick = model_choice.choose(settings(tmp_path), "texts", words)
    assert (pick.kind, pick.name, pick.model) == (kind, name, MODELS[name]["model"])


def test_a_row_overrides_its_kind_and_leaves_the_others(tmp_path: Path) -> None:
    """[work.summarise] tier = "fast"."""
    changed = settings(tmp_path, work={"summarise": {"tier": "fast"}})
    assert model_choice.choose(changed, "texts", "summarise this").name == "fast"
    assert model_choice.choose(changed, "texts", "classify this").name == "bulk"


def test_code_and_research_keep_the_model_of_their_specialist(tmp_path: Path) -> None:
    """Unless a row or a person names one."""
    usual = settings(tmp_path)
    assert model_choice.choose(usual, "api", "fix the parser").model == ""
    assert model_choice.choose(usual, "web", "find the best kettle").kind is KindOfWork.RESEARCH
    opus = settings(tmp_path, work={"coding": {"tier": "opus"}})
    assert model_choice.choose(opus, "api", "fix the parser").name == "opus"
    assert model_choice.for_run(opus, "api", "opus") == "claude-opus-5-5"
    assert model_choice.for_run(opus, "texts", "opus") == "anthropic:claude-opus-5-5"


def test_a_project_with_a_model_of_its_own_keeps_it(tmp_path: Path) -> None:
    """The row of the kind is for those without; a person's words still win."""
    usual = settings(tmp_path)
    assert model_choice.choose(usual, "fixed", "summarise this").model == "openai:of-the-project"
    assert model_choice.for_run(usual, "fixed", "") == "openai:of-the-project"
    assert model_choice.choose(usual, "fixed", "summarise this", "use fast for this").name == "fast"


@pytest.mark.parametrize("kind", ["prose", "reasoning"])
@pytest.mark.parametrize("tier", ["bulk", "cheap"])
def test_the_best_work_is_never_configured_to_the_bulk_model(kind: str, tier: str, tmp_path: Path) -> None:
    """Under whatever name, and in words."""
    with pytest.raises(SettingsError, match=f"work.{kind}.tier may not be the bulk model: prose that ships"):
        settings(tmp_path, work={kind: {"tier": tier}})


@pytest.mark.parametrize(
    ("work", "words"),
    [
        ({"drafts": {"tier": "fast"}}, "work.drafts must be one of classify,.*did you mean draft?"),
        ({"draft": {"tier": "fats"}}, "work.draft.tier names fats.*did you mean fast?"),
        ({"draft": {}}, "work.draft.tier is missing"),
    ],
)
def test_a_mistake_in_the_table_is_named(work: dict[str, Any], words: str, tmp_path: Path) -> None:
    """With the nearest right one."""
    with pytest.raises(SettingsError, match=words):
        settings(tmp_path, work=work)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("summarise this. Use opus for this", ("opus",)),
        ("please use Opus for it: fix the parser", ("Opus",)),
        ("do it with fast", ("fast",)),
        ("use fast for this, no, use opus instead", ("fast", "opus")),
        ("use the model gizmo-9 for this", ("gizmo-9",)),
        ("use openai:gpt-7 for this", ("openai:gpt-7",)),
        ("summarise it, with sonnet", ("sonnet",)),
        ("use opuss for this", ("opuss",)),
        ("use black for this file", ()),
        ("use pytest for this", ()),
        ('they said "use opus for this", what do you think?', ()),
        ("> use opus for this\nwhat does that mean?", ()),
        ("what is `use opus for this`?", ()),
        ("write a text about how to use fast food wrappers", ()),
        ("go on with the work", ()),
    ],
)
def test_only_a_persons_own_words_that_name_a_model_choose_one(words: str, named: tuple[str, ...]) -> None:
    """A tool that is no model, a quotation and a text about models do not."""
    assert model_words.parse(words, MODELS) == named


def test_of_two_models_the_last_holds_and_the_card_says_so(tmp_path: Path) -> None:
    """Predecessors took the first, or both."""
    pick = model_choice.choose(settings(tmp_path), "texts", "x", "use fast for this. No: use opus for this")
    assert pick.name == "opus"
    assert pick.note == "You named fast and then opus; the last one holds."
    assert model_choice.role_of(settings(tmp_path), pick.name) == "Be strict."


def test_an_unknown_model_is_refused_with_the_nearest_and_the_line_to_add(tmp_path: Path) -> None:
    """Nothing is started with another one."""
    with pytest.raises(Refused) as refused:
        model_choice.choose(settings(tmp_path), "texts", "x", "use opuss for this")
    assert "there is opus." in str(refused.value)
    assert '`[models.opuss]` with `model = "provider:opuss"`' in str(refused.value)


def test_a_model_that_the_specialist_cannot_run_is_refused_with_where_it_can(tmp_path: Path) -> None:
    """Claude Code runs Claude's models only."""
    usual = settings(tmp_path)
    with pytest.raises(Refused, match=r"claude-code, which works in api, does not run fast; .*texts"):
        model_choice.choose(usual, "api", "fix the parser", "use fast for this")
    assert model_choice.choose(usual, "api", "fix the parser", "use opus for this").name == "opus"


def test_words_do_not_bring_what_ships_to_the_bulk_model(tmp_path: Path) -> None:
    """The rule of the table holds for what people say too."""
    with pytest.raises(Refused, match="cheap is the bulk model"):
        model_choice.choose(settings(tmp_path), "texts", "write the press release", "use cheap for this")


def test_a_price_of_the_configuration_comes_before_the_list(tmp_path: Path) -> None:
    """And neither is None, never 0."""
    usual = settings(tmp_path)
    tokens = Tokens(input=1_000_000, output=100_000)
    assert model_choice.cost_usd(usual, "openai:gpt-oss-120b", tokens) == pytest.approx(0.21)
    assert model_choice.cost_usd(usual, "openai:of-nobody", tokens) is None


def test_where_a_tier_is_missing_plain_models_take_another_and_never_bulk_for_the_best(
    tmp_path: Path,
) -> None:
    """Only where the specialist has no model of its own."""
    projects = {"texts": {"directory": str(tmp_path), "specialist": "completion"}}
    rows = {"models": {"bulk": MODELS["bulk"]}, "projects": projects}
    bare = settings(tmp_path, specialists={"completion": {}}, **rows)
    assert model_choice.choose(bare, "texts", "draft a reply").name == "bulk"
    assert model_choice.choose(bare, "texts", "write the press release").name == ""
    own = settings(tmp_path, specialists={"completion": {"model": "openai:gpt-5-mini"}}, **rows)
    assert model_choice.choose(own, "texts", "draft a reply").name == ""
