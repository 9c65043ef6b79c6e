"""What a request is beyond its sort: final, an end to work, a fresh start, about what is here,
or several at once.
"""

from __future__ import annotations

import re
from typing import Final

LOOKED_AT: Final = 1_500
"""Characters; a wish stands at the beginning."""
PARTS: Final = 3
"""Pieces of work that one message may start."""

# ── what cannot be undone ────────────────────────────────────────────────────────────────────────────────

_ORDERED: Final = (
    r"(?:^|[.,;:!?\n]\s*|\b(?:and|then|just|also|please|pls|plz|now|directly|straight|simply|"
    r"und|dann|bitte|einfach|gleich|(?:can|could|would) (?:you|u)|kannst du|let'?s|i want you to|go "
    r"ahead and)\s+)"
)
_LIVE: Final = (
    r"(?:prod(?:uction)?|produktion|live|main|master|the app store|play store|pypi|npm|docker ?hub)"
)
_PEOPLE: Final = (
    r"(?:all|every(?:body|one)?|each|customers?|clients?|subscribers?|users|the (?:press|public|board|"
    r"team list)|"
    r"newsletter|mailing list|linkedin|twitter|facebook|instagram|reddit|hacker ?news|social media|"
    r"alle[nr]?|kunden|"
    r"nutzer\w*|abonnenten|presse|investors?|candidates?)"
)
_DATA: Final = (
    r"(?:databases?|db|prod(?:uction)?|backups?|buckets?|volumes?|(?:all |inactive |old |test )?(?:users|"
    r"accounts|"
    r"customers|records|messages|emails)|data|repo(?:s|sitory)?|branch(?:es)?|everything|history|cluster|"
    r"servers?|"
    r"alle[ns]?|nutzer\w*|daten\w*|konten|kunden|branch|produktion|sicherung\w*)"
)
_FINAL: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        _ORDERED + rf"(?:delete|drop|wipe|purge|truncate|erase|destroy|nuke|remove|lösch\w*|entferne?)\b"
        rf"(?!.{{0,30}}\b(?:unused|imports?|columns?|field|button|file|function|line|"
        rf"test)\b).{{0,60}}\b{_DATA}\b",
        _ORDERED
        + rf"(?:deploy|release|roll (?:it )?out|ship|push|apply|run|migrate|rotate|promote|merge|bring|"
        rf"spiel\w*|"
        rf"nimm|publish)\b.{{0,60}}\b(?:to|into|in|on|onto|over|auf|nach|the)\b.{{0,20}}\b{_LIVE}\b",
        r"\bforce[- ]?push\b|\bpush\b.{0,20}(?:--force|\s-f\b)|\breset --hard\b.{0,30}\bpush\b|\brm -rf\b",
        _ORDERED + r"(?:publish|veröffentliche?)\b(?!.{0,20}\bdraft)",
        _ORDERED + r"(?:release (?:it|this|that|v?\d|version|the (?:app|package))|go live|tag and release)\b",
        _ORDERED
        + rf"(?:send|e-?mail|mail|text|notify|tell|post|tweet|publish|announce|forward|schick\w*|sende?\w*|"
        rf"verschick\w*|poste?|benachrichtig\w*)\b(?!\s+(?:me|us|mir|uns)\b).{{0,50}}\b{_PEOPLE}\b",
        _ORDERED
        + r"(?:buy|purchase|order|pay|wire|transfer|subscribe us|kaufe?|bestelle?|überweise?|bezahle?)\s+\w+",
        _ORDERED
        + r"(?:rotate|revoke|invalidate|reset)\b.{0,30}\b(?:keys?|secrets?|credentials?|tokens?|passwords)\b",
        r"\b(?:deploy|merge|push|release|ship)\b.{0,20}\b(?:to|into|auf|nach)\s+(?:prod|production|live|"
        r"main|master)\b"
        r"(?!.{0,40}\?)(?<!how do we deploy)",
    )
)
_ASKING_HOW: Final = re.compile(
    r"^\W*(?:how|why|what|when|where|who|does|do|did|is|are|was|wie|warum|wann|wer|was)\b", re.IGNORECASE
)
_TOLD: Final = re.compile(
    r"^\W*(?:i|we|he|she|they|ich|wir)(?:'ve|'ll)?\s+(?!want|need|would)\w+", re.IGNORECASE
)


def final(text: str) -> bool:
    """An order for something that nobody can take back: data, money, publication, messages to others."""
    head = text.strip()[:LOOKED_AT].replace("’", "'")
    if _ASKING_HOW.match(head) or _TOLD.match(head):
        return False
    return any(pattern.search(head) for pattern in _FINAL)


# ── an end to work, and another try ──────────────────────────────────────────────────────────────────────

_LEAD: Final = (
    r"(?:(?:ok|okay|oh|please|pls|plz|bitte|wait|hold on|hey|no|actually|sorry|forget it|forget that|hm+|"
    r"just|"
    r"(?:can|could|would) (?:you|u)|kannst du|du kannst|let'?s|and|now|jetzt|mal)[\s,!.]+){0,4}"
)
_WHAT: Final = (
    r"(?:[\s,]+(?:it|that|this|them|both|all|everything|now|right now|please|pls|working(?: on (?:it|"
    r"this|that|d\d+))?|doing "
    r"(?:it|this|that)|the (?:run|work|task|job|thing|whole thing)|das|es|alles|beide[s]?|sofort|bitte|"
    r"jetzt|mal|"
    r"immediately|at once|d\d{1,9}|thanks|for now))*"
)
_ONE: Final = (
    r"(?:[\s,]+(?:the|das|die|den|der)\s+(?P<which>[\w -]{3,40}?)(?: (?:one|task|job|work|thing|run))?)?"
)
_REST: Final = (
    r"(?:[\s,.]*(?:not needed|no longer needed|don'?t need (?:it|that)|we don'?t need it)(?: any ?more)?)?"
    r"[\s!.,]*"
)
_STOP: Final = re.compile(
    rf"{_LEAD}(?:stop|stopp|halt|pause|hör auf|arr[êe]te|para){_WHAT}{_ONE}{_WHAT}{_REST}", re.IGNORECASE
)
_CANCEL: Final = re.compile(
    rf"{_LEAD}(?:cancel|abort|kill|scrap|discard|drop|abbrechen|abbruch|brich|forget|vergiss|annule\w*|"
    rf"cancela\w*)"
    rf"(?:(?<=drop)(?= (?:it|that|this)\b)|(?<=forget)(?= (?:it|that|this)\b)|(?<!drop)(?<!forget))"
    rf"{_WHAT}{_ONE}{_WHAT}(?:[\s,]+(?:bitte[\s,]+)?ab)?{_REST}",
    re.IGNORECASE,
)
_RETRY: Final = re.compile(
    rf"{_LEAD}(?:(?:re)?try(?: (?:it|that|this|once))*(?: more)?(?: again)?|do (?:it|that) (?:again|over|"
    rf"once more)|run "
    r"(?:it|that) again|(?:one|once) more(?: time)?|another try|nochmal|noch ?(?:ein)?mal|versuch(?:'s|"
    r"e)?(?: es| das)? "
    r"(?:bitte )?(?:nochmal|noch einmal|erneut)|encore|otra vez)[\s,]*(?:please|pls|bitte)?[\s!.?]*",
    re.IGNORECASE,
)


def ends(text: str) -> tuple[str, str] | None:
    """“stop” or “cancel”, when the whole message is an order to end work, and the words that say which."""
    bare = text.strip()[:120].replace("’", "'")
    for verb, pattern in (("stop", _STOP), ("cancel", _CANCEL)):
        if len(text.strip()) <= len(bare) and (found := pattern.fullmatch(bare)):
            return verb, found["which"] or ""
    return None


def tries_again(text: str) -> bool:
    return bool(_RETRY.fullmatch(text.strip()[:80].replace("’", "'")))


def means_all(text: str) -> bool:
    return bool(re.search(r"\b(?:everything|all|both|alles|beides?)\b", text, re.IGNORECASE))


# ── a fresh start, or about what is here ─────────────────────────────────────────────────────────────────

_FRESH: Final = re.compile(
    r"(?:ok(?:ay)?[\s,.]+|and[\s,]+|so[\s,]+)?(?:new(?: (?:work|task|topic|thing|request))?|separately|"
    r"something else|"
    r"another (?:thing|topic|task)|(?:a )?different (?:topic|thing|task)|next (?:topic|task|thing)|"
    r"(?:completely |totally )?"
    r"unrelated|(?:a )?separate (?:thing|topic|task|request)|other topic|off[- ]topic|on another note|"
    r"(?:ein )?(?:anderes|neues|nächstes) thema|was anderes|etwas anderes|neu|autre sujet|otro "
    r"tema)\s*[:,.;–-]+\s*"
    r"(?:but\s+|aber\s+)?",
    re.IGNORECASE,
)
_BESIDE: Final = re.compile(
    r"(?:in the meantime|meanwhile|in parallel|while (?:you'?re|ur) at it|parallel dazu|nebenbei|"
    r"währenddessen|separately)\b"
    r"[\s,:]*",
    re.IGNORECASE,
)
_REFERS: Final = re.compile(
    r"\b(?:it|its|that|this|these|those|them|they|same|also|too|as well|again|instead|both|one of|the "
    r"(?:first|second|third|"
    r"last|change|result|limit|fix|draft|text|report|list)|number \d|das|dies\w*|es|auch|noch|nochmal|"
    r"ebenso|dav[oa]n|"
    r"dar[aü]n|dazu|damit|punkt \d|eso|esto|[çc]a|cela|aussi|tambi[ée]n)\b",
    re.IGNORECASE,
)
_GOES_ON: Final = re.compile(
    r"^\W*(?:and|now|also|then|but|und|jetzt|aber|noch|too|a bit|bit|more|less|why|what about|how about|"
    r"same|please|"
    r"shorter|longer|in (?:english|german|french|spanish)|auf (?:deutsch|englisch)|y|et)\b"
    r"|\b(?:should|shouldn'?t|must|needs? to|please|pls|bitte|sollte\w*|instead of|rather than|too "
    r"(?:\w+))\b|\?\s*$",
    re.IGNORECASE,
)


def fresh(text: str) -> str | None:
    """What follows words that set a request apart from all that is here; None when there are none."""
    found = _FRESH.match(text)
    return text[found.end() :] if found and found.end() < len(text) else None


def beside(text: str) -> str | None:
    """What follows “in the meantime” and its like: beside what goes on, not for it."""
    found = _BESIDE.match(text)
    return text[found.end() :] if found and found.end() < len(text) else None


def refers(text: str) -> bool:
    """It speaks of something that was said or done before."""
    return bool(_REFERS.search(text[:LOOKED_AT]))


def goes_on(text: str) -> bool:
    """It sounds like one side of a conversation about work: a wish, a correction, a question."""
    return bool(_GOES_ON.search(text[:LOOKED_AT])) or refers(text)


# ── several pieces of work ───────────────────────────────────────────────────────────────────────────────

_LINES: Final = re.compile(r"(?:^|\n)\s*(?:\d+[.)]|[-*•])\s+")
_INLINE: Final = re.compile(r"(?:^|\s)(?:\d\)|\(\d\))\s+")
_AND: Final = re.compile(
    r"[,;.]?\s+(?:and|und)\s+(?:separately|also|secondly|außerdem)[\s,]+|[,;.]\s+(?:separately|secondly|"
    r"außerdem)[\s,]+"
    r"|[,;]?\s+(?:and|und)\s+",
    re.IGNORECASE,
)
_INTRO: Final = re.compile(
    r"^(?:two|three|2|3|a few|some|several|zwei|drei) (?:things|requests|tasks|dinge|sachen)\s*[:,–-]\s*",
    re.IGNORECASE,
)


def parts(text: str) -> tuple[str, ...]:
    """The pieces that a message may consist of; empty when it is one."""
    text = _INTRO.sub("", text.strip()[:LOOKED_AT])
    for pattern in (_LINES, _INLINE, _AND):
        pieces = tuple(piece for part in pattern.split(text) if (piece := part.strip(" \n,;.")))
        if 2 <= len(pieces) <= PARTS and all(len(piece.split()) >= 2 for piece in pieces):
            return pieces
    return ()


# ── about which of several ───────────────────────────────────────────────────────────────────────────────

_COMMON: Final = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be but by can do for from have i in is it its me my no not of on or our "
        "please so that the their them then there they this to too up use was we what when which will "
        "with you your now add make new test tests docs documentation write update change file files "
        "code work minute all only also just some more first one two three bitte das der die den dem ein "
        "eine einen für und oder mit nicht noch auch ist es im zu auf",
    )
)


def telling(text: str) -> frozenset[str]:
    """The words that tell what a text is about."""
    return frozenset(
        word
        for word in re.findall(r"[\w.-]*\w", text[:LOOKED_AT].casefold())
        if len(word) > 2 and word not in _COMMON
    )
