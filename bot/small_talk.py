"""Whether a message is only talk: a greeting, thanks, a reaction, news of somebody's day. Nothing is wanted.

It is talk when every clause of it is: nobody's wish may hide behind a “thanks”.
"""

from __future__ import annotations

import re
from typing import Final

TALK_CHARS: Final = 280
"""A longer message wants something."""

_THANKS: Final = (
    r"(?:(?:many |super |big |ok |so |sehr |vielen |herzlichen |tausend )*(?:thank(?:s|ies)?(?: you| u| "
    r"ya)?|thx|ty|tysm|"
    r"tnx|cheers|danke\w*|dank dir|merci|gracias|grazie|obrigad[oa]|tack|dzi[eę]ki)(?: (?:dir|you|so "
    r"much|very much|"
    r"a lot|a (?:bunch|lot|ton|million)|again|everyone|all|team|guys|schön|sehr|beaucoup|mille|muchas|"
    r"everybody|anyway|"
    r"for (?:the |your )?(?:help|update|info|quick \w+|effort|yesterday|today|everything|reminder|heads "
    r"up|that|this|it)|"
    r"works?|work|both|"
    r"frontdesk))*|much appreciated|appreciate it|muchas gracias|merci beaucoup)"
)
_GREETING: Final = (
    r"(?:(?:good |guten |gute )?(?:morning|mornin|morgen|afternoon|evening|abend|nacht|night|day|tag)|"
    r"hi+|hello+|hey+|hiya|"
    r"hallo|moin(?: moin)?|servus|hola|bonjour|bonsoir|salut|ciao|yo|sup|howdy|namaste|ol[áa]|buenos d[íi]as|"
    r"buenas|greetings|welcome(?: back)?|hi there|what'?s up|wassup|how (?:are|r) (?:you|u|things|ya)"
    r"(?: doing)?(?: today)?|how'?s (?:life|everyone|everybody)|wie geht(?:'s| es)(?: dir| euch)?|alles "
    r"klar(?: bei dir)?|"
    r"na|[çc]a va|qu[ée] tal|[àa] tous|(?:hope|hoffe) (?:you|ihr|du)[\w ]{0,30}|zusammen|there|all|"
    r"everyone|everybody|team|"
    r"folks|guys|frontdesk|bot)"
)
_REACTIONS: Final = (
    r"(?:no (?:problem|worries|rush|hurry|stress|idea|comment|pressure)|ok(?:ay|ie|i)?|k|kk|alright|all "
    r"right|fine|sure(?: thing)?|yes|yep|yeah|yup|no|nope|nah|ja|jo|jep|nein|nee|oui|"
    r"non|s[íi]|great|nice(?: one| work| job| try)?|neat|cool|perfect|perfekt|super|toll|prima|spitze|"
    r"klasse|genial|top|"
    r"awesome|amazing|excellent|brilliant|fantastic|wonderful|lovely|sweet|wow|whoa|woah|ooh|omg|oh(?: "
    r"no| well| yes)?|ah|"
    r"aha|ach so|hm+|mh+m?|uh|uff|ugh|phew|oops|ouch|yay|hooray|woo+|ha(?:ha)+\w*|he(?:he)+|hihi|lol|"
    r"lmao|rofl|xd|"
    r"good(?: job| work| one| stuff| point| call| to know| digest| idea| luck)?|well done|gut(?: "
    r"gemacht)?|sehr (?:gut|"
    r"schön)|schön|passt(?: so)?|geht klar|läuft bei dir|stimmt|genau|klar|verstanden|got it|gotcha|"
    r"understood|noted|"
    r"makes sense|sounds (?:good|great|fine|ok)|fair enough|i see|same|true|right|exactly|agreed?|indeed|"
    r"interesting(?: "
    r"read| stuff)?|impressive|congrats?|congratulations|glückwunsch|félicitations|bravo|\+1|100|love "
    r"(?:it|this|that)|"
    r"like it|works(?: great| fine| well| now| for me| perfectly)?|funny|sorry(?: (?:for|about) [\w "
    r"]{2,30})?|my bad|"
    r"np|never ?mind|nvm|whatever|egal|schon gut|kein "
    r"(?:problem|stress|ding)|keine eile|take (?:your|ur) time|lass dir zeit|de nada|de rien|you'?re "
    r"welcome|yw|"
    r"you'?re (?:the best|awesome|great|amazing|a star|funny|fast|a (?:life ?saver|legend|hero))|best "
    r"bot(?: ever)?|"
    r"good bot|you (?:rock|saved (?:my|the|our) \w+)|"
    r"(?:that|this|it|das)(?:'s|s| is| was| were| looks| sounds| ist| war| sieht| klingt)? (?:really |so "
    r"|very |pretty |quite "
    r"|super |way |too |echt |sehr |schon |ja |already |a |just )*(?:cheap|great|nice|cool|quick|fast|"
    r"awesome|good|fine|"
    r"funny|crazy|weird|wild|ok|okay|perfect|amazing|sad|interesting|helpful|brilliant|true|right|"
    r"annoying|hilarious|"
    r"impressive|expensive|easy|hard|fun|lot|much|help|schnell|gut|super|toll|cool|krass|lustig|teuer|"
    r"billig|schade|aus)"
    r"(?: aus)?|will do|on it|done|same here|me too|ich auch|we'?ll see|let'?s see|mal (?:sehen|schauen)|"
    r"test(?:ing)?|"
    r"ping|first|so|well|anyway|btw|fyi|and|but|then|und|dann|though|again|wieder|today|heute|now|too|"
    r"also|everyone|"
    r"der hammer|wie immer|as always|dude|man|mate|buddy|dir|euch|frontdesk|please|pls|bitte|ever|very|"
    r"really|much|"
    r"(?:so|very|really|too) (?:good|nice|cool|funny|true|hot|cold|tired|happy|sad|hungry))"
)
_PARTING: Final = (
    r"(?:bye+|goodbye|good night|cu|cya|see (?:you|ya|u)(?: (?:tomorrow|later|soon|then|there|around|"
    r"monday|on \w+))*|later|"
    r"ttyl|talk (?:to you )?(?:later|soon|tomorrow)|until (?:then|tomorrow|monday|later)|tschü(?:ss|ß|s)|"
    r"bis (?:dann|"
    r"morgen|später|bald|montag)|schönes? (?:wochenende|feierabend|tag|abend|woche)(?: (?:noch|dir|euch|"
    r"zusammen))*|"
    r"schönen (?:tag|abend|feierabend|urlaub)(?: (?:noch|dir|euch|zusammen))*|feierabend|adieu|"
    r"à (?:demain|bient[ôo]t|plus)|hasta (?:luego|ma[ñn]ana)|adi[óo]s|(?:have|enjoy)[\w "
    r"]{1,14}(?:weekend|day|evening|one|"
    r"holidays?|lunch|vacation|night|break|trip|time)|happy (?:\w+day|new year|holidays|easter)(?: (?:to "
    r")?\w+)?|merry "
    r"christmas|frohe \w+|alles gute(?: zum \w+)?(?: \w+)?|get well(?: soon)?|gute besserung|guten "
    r"appetit|mahlzeit|"
    r"bon app[ée]tit|good luck(?: (?:with|for) [\w ]{2,20})?|sleep well|prost|gesundheit|bless you)"
)
_LIFE: Final = (
    r"(?:sorry |btw |fyi |ok |hey |just |und |but )*(?:"
    r"(?:brb|afk|bbl|ooo|wfh|gtg|g2g|one (?:sec|second|moment|min(?:ute)?)|(?:eine?n? )?(?:sekunde|"
    r"moment|augenblick)|"
    r"(?:two|five|2|5|10) min(?:ute)?s)(?: \w+){0,4}"
    r"|(?:i'?m|i am|im|we'?re|i was|was|we were|i'?ll be|i will be|be|bin|ich bin|war|back|off|be there|"
    r"be back|"
    r"bin dann|bin gleich|wir sind)(?: (?:still|now|just|already|almost|kurz|gerade|noch|mal|away|again))* "
    r"(?:(?:in|at|on|from|to|off|out|late|sick|ill|tired|hungry|home|here|busy|away|back|bored|exhausted|"
    r"starving|"
    r"around|away|late|around|nearly|im|beim|am|krank|müde|weg|zurück|da|unterwegs|zu)\b[\w ':.]{0,40}|"
    r"\d[\d:]*(?: ?[ap]m)?)"
    r"|(?:on|in|at) (?:the|a|my|einem|der|dem) \w+"
    r"|(?:i'?m|we'?re|going|off|heading|gotta|got to|have to|gonna|about)(?: (?:going|gonna|to|off|out|"
    r"about|go|grab|get|"
    r"have|eat|take|run|walk|pick up|for))* (?:a |the |some |my |our |to |home |out |for )*[\w ]{0,20}"
    r"(?:coffee|lunch|dinner|home|break|meeting|bed|walk|gym|doctor|dentist|nap|food|drink|beer|call|bus|"
    r"train|kids?)s?"
    r"|my (?:\w+ )?(?:train|bus|flight|kids?|dog|cat|car|bike|wife|husband|daughter|son|phone|laptop|"
    r"back|head|wi-?fi|"
    r"internet|neighbou?rs?|mom|mum|dad)\b[\w ':]{0,60}"
    r"|mein\w* (?:zug|bus|bahn|kind|hund|katze|auto|rad|handy|kopf)\b[\w ':]{0,60}"
    r"|(?:i'?ll|i will|ich werd(?:e)?|ich)(?: (?:have a look|take a look|check(?: it)?|look(?: at it)?|"
    r"test(?: it)?|try(?: it)?|"
    r"read(?: it)?|get back to (?:you|it|this)|think about (?:it|that)|let you know|do (?:it|that)|be "
    r"\w+|schau\w*|guck\w*|"
    r"les\w*|meld\w* mich))[\w ]{0,30}"
    r"|(?:what|was für) an? (?:[\w ]{1,20} )?(?:day|week|morning|night|game|match|mess|tag|woche)"
    r"|(?:it'?s|its|it is|it was|es ist|is)(?: (?:so|way|too|very|really|getting|almost|finally|zu|schon|"
    r"sehr))* (?:hot|"
    r"cold|late|early|raining|snowing|sunny|friday|monday|weekend|heiß|kalt|spät|freitag|montag)[\w ]{0,30}"
    r"|(?:see|saw|did you see|did you watch|have you (?:seen|watched|heard)|watched)(?: (?:you|the|that|"
    r"this|my|any))* "
    r"[\w ]{1,30}"
    r"|how was (?:your|the|yours)[\w ]{1,30}|wie war(?: dein\w*| das| euer)?[\w ]{1,30}"
    r"|tell (?:me|us) (?:a|another) (?:joke|story)|erzähl (?:mir )?(?:einen )?witz"
    r"|do you (?:like|sleep|dream|eat|have (?:a name|feelings))[\w ]{0,30}|how old are you|where are you "
    r"from|"
    r"what'?s your name|wie heißt du"
    r"|(?:coffee|kaffee|lunch|cake|kuchen|food|pizza|essen)(?: is| ist| are| sind)? (?:ready|fertig|here|"
    r"da|time|anyone)"
    r")"
)
_ATOMS: Final = {
    name: re.compile(rf"{phrases}(?![\w'])", re.IGNORECASE)
    for name, phrases in (
        ("thanks", _THANKS),
        ("parting", _PARTING),
        ("greeting", _GREETING),
        ("reaction", _REACTIONS),
    )
}
_GAP: Final = re.compile(r"(?:\s|[.,;:!?…()'\"~*/\-–—<>]|:[a-z_+\d]+:|@\w+)+", re.IGNORECASE)
_WHOLE_LIFE: Final = re.compile(_LIFE, re.IGNORECASE)
_SIGN: Final = re.compile(
    r"[\U0001F300-\U0001FAFF\u2600-\u27BF\uFE0F\u200D\u2190-\u21FF]+|[:;=8xX][-']?[)(DPpoO/|3]+|<3|\^\^"
)
_CLAUSES: Final = re.compile(r"[.,;!?…\n]+|\s[-–—]\s|\s(?:but|and|und|aber)\s", re.IGNORECASE)
_OPENING: Final = re.compile(
    r"^(?:uff|wow|ugh|haha\w*|lol|phew|ouch|lmao|omg|yay|puh|krass|whoa|oops)\b", re.IGNORECASE
)
_LAUGHING: Final = re.compile(r"\b(?:lol|haha\w*|lmao|rofl|xd)\b|😂|🤣", re.IGNORECASE)


def small_talk(text: str) -> tuple[str, str] | None:
    """What sort of talk it is (thanks, greeting or chat) and what shows it; None when it
    may want something.
    """
    bare = " ".join(_SIGN.sub(" ", text[: TALK_CHARS + 1]).split())
    if len(bare) > TALK_CHARS:
        return None
    if not bare:
        return ("thanks", text.strip()) if _SIGN.search(text) else None
    if sort := _only_atoms(bare):
        return sort, bare[:40]
    clauses = [part.strip() for part in _CLAUSES.split(bare) if part.strip()]
    if all(_only_atoms(part) or _WHOLE_LIFE.fullmatch(part) for part in clauses):
        return "chat", bare[:40]
    return None


def laughs(text: str) -> bool:
    """Somebody laughs or sighs about something; alone that wants nothing."""
    return bool(_LAUGHING.search(text) or _OPENING.search(text.strip()))


def _only_atoms(text: str) -> str | None:
    """The first telling sort, when the words are nothing but phrases of talk."""
    at, sorts = 0, list[str]()
    while at < len(text):
        if gap := _GAP.match(text, at):
            at = gap.end()
            continue
        ends = {name: found.end() for name, atom in _ATOMS.items() if (found := atom.match(text, at))}
        if not ends:
            return None
        longest = max(ends, key=lambda name: ends[name])
        sorts.append(longest)
        at = ends[longest]
    if not sorts:
        return None
    if "thanks" in sorts:
        return "thanks"
    return "greeting" if sorts[0] == "greeting" else "chat"
