"""What happens to a dispatch between two runs; every function works inside its caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from bot import reports, specs
from bot.admission import admit
from bot.house import House
from bot.limits import NO_WISH, Wish
from bot.model.conversations import Conversation, Message
from bot.model.dispatches import Dispatch, Run, Session, Spec, Status
from bot.model.grants import SessionGrant
from bot.model.people import Person
from bot.model.posts import ButtonAction, ButtonView, Post, PostKind, Style
from bot.model.questions import Question
from bot.outbox import button, post, redraw
from bot.ports import Unit

_TITLE_CHARS: Final = 60

Offer = tuple[ButtonAction, str] | tuple[ButtonAction, str, str]
"""A button under a post: what it does, its label, and its argument where it has one."""


def title_of(text: str) -> str:
    """The first line of somebody's words, short enough for a card."""
    line = " ".join(text.split("\n", 1)[0].split())
    return line if len(line) <= _TITLE_CHARS else line[: _TITLE_CHARS - 1].rstrip() + "…"


async def create(
    unit: Unit,
    house: House,
    *,
    conversation: Conversation,
    message: Message,
    person: Person,
    project: str,
    title: str,
    spec: Spec,
    depth: int = 0,
    wish: Wish = NO_WISH,
    model: str = "",
    notes: tuple[str, ...] = (),
    choice: str = "",
    offers: Sequence[tuple[str, Callable[[str], str]]] = (),
    unattended: bool = False,
) -> Dispatch:
    """A new dispatch with its card and its first run, held until it is admitted.

    ``unattended``: nobody waits for it, so it has no card and goes behind what people wait for.
    """
    number = await unit.next_number("dispatch")
    dispatch = Dispatch(
        id=f"d{number}",
        conversation=conversation.id,
        project=project,
        specialist=house.settings.projects[project].specialist,
        title=title_of(title),
        spec=spec,
        person=person.id,
        cause=message.id,
        created_at=house.now(),
        runs=1,
        depth=depth,
        card=None if unattended or conversation.chat in house.local_chats else house.new_id(),
        revision=1,
        drawn=1,
        max_usd=wish.usd,
        timeout_s=wish.seconds,
        model=model,
        notes=notes,
        choice=choice,
        bulk=unattended,
    )
    await unit.add(dispatch)
    if not unattended:
        await post_card(unit, house, dispatch, offers)
    await unit.add(Run(f"{dispatch.id}/1", dispatch.id, 1, house.now(), prompt=specs.as_prompt(spec)))
    await admit(unit, house)
    return await reread(unit, dispatch.id)


async def limit(unit: Unit, dispatch: Dispatch, wish: Wish) -> Dispatch:
    """What a person's words say about its limits holds for the runs to come."""
    if wish == NO_WISH:
        return dispatch
    max_usd, timeout_s = wish.usd or dispatch.max_usd, wish.seconds or dispatch.timeout_s
    return await change(unit, dispatch, max_usd=max_usd, timeout_s=timeout_s)


async def adopt(
    unit: Unit,
    house: House,
    *,
    conversation: Conversation,
    message: Message,
    person: Person,
    session: Session,
    title: str,
) -> Dispatch:
    """A session that began elsewhere as a finished dispatch; the next reply resumes it."""
    number = await unit.next_number("dispatch")
    dispatch = Dispatch(
        id=f"d{number}",
        conversation=conversation.id,
        project=session.project,
        specialist=session.specialist,
        title=title_of(title),
        spec=Spec(goal=title, asked_by=person.name),
        person=person.id,
        cause=message.id,
        created_at=house.now(),
        status=Status.DONE,
        session=session.id,
    )
    await unit.add(dispatch, replace(session, dispatch=dispatch.id))
    words = f"**{dispatch.id}** · adopted “{dispatch.title}”; reply to continue it."
    await post(unit, house, conversation.id, Post(words), PostKind.RESULT, dispatch=dispatch.id)
    return dispatch


async def post_card(
    unit: Unit, house: House, dispatch: Dispatch, offers: Sequence[tuple[str, Callable[[str], str]]] = ()
) -> None:
    """Where the dispatch speaks now. ``offers``: more buttons, each with the action for the dispatch's id."""
    outbox = dispatch.card or house.new_id()
    stop = await button(
        unit, house, dispatch.conversation, ButtonAction.STOP, dispatch.id, "Stop", outbox=outbox
    )
    others = [
        await button(
            unit,
            house,
            dispatch.conversation,
            ButtonAction.APPLY,
            dispatch.cause,
            label,
            argument=action(dispatch.id),
            outbox=outbox,
        )
        for label, action in offers
    ]
    card = reports.card(dispatch, house.now())
    content = reports.with_buttons(card, (stop, *others))
    await post(unit, house, dispatch.conversation, content, PostKind.CARD, dispatch=dispatch.id, id=outbox)


async def reread(unit: Unit, dispatch_id: str) -> Dispatch:
    """The dispatch as this transaction sees it now, locked until its end."""
    dispatch = await unit.get(Dispatch, dispatch_id, lock=True)
    assert dispatch is not None, dispatch_id  # noqa: S101  dispatches are never deleted while they are used
    return dispatch


async def change(unit: Unit, dispatch: Dispatch, **changes: object) -> Dispatch:
    """Write the changes, raise the card's revision and promise its redraw."""
    if isinstance(status := changes.get("status"), Status):
        dispatch.to(status)  # refuses an illegal move
    changed = await unit.change(dispatch, revision=dispatch.revision + 1, **changes)
    await redraw(unit, dispatch, changed)
    return changed


async def next_run(
    unit: Unit,
    house: House,
    dispatch: Dispatch,
    *,
    prompt: str = "",
    question: str | None = None,
    max_usd: float | None = None,
    max_turns: int | None = None,
) -> Run:
    """Hold the next run of a dispatch that has none, and let it in if there is room."""
    n = dispatch.runs + 1
    before = await unit.get(Run, f"{dispatch.id}/{dispatch.runs}")
    run = Run(
        id=f"{dispatch.id}/{n}",
        dispatch=dispatch.id,
        n=n,
        created_at=house.now(),
        prompt=prompt,
        question=question,
        max_usd=max_usd,
        max_turns=max_turns,
        node=before.node if before else "",
    )
    await unit.add(run)
    await change(
        unit,
        dispatch,
        status=Status.WAITING,
        runs=n,
        park_reason=None,
        resume_at=None,
        reason=None,
        cancel=None,
        silent_since=None,
        notes=await _standing_notes(unit, dispatch),
        activity="",
        activity_at=house.now(),
    )
    await admit(unit, house)
    return run


async def _standing_notes(unit: Unit, dispatch: Dispatch) -> tuple[str, ...]:
    """What was said on the card and holds in the next run too: calls that need nobody any more."""
    lines: list[str] = []
    for grant in await unit.find(SessionGrant, dispatch=dispatch.id):
        item = await unit.get(Question, grant.question)
        if item is not None and item.approval is not None and item.approval.hash == grant.hash:
            lines.append(reports.allowed_again(item, item.reply.by if item.reply else grant.granted_by))
    return tuple(lines)


async def end_buttons(
    unit: Unit, house: House, dispatch: Dispatch, *offers: Offer, outbox: str
) -> tuple[ButtonView, ...]:
    """Buttons under a result or a failure."""
    return tuple(
        [
            await button(
                unit,
                house,
                dispatch.conversation,
                action,
                dispatch.id,
                label,
                argument="".join(argument),
                style=Style.PRIMARY if index == 0 else Style.PLAIN,
                outbox=outbox,
            )
            for index, (action, label, *argument) in enumerate(offers)
        ]
    )
