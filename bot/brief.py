"""What the secretary sees of the house when it decides about one message: values, prepared by the turn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.model.conversations import NEW, Message, Origin
from bot.model.dispatches import LIVE, Dispatch, Status
from bot.model.people import Person
from bot.model.questions import Question, QuestionKind, QuestionState


@dataclass(frozen=True, slots=True)
class ProjectLine:
    """A project that the person may use, as far as triage needs it."""

    name: str
    description: str = ""
    permission_mode: str = "plan"
    specialist: str = "claude-code"


@dataclass(frozen=True, slots=True)
class OurPost:
    """Something we said earlier in the conversation."""

    text: str
    posted_at: datetime
    dispatch: str | None = None  # whose result, card or question it was
    untrusted: bool = False  # carries a specialist's own words


Line = Message | OurPost


@dataclass(frozen=True, slots=True)
class Brief:
    """Everything one decision may depend on."""

    message: Message
    person: Person
    now: datetime
    direct: bool = True  # one person and us
    others_present: bool = False  # people may be talking to each other
    projects: tuple[ProjectLine, ...] = ()  # those the person may use
    default_project: str | None = None
    goes_on_with: str | None = None  # the dispatch that was picked here, or NEW; None: as the words seem
    dispatches: tuple[Dispatch, ...] = ()  # of this conversation: live ones, then the last few that ended
    questions: tuple[Question, ...] = ()  # of this conversation
    replied_to: str | None = None  # the dispatch (d7) or question (q3) whose message this one answers
    history: tuple[Line, ...] = ()  # oldest first, without the message itself
    summary: str = ""  # what was said before the history
    about: tuple[str, ...] = ()  # what the digest names that this message replies to
    timezone: str = "UTC"  # of the person's clock
    tainted: bool = False  # untrusted words belong to what the person sent (a forward, a file, a quotation)

    @property
    def text(self) -> str:
        return self.message.text.strip()

    @property
    def trusted(self) -> bool:
        """Only the words of a person who wrote them to us may lead to an action."""
        return self.message.origin is Origin.PERSON

    @property
    def for_us(self) -> bool:
        return self.direct or self.message.addressed or not self.others_present

    @property
    def live(self) -> tuple[Dispatch, ...]:
        return tuple(d for d in self.dispatches if d.status in LIVE)

    @property
    def ended(self) -> tuple[Dispatch, ...]:
        """Ended dispatches whose session can be continued."""
        return tuple(d for d in self.dispatches if d.status not in LIVE and d.status is not Status.CANCELLED)

    @property
    def going(self) -> tuple[Dispatch, ...]:
        """What plain words may go on with: what was picked, nothing after /new, else all that is here."""
        if self.about:
            named = (d for d in self.dispatches if d.id in self.about)
            return tuple(d for d in named if d.status is not Status.CANCELLED)
        if self.goes_on_with == NEW:
            return ()
        picked = self.dispatch(self.goes_on_with)
        if picked is not None and picked.status is not Status.CANCELLED:
            return (picked,)
        return (*self.live, *self.ended)

    @property
    def open_questions(self) -> tuple[Question, ...]:
        return tuple(q for q in self._open if q.kind is QuestionKind.QUESTION)

    @property
    def open_approvals(self) -> tuple[Question, ...]:
        return tuple(q for q in self._open if q.kind is QuestionKind.APPROVAL)

    @property
    def _open(self) -> tuple[Question, ...]:
        return tuple(q for q in self.questions if q.state is QuestionState.OPEN)

    @property
    def project_names(self) -> tuple[str, ...]:
        return tuple(p.name for p in self.projects)

    @property
    def usual_project(self) -> str | None:
        """The conversation's default if the person may use it, else the only one they may use."""
        if self.default_project in self.project_names:
            return self.default_project
        return self.projects[0].name if len(self.projects) == 1 else None

    def dispatch(self, id: str | None) -> Dispatch | None:
        return next((d for d in self.dispatches if d.id == id), None)

    def question(self, id: str | None) -> Question | None:
        return next((q for q in self.questions if q.id == id), None)
