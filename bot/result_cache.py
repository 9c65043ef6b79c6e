"""The cache of research and text: answers an identical request by a result of a moment ago, or the run at it.

::

    asked ──▶ the same is kept?  yes ──▶ its result, said to be kept, with [Run again]
                │ no
                ▼
              the same is going on?  here ──▶ "d7 is at it"    elsewhere ──▶ its result comes here too
                │ no
                ▼
              new dispatch ──▶ clean success: kept for a while ──▶ else: over

Coding and sessions are never kept: what they read has changed. A result answers only those who could read the
conversation that it was found in.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot import intents, offers, reports
from bot.house import House
from bot.model.conversations import Conversation, Message
from bot.model.decisions import StartDispatch
from bot.model.dispatches import LIVE, Dispatch, Run, Status
from bot.model.people import Person
from bot.model.posts import ButtonAction, Post, PostKind
from bot.model.result_cache import CachedResult, CacheFigures, CacheState, Waiter
from bot.outbox import button, post
from bot.ports import Unit
from bot.signals import Kind

HITS: Final = "cache_hits"
MISSES: Final = "cache_misses"
DENIED: Final = " was denied ("


def key_of(
    house: House,
    conversation: Conversation,
    message: Message,
    person: Person,
    action: StartDispatch,
    words: str,
    model: str,
    given: tuple[str, ...] = (),
) -> str:
    """Empty for what is never kept: code, and words that speak of something said before.

    ``given``: what others wrote and came with the words.
    """
    project = house.settings.projects.get(action.project)
    if house.settings.limits.keep_results_s <= 0 or project is None:
        return ""
    if offers.kind_of(project.specialist) is Kind.CODING:
        return ""
    if intents.refers(words) and not (":" in words or message.files):
        return ""
    wanted = action.spec.goal if action.spec.goal in words else words
    parts = [
        audience_of(conversation, person),
        action.project,
        project.specialist,
        model,
        " ".join(wanted.casefold().split()),
        given,
        sorted(f"{file.name}/{file.size}/{file.id}" for file in message.files),
    ]
    return hashlib.sha256(json.dumps(parts).encode("utf-8", "backslashreplace")).hexdigest()


def audience_of(conversation: Conversation, person: Person) -> str:
    """Who can read it: one person in private, else everybody in the channel that a thread lies in."""
    if conversation.direct:
        return f"person:{conversation.person or person.id}"
    channel = "/".join(conversation.key.split("/")[:-1]) or conversation.key
    return f"{conversation.chat}:{conversation.account}:{channel}"


async def answer(
    unit: Unit,
    house: House,
    conversation: Conversation,
    message: Message,
    person: Person,
    action: StartDispatch,
    key: str,
) -> str | None:
    """The sentence to say when no new run is needed (empty: a post says it); None when one is."""
    row = await _newest(unit, key)
    if row is None:
        await unit.next_number(MISSES)
        return None
    dispatch = await unit.get(Dispatch, row.dispatch)
    good = dispatch is not None and (
        dispatch.status in LIVE if row.state is CacheState.WORKING else _is_good(house, row, dispatch)
    )
    if dispatch is None or not good:
        await unit.change(row, state=CacheState.OVER)
        await unit.next_number(MISSES)
        return None
    await unit.next_number(HITS)
    if row.state is CacheState.GOOD:
        await _post_kept(unit, house, conversation, message, action, row, dispatch)
        return ""
    if dispatch.conversation == conversation.id:
        return f"{dispatch.id} is at the same already; its result comes here."
    waits = Waiter(house.new_id(), dispatch.id, conversation.id, message.id, person.id, house.now())
    await unit.add(waits)
    return "The same is being worked on already; its result comes here too."


def _is_good(house: House, row: CachedResult, dispatch: Dispatch) -> bool:
    """Young enough, and nobody has gone on with it since."""
    age = house.now() - (row.ended_at or row.made_at)
    young = age <= timedelta(seconds=house.settings.limits.keep_results_s)
    return young and dispatch.status is Status.DONE and dispatch.runs == 1


async def began(
    unit: Unit, house: House, conversation: Conversation, person: Person, dispatch: Dispatch, key: str
) -> None:
    """From now on identical requests wait for this one."""
    for old in await unit.find(CachedResult, key=key, state=(CacheState.WORKING, CacheState.GOOD)):
        await unit.change(old, state=CacheState.OVER)
    audience = audience_of(conversation, person)
    await unit.add(CachedResult(house.new_id(), key, audience, dispatch.id, house.now()))


async def ended(
    unit: Unit, house: House, dispatch: Dispatch, run: Run | None = None, *, whole: bool = True
) -> None:
    """The dispatch is over, one way or another: keep a clean success, and tell those who wait."""
    rows = await unit.find(CachedResult, dispatch=dispatch.id, state=CacheState.WORKING)
    done = dispatch.status is Status.DONE
    for row in rows:
        state = CacheState.GOOD if done and whole and _is_clean(dispatch) else CacheState.OVER
        await unit.change(row, state=state, ended_at=house.now())
    for waiter in await unit.find(Waiter, dispatch=dispatch.id, served=False):
        await unit.change(waiter, served=True)
        if done and run is not None:
            content = replace(reports.result(dispatch, run, house.now()), mention=waiter.person)
        else:
            words = (
                f"{dispatch.id}, which was at the same, is {reports.status_words(dispatch)}. Ask once more."
            )
            content = Post(words, mention=waiter.person)
        await post(unit, house, waiter.conversation, content, PostKind.RESULT, dispatch=dispatch.id)


def _is_clean(dispatch: Dispatch) -> bool:
    """Without anything that was denied, in one run."""
    denied = any(DENIED in note for note in dispatch.notes)
    return dispatch.runs == 1 and not denied


async def _newest(unit: Unit, key: str) -> CachedResult | None:
    states = (CacheState.WORKING, CacheState.GOOD)
    found = await unit.find(CachedResult, key=key, state=states, newest=True, limit=1)
    return found[0] if found else None


async def _post_kept(
    unit: Unit,
    house: House,
    conversation: Conversation,
    message: Message,
    action: StartDispatch,
    row: CachedResult,
    dispatch: Dispatch,
) -> None:
    """The result as it was posted, and that it is not new."""
    outbox, now = house.new_id(), house.now()
    again = await button(
        unit,
        house,
        conversation.id,
        ButtonAction.APPLY,
        message.id,
        "Run again",
        argument=offers.dump(replace(action, again=True)),
        outbox=outbox,
        person=message.person,
    )
    run = await unit.get(Run, f"{dispatch.id}/1")
    age = reports.duration((now - (row.ended_at or row.made_at)).total_seconds())
    text = reports.result(dispatch, run, now).markdown if run else dispatch.result
    content = Post(
        f"{text}\n\n> {dispatch.id} answered the same {age} ago; nothing was run for this.",
        buttons=(again,),
        footer=f"from the cache · {dispatch.id}",
    )
    await post(unit, house, conversation.id, content, PostKind.RESULT, dispatch=dispatch.id, id=outbox)


async def figures(unit: Unit, house: House) -> CacheFigures:
    rows = await unit.find(CachedResult, state=(CacheState.WORKING, CacheState.GOOD))
    good = 0
    for row in rows:
        dispatch = await unit.get(Dispatch, row.dispatch)
        good += row.state is CacheState.GOOD and dispatch is not None and _is_good(house, row, dispatch)
    working = sum(row.state is CacheState.WORKING for row in rows)
    hits, misses = await unit.reached(HITS), await unit.reached(MISSES)
    return CacheFigures(good, working, hits, misses, house.settings.limits.keep_results_s)


async def clear(unit: Unit) -> int:
    """No kept result answers any more; what is going on goes on."""
    rows = await unit.find(CachedResult, state=CacheState.GOOD)
    for row in rows:
        await unit.change(row, state=CacheState.OVER)
    return len(rows)
