"""Words that tell what a message wants, in the languages that teams write: data for ``signals``.

A word stands here if it tells something in most messages that hold it, whoever writes them. What is said in
offices and in repositories alike (“list”, “account”, “order”) is left out or weighs less.
"""

from __future__ import annotations

from typing import Final

# ── what one asks a coding agent for ─────────────────────────────────────────────────────────────────────

CODE_VERBS_STRONG: Final = (
    r"(?:bisect|bump|cherry-?pick|compile|debug|deprecate|dockeri[sz]e|downgrade|implement|lint|migrate|"
    r"optimi[sz]e|parallelize|patch|profile|rebase|refactor|reproduce|revert|transpile|upgrade|"
    r"refaktorier\w*|implementier\w*|debugg?\w*|migrier\w*|optimier\w*|"
    r"impl[ée]mente\w*|refactori[sz]\w*|implementa\w*)"
)
CODE_VERBS: Final = (
    r"(?:add|adjust|allow|call|choose|exclude|go with|include|keep|leave|lower|mention|name|pick|raise|"
    r"skip|take|amend|build|catch|change|check|clean\s?up|commit|configure|connect|convert|correct|"
    r"create|delete|disable|document|drop|edit|enable|ensure|explain|expose|extend|extract|find|fix|format|"
    r"generate|give|handle|have a look|hide|improve|increase|inspect|insert|install|integrate|investigate|"
    r"let|link|list|load|log|look (?:at|into)|make|merge|mock|modify|move|open|parse|port|prevent|print|"
    r"put|reduce|reformat|remove|rename|render|reorder|replace|restore|return|review|rewrite|run|set\s?up|"
    r"show|simplify|solve|sort|speed (?:it |this |that )?up|get rid of|hide|split|store|support|swap|"
    r"switch|take a look|test|tidy(?: up)?|trace|"
    r"track|try|turn|update|use|validate|wire up|wrap|write|"
    r"(?:i|we)(?:'d)? (?:want|need|would like)|there should be|"
    r"füg\w*|änder\w*|anpass\w*|passe?|bau\w*|beheb\w*|behoben|benenn?\w*|einbau\w*|entfern\w*|ergänz\w*|"
    r"ersetz\w*|erstell\w*|erweiter\w*|fixe?n?|korrigier\w*|lös\w*|mach\w*|prüf\w*|reparier\w*|richte?|"
    r"schau\w*|schreibe?|stell\w*|tausch\w*|teste?|umbenenn\w*|verbesser\w*|verschieb\w*|vereinfach\w*|"
    r"aktualisier\w*|untersuch\w*|"
    r"ajoute\w*|corrig\w*|r[ée]pare\w*|change\w*|supprime\w*|v[ée]rifi\w*|mets|cr[ée]e\w*|renomme\w*|"
    r"a[ñn]ad\w*|agreg\w*|arregl\w*|cambi\w*|crea\w*|corrij\w*|elimin\w*|quita\w*|revis\w*|actualiz\w*)"
)
GERMAN_LAST: Final = (
    r"(?:reparieren|beheben|fixen|einbauen|hinzufügen|ergänzen|ersetzen|austauschen|entfernen|ändern|"
    r"anpassen|"
    r"umbenennen|aktualisieren|testen|schreiben|refaktorieren|implementieren|korrigieren|verbessern|prüfen|"
    r"aufräumen|umbauen|erstellen|verschieben|anschauen|ansehen)"
)
"""Where German puts the verb."""

CODE_NOUNS: Final = (
    r"(?:api|async|dark (?:mode|theme)|dropdowns?|footer|landing page|modals?|navbar|placeholders?|"
    r"sidebar|sitemap|splash screen|tooltips?|jquery|backend|bugs?|cache|caching|callbacks?|changelog|ci|"
    r"cli|code(?:base)?|commits?|compiler|"
    r"config(?:uration)?|containers?|cors|cron ?job|css|csv|dead ?lock|dependenc(?:y|ies)|diff|"
    r"docker(?:file)?|"
    r"docstrings?|endpoints?|env(?:ironment)? vars?|exceptions?|favicon|flags?|frontend|functions?|git|"
    r"github actions|handlers?|html|http|imports?|javascript|json|jwt|kubernetes|lint(?:er|ing)?|logging|"
    r"makefile|memory leak|merge conflicts?|middleware|migrations?|modules?|mutex|npm|null|oauth|orm|"
    r"pagination|parsers?|pipelines?|pull requests?|prs?|pytest|race condition|readme|refactoring|"
    r"regex(?:es)?|"
    r"repo(?:s|sitory)?|requirements|routes?|schema|sdk|segfault|serializers?|sql|stack ?trace|stdout|"
    r"subclass(?:es)?|timeouts?|tracebacks?|type ?hints?|typescript|unit ?tests?|variables?|webhooks?|"
    r"websockets?|workers?|yaml|"
    r"abhängigkeit(?:en)?|endpunkte?s?|funktion(?:en)?|klassen?|datenbank\w*|schnittstellen?|"
    r"quell(?:code|text))"
)
SCREEN_NOUNS: Final = (
    r"(?:avatar|banner|build|button|cart|checkout|class(?:es)?|client|column|cookies?|crash\w*|"
    r"deployments?|director(?:y|ies)|ports?|folder|css|"
    r"dark (?:mode|theme)|database|db|deploy|dialog|dropdown|errors?|export|field|footer|forms?|header|icon|"
    r"index|job|landing page|layout|links?|log(?:in|out)|logs?|method|migration|min sdk|modal|navbar|number "
    r"format|page|palette|password reset|placeholder|plugin|polling|popup|queries|query|queue|rate limit\w*|"
    r"request|response|retry|script|search(?: box)?|server|service|session|settings|sidebar|sign-?up|sitemap|"
    r"slider|spinner|splash screen|tab|tests?|toggle|token|tooltip|typo|upload|validation|version|widget|"
    r"health ?check|performance|latency|accessibility|date format|404|haptic feedback|import(?:er)?|"
    r"rows?|text color|theme|code|state|"
    r"anmeldung|ansicht|fehler|formular\w*|seite|startseite|schaltfläche|suche|tabelle|versionsnummer|"
    r"formulaire|bouton|erreur|page d'accueil|bot[óo]n|error|formulario|p[áa]gina|pruebas?)"
)
"""What also stands in repositories, but is talked about elsewhere too: two of them
count as one of the above.
"""

EXTENSIONS: Final = (
    r"(?:py|pyi|js|jsx|ts|tsx|mjs|go|rs|java|kt|rb|php|cs|cc|cpp|h|hpp|swift|scala|sh|bash|sql|html?|css|"
    r"scss|"
    r"json|ya?ml|toml|ini|cfg|md|rst|lock|xml|ipynb|vue|proto|tf|gradle)"
)
BROKEN: Final = (
    r"(?:typos?|are red|schlagen\b.{0,40}\bfehl|fails?|failing|failed|broken|breaks|crash(?:es|ed|ing)|"
    r"regress\w+|doesn'?t (?:work|load|render|"
    r"start|"
    r"compile|exist)|does(?:n't| not|nt) \w+|does nothing|not working|throws|raises|returns? (?:a )?[45]\d\d|"
    r"is (?:red|wrong|slow|super slow|flaky|missing)|can(?:'|no)?t (?:log ?in|sign ?up|upload|save|open|"
    r"load)|"
    r"drops|loses|hangs|leaks?|times out|covers|overlaps|counts \w+ twice|"
    r"kaputt|schlägt\b.{0,40}\bfehl|geht nicht|funktioniert nicht|lässt\b.{0,40}\bweg|stürzt ab|falla|"
    r"ne marche pas)"
)

# ── what one asks a researcher for ───────────────────────────────────────────────────────────────────────

RESEARCH_VERBS: Final = (
    r"(?:research|look (?:it )?up(?![,.!])|google|search (?:for|the (?:web|net|internet)|online)|"
    r"find out(?! why| what causes)|dig up|"
    r"recherchier\w*|finde? (?:bitte |mal )?heraus|such\w* (?:im (?:netz|web|internet)|nach|online)|"
    r"googel\w*|"
    r"cherche\w*|renseigne\w*|busca\w*|averigua\w*|investiga en)"
)
PRESENT: Final = (
    r"(?:as of (?:today|now)|at the moment|currently|current|latest|newest|most recent|recent(?:ly)?|"
    r"these days|this (?:week|month|year)|last (?:night|week|month|year)|yesterday|today'?s|news|"
    r"right now|lts already|come(?:s)? out|already (?:out|released|support\w*)|"
    r"derzeit\w*|zurzeit|zur zeit|aktuell\w*|neueste\w*|heutige\w*|gestern|schon erschienen|"
    r"actuel(?:le)?s?|derni[èe]re\w*|actual(?:es)?|hoy)"
)
MARKET: Final = (
    r"(?:prices?|pricing|costs?|charges?|fees?|how much|how many|alternatives? to|competitors?|vendors?|"
    r"providers? of|pros and cons|vs\.?|versus|benchmarks?|best practices|best|cheapest|top \d+|most (?:used|"
    r"popular)|stud(?:y|ies)|ruling|outage|market share|stats|statistics|population|release date|eol|"
    r"supports?|cheaper|release of|version of|"
    r"preise?|kosten|kostet|studien?|anbieter|vergleich|verordnung|prix|precios?|tarifs?)"
)
WEB: Final = (
    r"(?:on the (?:web|internet|net)|online|internet|with (?:a )?(?:sources?|links?|citations?)|sources?|"
    r"links|"
    r"im (?:netz|internet|web)|mit (?:quellen?|links?))"
)

# ── what one asks a plain model for ──────────────────────────────────────────────────────────────────────

TEXT_VERBS: Final = (
    r"(?:summari[sz]e|tl;?dr|translate|classify|categori[sz]e|label|tag|rephrase|paraphrase|proof-?read|"
    r"shorten|reword|brainstorm|transcribe|draft|"
    r"fass(?:e|t)?\b.{0,40}\bzusammen|zusammenfass\w*|übersetz\w*|formulier\w*|umformulier\w*|entw[iu]rf\w*|"
    r"kürz\w*|klassifizier\w*|dicht\w*|"
    r"traduis\w*|traduire|r[ée]sum(?:e|er|ez)|reformule\w*|r[ée]dige\w*|traduc\w*|resum(?:e|ir)|redacta\w*)"
)
TEXTS: Final = (
    r"(?:ads?|agenda|announcement|article|bios?|birthday card|blog ?post|captions?|card|cover letter|"
    r"e-?mails?|"
    r"essay|greeting|haiku|headlines?|invitation|invite text|jokes?|job (?:ad|posting)|letter|limerick|"
    r"mails?|"
    r"memo|message to|newsletter|note to|out of office|poem|poems|post about|press release|rap|recipe|"
    r"replies|"
    r"reply|rhyme|short story|slogans?|song|speech|story about|subject lines?|summary|tag ?lines?|thank ?you "
    r"(?:note|card)|toast|tweets?|wedding speech|"
    r"absage|anschreiben|antwort an|brief|einladung|gedicht|geburtstags\w+|nachricht an|rede|zusage|"
    r"lettre|po[èe]me|discours|carta|correo|poema)"
)

# ── what neither is ──────────────────────────────────────────────────────────────────────────────────────

EVERYDAY: Final = (
    r"(?:airport|alarm|apartment|appointments?|babysitter|bakery|bbq|beach|beers?|bike|birthday|"
    r"breakfast|brunch|"
    r"bus|cab|cake|calendar|cars?|cats?|chairs?|christmas|cinema|coats?|coffee|colleagues?|concert|"
    r"cookies for|"
    r"couch|dentist|desks?|dinner|doctor|dogs?|doors?|drinks?|fridge|flat|flights?|flowers|football|"
    r"fruit|furniture|"
    r"garden|gifts?|grocer(?:y|ies)|gym|hair|heating|holidays?|hotel|house|ice cream|intern|invite|"
    r"invitations?|"
    r"kids?|kitchen|lamp|landlord|laundry|lawn|lunch(?:es)?|match|meals?|meeting(?:s| rooms?)?|milk|mom|"
    r"mum|dad|movie|"
    r"office|parents|party|picnic|piano|pizza|plants?|playlist|plumber|presents?|printer|pub|restaurants?|"
    r"retro|roof|room|salary|seats?|shirts?|shoes|shopping|sink|snacks?|sofa|standup|tables? (?:for|at)|"
    r"stove|suitcase|"
    r"sushi|taxi|tea|"
    r"train|trip|tyres?|umbrella|vacation|wall|wardrobe|weather|wedding|weekend|whiteboard|wi-?fi|wine|yoga|"
    r"abendessen|auto|bahn|besprechung\w*|büro|fahrrad|feier|frühstück|geburtstag|geschenk|hund|kaffee|"
    r"katze|kind(?:er)?|"
    r"küche|kuchen|mittag(?:essen)?|raum|schlüssel|termin|tisch|urlaub|wetter|wochenende|zug|"
    r"anniversaire|caf[ée]|d[ée]jeuner|d[îi]ner|r[ée]union|voiture|cumplea[ñn]os|cena|coche|almuerzo|tren)"
)
