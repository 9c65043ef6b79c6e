"""What the words of a message speak for, as a table that can be read and shown: no model, no guess.

Each row that matches counts for its kind. Rules mode acts only when one kind reaches THRESHOLD and leads by
MARGIN; everything else becomes a question with buttons, or small talk when nothing speaks for work. A verb
alone never suffices for code: what it is done to must belong to a repository too.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from bot import lexicon as words
from bot.small_talk import laughs, small_talk


class Kind(StrEnum):
    CODING = "coding"  # files, repositories, commands
    RESEARCH = "research"  # current facts, links
    WRITING = "writing"  # text in, text out
    STATE = "state"  # how is it going
    COSTS = "costs"  # what was spent
    HELP = "help"
    THANKS = "thanks"
    GREETING = "greeting"
    CHAT = "chat"  # small talk


WORK: Final = frozenset({Kind.CODING, Kind.RESEARCH, Kind.WRITING})
TALK: Final = frozenset({Kind.THANKS, Kind.GREETING, Kind.CHAT})
THRESHOLD: Final = 2.0
MARGIN: Final = 1.0
TELLS: Final = "tells what was done"
EVERYDAY: Final = "everyday things"
OF_THE_DAY: Final = "talk about the day"
SCORED_CHARS: Final = 4_000
"""A request stands at the beginning; what comes later is material."""
ASKED_CHARS: Final = 600
"""Of these, the words that may ask: further down a text is given, not a wish."""

TALKED_CHARS: Final = 500
"""Nobody's small talk is longer; a wall of signs gets a word."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One row that matched."""

    kind: Kind
    weight: float
    name: str  # what people read in ``why``
    found: str


@dataclass(frozen=True, slots=True)
class Score:
    signals: tuple[Signal, ...]

    @property
    def totals(self) -> dict[Kind, float]:
        return {kind: sum(s.weight for s in self.signals if s.kind is kind) for kind in Kind}

    @property
    def best(self) -> Kind | None:
        """The kind with the most points; None when nothing speaks for any."""
        kind, points = max(self.totals.items(), key=lambda item: item[1])
        return kind if points > 0 else None

    @property
    def lead(self) -> float:
        """Points between the best kind and the next."""
        first, second = sorted(self.totals.values(), reverse=True)[:2]
        return first - second

    @property
    def sure(self) -> bool:
        return self.best is not None and self.totals[self.best] >= THRESHOLD and self.lead >= MARGIN

    @property
    def work(self) -> float:
        """What speaks for any sort of work."""
        return max(self.totals[kind] for kind in WORK)

    @property
    def tells(self) -> bool:
        """Somebody says what was done, and wants nothing."""
        return any(signal.name == TELLS for signal in self.signals) and not self.asks

    @property
    def everyday(self) -> bool:
        """It speaks of things that are in no repository, and of nothing that is."""
        return any(s.name == EVERYDAY for s in self.signals) and self.totals[Kind.CODING] <= 0

    @property
    def asks(self) -> bool:
        """Somebody wants something done."""
        return any(signal.name in _WISHES for signal in self.signals)

    def __str__(self) -> str:
        """``fix +1 (asks for something), app.py +1.5 (names a file): coding 2.5, lead 2.5``."""
        rows = ", ".join(f"{s.found!r} {s.weight:+} ({s.name})" for s in self.signals) or "no signal"
        totals = ", ".join(f"{kind} {points:g}" for kind, points in self.totals.items() if points)
        return f"{rows}: {totals or 'nothing'}, lead {self.lead:g} of {MARGIN:g} needed"


_CLAUSE: Final = r"(?:^|[.,;:!?\n]\s*|\b(?:and|then|und|dann|et|y)\s+|^\s*(?:\d+[.)]|[-*•])\s*)"
_PREFIX: Final = (
    r"(?:(?:hi|hey|hello|hallo|ok|okay|so|and|then|now|also|next|oh|but|just|maybe|meanwhile|separately|"
    r"first|"
    r"und|dann|jetzt|noch|auch|mal|bitte|please|pls|plz|por favor|s'il (?:te|vous) pla[îi]t|"
    r"frontdesk|team|quick(?:ly)?|(?:can|could|would|will) (?:you|u|someone|somebody|we)|"
    r"(?:kannst|könntest|kann|könnt|würdest) (?:du|ihr|jemand)|(?:peux|pourrais)-tu|puedes|podr[íi]as|"
    r"i(?:'d| would)? (?:like|want|need) (?:you )?to|ich (?:möchte|will|hätte gern),? dass du|let(?:'|’)?s|"
    r"we (?:need|should|have) to|wir müssen|go ahead and|try to|"
    r"(?:in|for|on|at) (?:the )?[\w.-]+,?)\b[\s,:!.]*)"
)
_ASKING: Final = _CLAUSE + _PREFIX + r"{0,5}"
_OWN: Final = r"(?:our|we|unser\w*|wir|the code|this repo|notre|nuestr\w+)"
_WORLD: Final = (
    r"^(?:so |and |ok |hey |also |meanwhile,? |in the meantime:? ?)*(?:what|what's|whats|who|who's|when|"
    r"which|where|"
    r"how (?:much|many|does|do|is)|is there|are there|is|was|was there|does|do|did|has|have|any|whether|"
    r"wer|wann|welche\w*|wie viel\w*|wieviel|gibt es|was|ist|hat|qui|quel\w*|quand|combien|qui[ée]n|"
    r"cu[áa]\w+)\b"
)
_TO_US: Final = (
    r"\b(?:you|u|your|yours|du|dir|dein\w*|ihr|euch|euer|vous|tu|toi|usted|anyone|anybody|everyone|jemand|"
    r"who's up|i|me|my|mich|mir|mein\w*|ich)\b"
)

_ROWS: Final[tuple[tuple[Kind, float, str, str], ...]] = (
    (Kind.CODING, 1.5, "asks for code work", _ASKING + rf"(?P<found>{words.CODE_VERBS_STRONG})\b"),
    (Kind.CODING, 1.0, "asks for something", _ASKING + rf"(?P<found>{words.CODE_VERBS})\b"),
    (Kind.CODING, 1.0, "asks for something", rf"\b(?P<found>{words.GERMAN_LAST})\b"),
    (Kind.CODING, 1.0, "asks for the cause", _ASKING + r"(?P<found>(?:find out|tell me|check|see|figure "
     r"out|finde? heraus) (?:why|what causes|where|warum|wieso))\b"),
    (Kind.CODING, 1.5, "names a file", rf"(?P<found>(?:[\w.-]+/)*[\w-]+\.{words.EXTENSIONS})\b(?!\.\w)"),
    (Kind.CODING, 1.0, "names a path", r"(?:^|\s)(?P<found>/?[a-z_][\w-]*/[\w/-]*|"
     r"/[a-z_][\w-]+)(?=[\s,.;?!]|$)"),
    (Kind.CODING, 1.0, "a word of code", rf"\b(?P<found>{words.CODE_NOUNS})\b"),
    (Kind.CODING, 1.0, "a name in code",
     r"(?P<found>\b[A-Za-z]+_\w+\b|\b[a-z]\w*\.[a-z]\w*\(|\b\w+\(\)|\b(?!GitHub|YouTube|LinkedIn|PayPal|"
     r"WhatsApp|JavaScript|TypeScript|OpenAI|SendGrid)[A-Z][a-z]{2,}[A-Z]\w+\b|`[^`\n]+`|```|"
     r"\b[a-z]\w+\.[a-z]+_\w+)"),
    (Kind.CODING, 2.0, "a stack trace",
     r"(?P<found>Traceback \(most recent|^\s+at [\w.$<>]+\(|panicked at|\b[A-Z]\w+(?:Error|Exception)\b)"),
    (Kind.CODING, 1.0, "says that something is broken", rf"\b(?P<found>{words.BROKEN})\b"),
    (Kind.CODING, 0.5, "a version to go to",
     r"(?P<found>\b(?:bump|upgrade|downgrade|update)\b.{0,40}\bto v?\d[\d.x]*)"),
    (Kind.CODING, 0.5, "a version", r"(?P<found>\b\d+\.(?:\d+|x)(?:\.\d+)?\b)"),
    (Kind.CODING, 1.0, "a command to run",
     r"\b(?P<found>(?:run|rerun|re-run) (?:all |the |our )*(?:unit |integration |e2e |login )*(?:tests?|"
     r"linter|suite|"
     r"build|migrations?)|min sdk|type hints?)\b"),
    (Kind.CODING, 1.0, "asks about the code",
     r"\b(?P<found>(?:how|why|where|what|which|wie|warum|wo|wieso|weshalb)\b.{0,60}\b(?:our|we|the code|this "
     r"repo|repo|unser\w*|wir|fails?|failing|fehl|breaks?|crash\w*))\b"),
    (Kind.RESEARCH, 2.0, "asks for research", _ASKING + rf"(?P<found>{words.RESEARCH_VERBS})"),
    (Kind.RESEARCH, 1.0, "asks to find or compare",
     _ASKING + r"(?P<found>find|compare|search|vergleich\w*|such\w*|compara\w*|compare[zr])\b"),
    (Kind.RESEARCH, 1.0, "about the present", rf"\b(?P<found>{words.PRESENT})\b"),
    (Kind.RESEARCH, 1.0, "about the market", rf"\b(?P<found>{words.MARKET})\b"),
    (Kind.RESEARCH, 0.5, "about a release",
     r"\b(?P<found>(?:latest|newest|current|next|neueste\w*) [\w ]{0,20}(?:release|version))\b"),
    (Kind.RESEARCH, 1.0, "about the web", rf"\b(?P<found>{words.WEB})\b"),
    (Kind.RESEARCH, 2.0, "a page to read", r"(?P<found>(?:read|open|check out|visit|lies|was steht "
     r"(?:auf|in))\s+https?://)"),
    (Kind.RESEARCH, 1.0, "asks about the world", rf"(?P<found>{_WORLD})"),
    (Kind.RESEARCH, -1.0, "asks about ourselves", rf"(?:{_WORLD}).{{0,25}}(?P<found>{_TO_US}|{_OWN})\b"),
    (Kind.WRITING, 2.5, "asks for text", _ASKING + rf"(?P<found>{words.TEXT_VERBS})"),
    (Kind.WRITING, 3.0, "asks for a text",
     _ASKING + r"(?:write|compose|(?:make|create)(?= (?:me|us|a|an|some|another)\b)|draft|come up with|"
         r"schreibe?|give|suggest|think of|"
         r"[ée]cris|escribe)\b"
     rf"(?:\s+[\w'’-]+){{0,5}}?\s+(?P<found>{words.TEXTS})\b"),
    (Kind.WRITING, 2.5, "asks to reword",
     _ASKING + r"(?P<found>(?:make|let|mach)\s+(?:this|it|that|these|das)\s+(?:sound|more (?:formal|"
         r"friendly|polite|"
     r"professional)|freundlicher|höflicher)|turn (?:this|these|my|the) [\w ]{0,20}(?:notes?|points?|"
     r"bullets?) into|"
     r"sound more)\b"),
    (Kind.WRITING, 1.0, "text is given", r"(?P<found>:\s*\S+(?:\s+\S+){3,})"),
    (Kind.STATE, 4.0, "asks how it goes",
     r"^(?P<found>(?:hey |so |ok |and |und,? |na,? |hm,? )*(?:how(?:'?s| is| are| far)?(?: are)? (?:it|"
     r"that|things|the "
     r"work|you|we|they)(?: going| coming along| doing with it| with (?:it|that|this))?(?: so far| now)?"
     r"|what(?:'?s| is) (?:the )?(?:state|status|progress|eta|going on|open|running|taking so long|"
     r"happening)(?: here| now)?"
     r"|what happened|any (?:news|progress|updates?|luck|results?)(?: yet)?|(?:are you|is it|all|"
     r"everything|which of "
     r"(?:them|these) (?:is|are)) (?:all )?(?:done|ready|finished|through)(?: yet| already)?"
     r"|(?:is )?any(?:thing|one)(?: still)? (?:running|open|going on|pending|waiting)(?: right now| now| "
     r"here| from "
     r"yesterday)?|what are you (?:doing|working on|waiting for|up to)(?: right now| now)?|still "
     r"(?:working|running|going|"
     r"at it|on it)(?: on (?:it|this|that))?|are you still (?:working|there|on it|at it)(?: on (?:it|"
     r"this|that))?|how long "
     r"(?:will|does|is) (?:it|that|this)(?: going to)? take|how much longer|eta|(?:has|did) (?:it|that) "
     r"(?:start|started|"
     r"begun|finish|finished|work)(?: yet)?|why is (?:nothing|it not) (?:happening|moving)|found (?:any|"
     r"some)thing(?: "
     r"yet)?|where are we(?: with (?:it|this|that|these|these two|those))?|(?:status|progress)(?: report|"
     r" update)? "
     r"(?:please|pls)|finished|(?:bist du |ist (?:es|das) )?(?:schon )?fertig|wie (?:weit|läuft|steht|"
     r"geht)(?: bist| ist| "
     r"es| das| du| ihr| seid| voran)*|was (?:läuft|machst du|tust du|passiert|ist los)(?: gerade| da)?|"
     r"gibt(?:'s| es) "
     r"(?:was |schon )?(?:neues|etwas neues|ergebnisse)|(?:[çc]a avance|o[ùu] en es-tu|c[óo]mo "
     r"va)))[\s?.!]*$"),
    (Kind.COSTS, 4.0, "asks for the costs",
     r"^(?P<found>(?:so |und )?(?:how much (?:did|have|has) (?:we|i|it|that|this) (?:spen[dt]|used?|"
     r"cost)|what (?:did|has|"
     r"have) (?:it|that|this|we|i) (?:cost|spent)|what(?:'s| is) (?:the|our|my) (?:bill|spending|cost)|"
     r"was hat (?:das|es)"
     r"(?: bisher| bis jetzt)? gekostet|wie viel haben wir (?:bisher )?ausgegeben)(?: so far| already| "
     r"this month| "
     r"today| this week| bisher| diesen monat)*)[\s?.!]*$"),
    (Kind.HELP, 4.0, "asks for help",
     r"^(?P<found>(?:(?:so |hey |hi |hello )*(?:what can you do(?: for (?:me|us))?|who are you|what are "
     r"you|how do(?:es)? "
     r"(?:you|this|it) work|how (?:do|can) i use (?:you|this)|what is this|are you (?:a )?(?:real|human|"
     r"bot|person|ai|there)"
     r"(?: person| or a bot)?|help me|i need help|can you help(?: me)?|was kannst du(?: alles)?|wer bist "
     r"du|hilfe)))"
     r"[\s?.!]*$"),
)  # fmt: skip
_TRACE: Final = "a stack trace"
_AS_WRITTEN: Final = (_TRACE, "a name in code")
"""Rows in which capitals count."""
_Row = tuple[Kind, float, str, re.Pattern[str]]
_TABLE: Final[tuple[_Row, ...]] = tuple(
    (kind, weight, name, re.compile(pattern, re.MULTILINE if name in _AS_WRITTEN else re.IGNORECASE))
    for kind, weight, name, pattern in _ROWS
)
_WRITING_ROWS: Final = tuple(row for row in _TABLE if row[0] is Kind.WRITING)
_VERB_ROWS: Final = tuple(row for row in _TABLE if row[2] in ("asks for code work", "asks for something"))
_OTHER_ROWS: Final = tuple(row for row in _TABLE if row[0] is not Kind.WRITING and row not in _VERB_ROWS)
_OF_CODE: Final = "a word of code"
_WISHED: Final = re.compile(_ASKING + rf"(?:{words.CODE_VERBS_STRONG}|{words.CODE_VERBS})\b", re.IGNORECASE)
_GIVEN: Final = re.compile(r":\s|\n")
_WISHES: Final = frozenset(
    name for _, _, name, _ in _ROWS if name.startswith(("asks for", "asks to")) and "how" not in name
) - {"asks for the costs", "asks for help"} | {"forbids, or wonders"}
_SCREEN: Final = re.compile(rf"\b{words.SCREEN_NOUNS}\b", re.IGNORECASE)
_CODE_NOUN: Final = re.compile(rf"\b{words.CODE_NOUNS}\b", re.IGNORECASE)
_EVERYDAY: Final = re.compile(rf"\b{words.EVERYDAY}\b", re.IGNORECASE)
_NOTHING_NAMED: Final = re.compile(
    _ASKING
    + rf"(?:{words.CODE_VERBS}|{words.CODE_VERBS_STRONG})\s+(?P<found>it|that|this|them|das|es)\b\W*$",
    re.IGNORECASE,
)
_TELLING: Final = re.compile(
    r"^(?:ok |and |btw |fyi |so )*(?:i|we|he|she|they|ich|wir)(?:'ve|'ll|'m|'re| have| has| had| will| "
    r"am| are| is| just|"
    r" already| now| hab| habe| haben| werde)?\s+(?:just |already |now )?(?:(?!need|want)\w+(?:ed|ing)|"
    r"shipped|schau\w*|fixe)\b"
    r"|^(?:i|we)(?:'|’)ll\b|^i (?:will|am going to)\b",
    re.IGNORECASE,
)
_QUESTION: Final = re.compile(_WORLD + r"|^(?:how|why|wie|warum)\b", re.IGNORECASE)
_NAMED: Final = re.compile(rf"[\w/-]+\.{words.EXTENSIONS}\b(?!\.\w)|\w+_\w+|\w+\(\)")
_FORBIDDING: Final = re.compile(
    r"\b(?:should (?:i|we)|sollten wir|soll ich|don'?t|do not|never|please wait|hold off)\b", re.IGNORECASE
)
_QUOTED: Final = re.compile(r"\"[^\"\n]{12,}\"|“[^”\n]{12,}”|„[^“\n]{12,}“|^>.*$", re.MULTILINE)
_DATA: Final = re.compile(r"\.(?:csv|tsv|txt|docx?|md|jsonl|xlsx?|eml|srt|rtf|odt)$", re.IGNORECASE)


@lru_cache(maxsize=64)
def score(text: str, projects: Collection[str] = (), files: tuple[str, ...] = ()) -> Score:
    """Everything that matches in ``text``; telling what was done, or not to do it, weighs against work."""
    head = text.strip()[:SCORED_CHARS].replace("’", "'")
    asked = _QUOTED.sub(" … ", head)[:ASKED_CHARS]
    found = [signal for row in _WRITING_ROWS if (signal := _signal(row, asked, head))]
    if any(signal.weight > THRESHOLD for signal in found) and _GIVEN.search(asked):
        asked = _GIVEN.split(asked, maxsplit=1)[0]  # what follows is the text, and may be about anything
    found += [signal for row in _VERB_ROWS if (signal := _signal(row, asked, head))]
    done_to = _WISHED.sub(" ", asked)  # “commit to it” speaks of no commit
    found += [
        signal
        for row in _OTHER_ROWS
        if (signal := _signal(row, done_to if row[2] == _OF_CODE else asked, head))
    ]
    found += _more(asked, done_to, projects, files)
    if not _QUOTED.sub("", head).strip():
        return Score(tuple(found))  # others' words alone are no talk of the person's own
    if len(head) <= TALKED_CHARS and (talk := small_talk(asked)):
        found.append(Signal(Kind(talk[0]), 6.0, "small talk", talk[1]))
    elif not Score(tuple(found)).asks and (laughs(asked) or _EVERYDAY.search(asked)):
        found.append(Signal(Kind.CHAT, 2.5, OF_THE_DAY, asked[:40]))
    return Score(tuple(found))


def _signal(row: _Row, asked: str, head: str) -> Signal | None:
    kind, weight, name, pattern = row
    match = pattern.search(head if name == _TRACE else asked)
    return Signal(kind, weight, name, " ".join((match["found"] or match[0]).split())[:40]) if match else None


def _more(asked: str, done_to: str, projects: Collection[str], files: tuple[str, ...]) -> list[Signal]:
    """What no single pattern says: how many words of screens, everyday things, a named project, files."""
    found: list[Signal] = []
    screen = {match[0].casefold() for match in _SCREEN.finditer(done_to)}
    if screen := screen - {match[0].casefold() for match in _CODE_NOUN.finditer(done_to)}:
        found.append(
            Signal(
                Kind.CODING, min(0.75 * len(screen), 1.5), "parts of software", ", ".join(sorted(screen))[:40]
            )
        )
    if everyday := {match[0].casefold() for match in _EVERYDAY.finditer(asked)}:
        seen = ", ".join(sorted(everyday))[:40]
        found.append(Signal(Kind.CODING, -2.0, EVERYDAY, seen))
        found.append(Signal(Kind.RESEARCH, -0.5, EVERYDAY, seen))
    if name := addressed_project(asked, projects) or named_project(asked, projects):
        found.append(Signal(Kind.CODING, 1.0, "names a project", name))
    if laughs(asked):
        found.append(Signal(Kind.CODING, -2.0, "said with a laugh", asked[:40]))
    if not files and len(asked.split()) == 1 and not _NAMED.search(asked):
        found += [Signal(kind, -3.0, "one word alone", asked[:40]) for kind in sorted(WORK)]
    if told := _TELLING.search(asked):
        found.append(Signal(Kind.CODING, -2.0, TELLS, told[0][:40]))
    if forbidden := _FORBIDDING.search(asked):
        found.append(Signal(Kind.CODING, -2.0, "forbids, or wonders", forbidden[0]))
    if (asks := _QUESTION.match(asked)) and _NAMED.search(asked):
        found.append(Signal(Kind.CODING, 1.0, "asks about the code", asks[0].strip()[:40]))
    if vague := _NOTHING_NAMED.search(asked):
        found.append(Signal(Kind.CODING, -1.0, "about something not named", vague["found"]))
    if data := next((name for name in files if _DATA.search(name)), None):
        found.append(Signal(Kind.WRITING, 2.0, "a text or table came with it", data[:40]))
    return found


def named_project(text: str, projects: Collection[str]) -> str | None:
    """The one known project that ``text`` names; None when it names several."""
    parts = re.findall(r"[\w.-]+", text[:SCORED_CHARS].casefold())
    named = [name for name in projects if name.casefold() in {part.strip(".-") for part in parts}]
    return named[0] if len(named) == 1 else None


def addressed_project(text: str, projects: Collection[str]) -> str | None:
    """The one project that ``text`` says as a place: “in web”, “web: …”, “@web”; “on the web” is none."""
    named = [name for name in projects if _place(name).search(text[:SCORED_CHARS])]
    return named[0] if len(named) == 1 else None


@lru_cache(maxsize=256)
def _place(name: str) -> re.Pattern[str]:
    escaped = re.escape(name)
    return re.compile(
        rf"(?:^|\n)\W*{escaped}\s*[:,–-]|(?:@|\b(?:in|of|for|to|into|from|im|für|bei|von|dans|en|project|"
        rf"projekt)\s+)"
        rf"{escaped}(?![\w-])|\b{escaped}(?:'s| project| projekt| repo)\b",
        re.IGNORECASE,
    )
