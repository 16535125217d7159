"""Every Dutch text that the product itself says, in one place."""

APP_TITLE = "Partnerschapsassistent"
APP_INTRO = (
    "Stel een vraag over de partnerschapsovereenkomsten en beleidsantwoorden. Elk antwoord citeert "
    "de tekst woordelijk en verwijst naar de plaats in het document. Staat iets niet in de "
    "documenten, dan zegt de assistent dat."
)
EXAMPLES = (
    "Wanneer vond de laatste stuurgroep excellente partnerschappen plaats?",
    "Welke opzegtermijn geldt voor de overeenkomst VDAB–VVSG?",
    "Hoeveel sectorale partnerschappen zijn er?",
    "Wie was de eerste voorzitter van het Vlaams Partnerschap Duaal Leren?",
    "Waarvoor staat de afkorting SPOC?",
)
EXAMPLES_LABEL = "Voorbeeldvragen"
QUESTION_LABEL = "Uw vraag"
QUESTION_PLACEHOLDER = "Typ uw vraag"
SEND = "Verstuur"
CONVERSATION = "Gesprek"

STATUSES = {
    "answered": "Beantwoord",
    "partial": "Gedeeltelijk",
    "abstained": "Niet gevonden",
}
STATUS_ICONS = {"answered": "✔", "partial": "◐", "abstained": "✖"}
STATUS_LABELS = {status: f"{STATUS_ICONS[status]} {label}" for status, label in STATUSES.items()}
SPOKEN = "{status}: {answer}"
SOURCES = "Bronnen"
SOURCE = "- [{marker}] {place}: {url}"
RELATED_PASSAGE = "- {place}: “{quote}” {url}"
PLACE = "{title} — {section}"
RELATED = "Dit is geen antwoord. De dichtstbijzijnde passages zijn:"
UNDERSTOOD_AS = "Begrepen als: {question}"
PARTIAL_NOTE = "Let op: dit is mogelijk maar een deel van het antwoord. Lees de bron na."

SKIP_TO_QUESTION = "Ga naar de vraag"
PAGES, ACCESSIBILITY = "Pagina’s", "Toegankelijkheid"
HELP = "Hulp"
HELP_TITLE = "Wat deze assistent doet"
HELP_CAN = (
    "Hij zoekt een feit, datum, reden of opsomming op in de documenten en toont de zin "
    "woordelijk, met haar plaats.",
    "Hij begrijpt een vervolgvraag zoals “En wie was de eerste?”.",
    "Hij zegt het wanneer iets niet in de documenten staat, en toont dan de dichtstbijzijnde "
    "passages.",
)
HELP_CANNOT = (
    "Hij weet niets buiten deze documenten en zoekt niet op het internet.",
    "Hij geeft geen advies of interpretatie en rekent niets uit.",
    "Hij kan zich vergissen in wat een zin betekent. Lees altijd het citaat voor u het doorstuurt.",
)
HELP_CAN_LABEL, HELP_CANNOT_LABEL = "Dit kan hij", "Dit kan hij niet"
HELP_DOCUMENTS = (
    "Antwoorden komen alleen uit deze {count}, zoals ze op {date} zijn ingelezen. Het jongste "
    "gedateerde document is van {newest}."
)
HELP_DOCUMENTS_UNDATED = (
    "Antwoorden komen alleen uit deze {count}, zoals ze op {date} zijn ingelezen."
)
HELP_PRIVACY = (
    "Uw gesprekken staan alleen in deze browser. De server bewaart er niets van, tenzij u zelf een "
    "oordeel over een antwoord verstuurt."
)
HELP_PRIVACY_WITHOUT_FEEDBACK = (
    "Uw gesprekken staan alleen in deze browser. De server bewaart er niets van."
)
HELP_CLOSE = "Begrepen, sluit deze uitleg"

CONVERSATIONS = "Gesprekken"
NEW_CONVERSATION = "Nieuw gesprek"
RENAME, DELETE = "Hernoem", "Verwijder"
SAVE_AS = "Bewaar dit gesprek als"
MARKDOWN, DOCX = "Markdown", "Word"
STOP = "Stop"
YOU_ASKED = "U vroeg:"
ACTIONS = "Acties bij dit antwoord"
COPY, AGAIN = "Kopieer met bronnen", "Opnieuw"
GOOD, BAD = "Goed antwoord", "Slecht antwoord"
REFINE = "Vraag verfijnen"
REFINE_ABSTAINED = "Dit staat wel in de documenten"
ASK_ABOUT = "Wat staat er in ‘{title}’ over {topic}?"
ASK_HEADING = "Wat staat er in ‘{title}’ over ‘{heading}’?"
ASK_LIST = "Welke {what} somt ‘{title}’ op?"
ASK_LENGTH = "Hoe lang is de {what}?"
ASK_ABBREVIATION = "Waarvoor staat de afkorting {short}?"
ASK_ACCORDING_TO = "{question} volgens ‘{title}’?"
LIMITED_TO = "Beperkt tot: {scope}"
IN_PERIOD = "{start} tot {end}"
UNDATED = "zonder datum"
SOURCE_NOT_CHECKED = (
    "Dit bewaarde antwoord is niet meer na te gaan: de versie van het document waarop het steunt, "
    "is er niet meer. Stel de vraag opnieuw."
)
SOURCE_NOT_VERBATIM = (
    "Dit bewaarde antwoord wordt niet getoond: een citaat klopt niet met het document. Stel de "
    "vraag opnieuw."
)

NOTE_TITLE = "Nota van een gesprek"
NOTE_WRITTEN = f"Opgemaakt op {{moment}} (Brusselse tijd) met de {APP_TITLE}."
NOTE_ORIGIN = (
    "De antwoorden komen uit de documenten die onderaan als bron staan. Het nummer achter een "
    "citaat is dat van zijn bron."
)
NOTE_QUESTION = "Vraag {number}: {question}"
NOTE_ASKED = "Gesteld op {moment}."
NOTE_UNANSWERED = "Niet beantwoord"
NOTE_SHORT_ANSWER = "Kort antwoord: {answer}"
NOTE_SOURCE = "{place} (document {document}, versie {version})"
NOTE_PASSAGE = "{source}: “{quote}”"
NOTE_NO_QUESTIONS = "Dit gesprek heeft geen vragen."
NOTE_NO_SOURCES = "Geen enkel antwoord steunt op een document."
NOTE_MOMENT = "%d/%m/%Y om %H:%M"

SCOPE_TITLE = "Zoeken in"
SCOPE_DOCUMENTS, SCOPE_KINDS, SCOPE_PARTIES = "Documenten", "Soort", "Partij"
SCOPE_YEAR, SCOPE_ANY_YEAR = "Jaar", "Alle jaren"
SCOPE_HINT = (
    "Wat u niet aanvinkt, beperkt niet. Een overeenkomst telt mee in elk jaar waarin ze geldt."
)
SCOPE_RESET = "Zoek weer in alles"
EXPIRED = "verlopen"

SOURCE_PANEL = "Bron"
SOURCE_PANEL_EMPTY = "Klik bij een antwoord op een bron om ze hier te lezen."
PREVIOUS_SOURCE, NEXT_SOURCE = "Vorige bron", "Volgende bron"
COPY_LINK, OPEN_TAB, CLOSE_SOURCE = "Kopieer link", "Open in nieuw tabblad", "Sluit bron"

FEEDBACK_TITLE = "Uw oordeel over dit antwoord"
FEEDBACK_REASON, FEEDBACK_TEXT = "Wat schort eraan?", "Toelichting (mag leeg blijven)"
FEEDBACK_NOTICE = (
    "Uw vraag, het antwoord en uw toelichting worden bewaard om de assistent beter te maken. Zet "
    "er geen persoonsgegevens in."
)
FEEDBACK_OFF = "Deze server bewaart geen oordelen."
FEEDBACK_FAILED = "Uw oordeel kon niet bewaard worden. Verwittig de beheerder."
FEEDBACK_REASONS = {
    "onjuist": "Het antwoord is onjuist",
    "onvolledig": "Het antwoord is onvolledig",
    "verkeerde_bron": "Het citaat komt uit de verkeerde bron",
    "ten_onrechte_niet_gevonden": "Het staat wel in de documenten",
    "onduidelijk": "Het antwoord is onduidelijk",
    "anders": "Iets anders",
}
CANCEL, SEND_FEEDBACK, SAVE = "Annuleer", "Verstuur oordeel", "Bewaar"
NAME_OF_CONVERSATION = "Naam van het gesprek"
NEEDS_SCRIPT = "Deze pagina werkt met JavaScript. Zet het aan, of gebruik de documenten of de API."

STAGE_START = "Ik zoek in de documenten…"
STAGE_RETRIEVED = "Ik lees de {count} beste passages…"
STAGE_WEIGHED = "Ik kijk de citaten na…"

CHAT_TEXTS = {
    "start": STAGE_START,
    "gestopt": "U hebt deze vraag gestopt. Kies ‘Opnieuw’ om ze alsnog te stellen.",
    "onbereikbaar": "De server is niet bereikbaar. Kijk uw verbinding na en kies ‘Opnieuw’.",
    "vol": "Dit gesprek is vol. Uw vraag begint een nieuw gesprek.",
    "geheugen": "Uw browser kan dit gesprek niet bewaren: zijn geheugen is vol of staat uit. "
    "Verwijder oude gesprekken of bewaar dit gesprek als bestand.",
    "leeg": "Typ eerst een vraag.",
    "bezig": "De vorige vraag is nog bezig. Wacht even of kies ‘Stop’.",
    "gekopieerd": "Gekopieerd.",
    "niet_gekopieerd": "Kopiëren lukte niet. Selecteer de tekst en druk op Ctrl+C.",
    "bedankt": "Bedankt, uw oordeel is bewaard.",
    "bewaard": "Het gesprek is als bestand bewaard.",
    "niets_te_bewaren": "Dit gesprek heeft nog geen antwoorden.",
    "mislukt": "Dat lukte niet. Probeer het opnieuw.",
    "naamloos": "Gesprek zonder vraag",
    "hernoem": "Hernoem gesprek ‘{naam}’",
    "verwijder": "Verwijder gesprek ‘{naam}’",
    "verwijder_zeker": "Wilt u het gesprek ‘{naam}’ verwijderen? Dat is niet ongedaan te maken.",
    "verwijderd": "Het gesprek is verwijderd.",
    "bron_van": "Bron {nummer} van {aantal}",
    "bronnen": SOURCES,
    "bronregel": "[{nummer}] {plaats}: {url}",
    "zoekt_overal": "alle documenten",
    "zoekt_beperkt": "een deel van de documenten ({aantal} filters)",
    "zoekt_beperkt_een": "een deel van de documenten (1 filter)",
    "donker": "Donkere weergave",
    "licht": "Lichte weergave",
    "kopie_klaar": "De link is gekopieerd.",
}
"""What the scripts of the chat page say."""

QUOTE = "“{quote}” [{marker}]"
YES, NO = "Ja.", "Nee."
LISTED = "De tekst somt {count} punten op:"
COUNTED = "{count}. De tekst geeft zelf geen aantal; geteld zijn de punten van deze opsomming:"
COMPARED = "‘{title}’: {quote}"
ABSTAINED = "Ik vind dit niet in de documenten."
ABSTAINED_DETAIL = "Ik zocht naar {terms} in {count}."
NOT_MENTIONED = "Het woord ‘{word}’ komt niet voor in ‘{title}’."
ONE_DOCUMENT, MANY_DOCUMENTS = "1 document", "{count} documenten"
NO_TERMS = "Ik herken hierin geen vraag. Stel uw vraag in een gewone zin."
NO_DOCUMENTS = "Geen enkel document past bij de gekozen filters. Maak de filters ruimer."

EMPTY_QUESTION = "De vraag is leeg. Typ een vraag."
LONG_QUESTION = "De vraag telt {length} tekens; het maximum is {limit}. Stel een kortere vraag."
NO_LLM = "Er is geen taalmodel ingesteld. Gebruik answerer 'extractive' of stel ASSISTANT_LLM in."
UNKNOWN_FILTER = "Onbekende waarde voor het filter {name}: {values}. Kies uit: {choices}."
REVERSED_DATES = "Het filter date_from ligt na date_to. Wissel de datums om."
INDEX_MISSING = (
    "De assistent heeft nog geen index van de documenten. Vraag de beheerder om `assistant index` "
    "uit te voeren."
)
INDEX_UNUSABLE = (
    "De index past niet bij deze versie of instelling van de assistent. Vraag de beheerder om "
    "`assistant index` uit te voeren."
)
INDEX_UNREACHABLE = (
    "De documenten zijn nu niet doorzoekbaar. Probeer het over enkele minuten opnieuw."
)
INDEX_STALE = (
    "De documenten zijn gewijzigd sinds de index werd gemaakt. Dit antwoord steunt op de vorige "
    "versie; vraag de beheerder om `assistant index` uit te voeren."
)
ANSWERS_STALE = (
    "De documenten zijn gewijzigd sinds de index werd gemaakt. Antwoorden steunen op de vorige "
    "versie; vraag de beheerder om `assistant index` uit te voeren."
)
NOT_READY = "Nog niet klaar: start op, of de index ontbreekt of is onbruikbaar"
NOT_LOADED = (
    "De assistent kan niet geladen worden. Vraag de beheerder om het logboek en de instellingen "
    "na te kijken."
)
STARTING = "De assistent start nog op. Probeer het over enkele seconden opnieuw."
DRAINING = "De assistent stopt. Stel uw vraag zo dadelijk opnieuw."
UNEXPECTED = "Er liep iets mis en uw vraag is niet beantwoord. Probeer het opnieuw."

PROBLEMS = {
    "invalid": "De aanvraag is ongeldig",
    "not_found": "Niet gevonden",
    "method": "Deze methode is hier niet toegestaan",
    "key": "Een sleutel is nodig",
    "scope": "Deze sleutel geeft hier geen toegang",
    "foreign": "Deze webpagina of hostnaam krijgt hier geen toegang",
    "too_large": "De aanvraag is te groot",
    "too_many": "Te veel aanvragen",
    "overloaded": "De assistent heeft het te druk",
    "unavailable": "De assistent is niet beschikbaar",
    "unexpected": "Onverwachte fout",
}
PROBLEM_STATUSES = {
    400: "De aanvraag is onleesbaar",
    401: "Een geldige sleutel ontbreekt",
    403: "De sleutel mist het nodige recht",
    404: "Wat gevraagd wordt, bestaat niet",
    413: "De aanvraag is te groot",
    422: "Een waarde is ongeldig",
    429: "Te veel aanvragen; zie de hoofding Retry-After",
    500: "Onverwachte fout; geef de beheerder het request_id",
    503: "Overbelast of niet beschikbaar; zie de hoofding Retry-After",
}
OVERLOADED = "Er wachten te veel vragen tegelijk. Probeer het over enkele seconden opnieuw."
TOO_LARGE = "De aanvraag is te groot. Stuur een kortere vraag of geschiedenis."
UNREADABLE = "body: de inhoud is geen geldige JSON"
INVALID_FIELD = "{field}: {reason}"
INVALID_VALUE = "de waarde is ongeldig"
MISSING_FIELD = "dit veld is verplicht"
UNKNOWN_FIELD = "dit veld bestaat niet"
KEY_NEEDED = (
    "Stuur een sleutel mee in de hoofding `Authorization: Bearer …` of `X-API-Key`. De beheerder "
    "geeft ze uit."
)
UNKNOWN_KEY = "Deze sleutel is onbekend of ingetrokken. Vraag de beheerder om een nieuwe."
MISSING_SCOPE = "Deze sleutel mist het recht: {scope}. Vraag de beheerder om een andere."
KEYS_UNAVAILABLE = "De sleutels zijn nu niet te controleren. Verwittig de beheerder."
TOO_MANY = "U stuurt te veel aanvragen. Wacht {seconds} s voor de volgende."
INVALID_VALUES = "Een waarde is ongeldig of de aanvraag is onleesbaar"
NO_SUCH_MODEL = "Dit model bestaat niet"
OTHER_ERROR = "Elke andere fout"
NO_USER_MESSAGE = "messages: er is geen bericht met de rol ‘user’, en dus geen vraag."
ONLY_TEXT = "messages: een vraag kan alleen tekst bevatten, geen beeld, geluid of bestand."
ONE_ANSWER = "n: er is één antwoord per aanvraag. Laat n weg of stuur 1."
UNKNOWN_MODEL = "Er is geen model ‘{model}’. Kies uit: {choices}."
UNKNOWN_DOCUMENT = "Er is geen document met de naam ‘{document}’. De lijst staat op /documents."
NOT_FOUND = "Deze pagina bestaat niet."
METHOD_NOT_ALLOWED = "Gebruik een andere HTTP-methode; zie /docs."

DOCUMENTS = "Documenten"
BACK_TO_CHAT = "← Naar de chat"
SKIP_TO_CONTENT = "Ga naar de inhoud"
TABLE_OF_CONTENTS = "Inhoudsopgave"
UNTITLED_SECTION = "Begin van de tekst"
LOST_VERSION = (
    "Dit document is gewijzigd sinds de link werd gemaakt en de tekst van toen is niet bewaard. "
    "Het citaat is daarom niet aangeduid."
)
CHANGED_DOCUMENT = (
    "Dit document is gewijzigd sinds de link werd gemaakt. Eerst leest u de tekst zoals die toen "
    "was, daarna het document zoals het nu is."
)
REMOVED_DOCUMENT = (
    "Dit document is verwijderd: de assistent antwoordt er niet meer uit. Hieronder staat het "
    "zoals het was toen de link werd gemaakt (versie {digits})."
)
LINKED_VERSION, CURRENT_VERSION = "Versie waarnaar de link verwijst", "Huidige versie"
THE_QUOTE, QUOTE_PLACE = "Het citaat", "Citaat {number} van {count}"
STILL_VERBATIM = "{quote} staat nog woordelijk in de huidige versie."
NOT_VERBATIM = "{quote} staat niet meer woordelijk in de huidige versie."
SHOW_THERE = "Toon het daar"
PREVIOUS_QUOTE, NEXT_QUOTE = "Vorig citaat", "Volgend citaat"
PERMANENT_LINK = "Vaste link"
PERMANENT_LINK_HINT = "blijft naar deze versie van de tekst wijzen, ook als het document wijzigt."
BAD_QUOTE = (
    "De link wijst geen bestaand tekstdeel aan. Het document staat hieronder zonder aanduiding."
)
CITED_PASSAGE, END_OF_QUOTE = "Geciteerde passage", "einde van het citaat"
METADATA_LABELS = {
    "kind": "Soort",
    "parties": "Partijen",
    "date": "Datum",
    "valid": "Geldig",
    "source": "Bron",
}
VALID_FROM, VALID_UNTIL = "vanaf {start}", "tot en met {end}"
VALID_PERIOD = "van {start} tot en met {end}"
DOCUMENTS_INTRO = (
    "De assistent antwoordt alleen uit {count}, zoals ingelezen op {date} om {time}. Een passage "
    "is een stuk van een sectie waarin hij zoekt."
)
DOCUMENTS_CAPTION = "De documenten waaruit de assistent antwoordt"
DOCUMENT_COLUMNS = {
    "title": "Titel",
    "kind": "Soort",
    "parties": "Partijen",
    "date": "Datum",
    "valid": "Geldig",
    "sections": "Secties",
    "passages": "Passages",
}
NOT_TOLD = "niet vermeld"

ACCESSIBILITY_DATE = "22 november 2026"
ACCESSIBILITY_INTRO = (
    f"Deze verklaring gaat over de {APP_TITLE}: de chat, de lijst van documenten, de pagina van "
    "elk document en deze pagina.",
    "De norm is WCAG 2.2, niveau AA.",
)
ACCESSIBILITY_TESTED_TITLE = "Wat getest is en hoe"
ACCESSIBILITY_TESTED = (
    "Automatisch met axe-core in Chromium zonder scherm, in lichte en donkere weergave, als deel "
    "van de tests van de software.",
    "Met alleen het toetsenbord: alles is te bereiken en te bedienen, en de focus is zichtbaar.",
    "Op een scherm van 390 pixels breed en vergroot tot 200 %.",
)
ACCESSIBILITY_LIMITS_TITLE = "Wat we weten dat beter kan"
ACCESSIBILITY_LIMITS = (
    "De tekst van de documenten komt uit de bronbestanden. Titels, lijsten en tabellen die daar "
    "alleen aan hun opmaak te herkennen zijn, zijn het hier soms niet.",
    "Er is nog niet getest met schermlezers, noch door mensen met een beperking. Automatische "
    "tests vinden niet elk probleem.",
    "Er is alleen getest in Chromium.",
    "De chat werkt alleen met JavaScript; de documentpagina’s en deze pagina ook zonder.",
    "De technische documentatie op /docs is voor programmeurs en valt buiten deze verklaring.",
)
ACCESSIBILITY_REPORT_TITLE = "Een probleem melden"
ACCESSIBILITY_REPORT = (
    "Kunt u iets niet lezen of bedienen? Meld het, en zeg erbij op welke pagina, wat u wilde doen, "
    "en met welke browser en welk hulpmiddel."
)
ACCESSIBILITY_CONTACT = "Melden kan bij:"
ACCESSIBILITY_NO_CONTACT = "Melden kan bij wie deze toepassing in uw organisatie beheert."
ACCESSIBILITY_DATED = "Deze verklaring is van {date}."

MCP_INSTRUCTIONS = (
    "Antwoorden en passages uit Vlaamse partnerschapsovereenkomsten en beleidsantwoorden. Gebruik "
    "`ask` voor een vraag, `search` om zelf te lezen en `get_document` voor een heel document. "
    "Citaten zijn woordelijk: neem ze ongewijzigd over, met hun bron. Vindt `ask` niets, geef dat "
    "dan door als uitkomst en vul het antwoord niet zelf aan."
)
MCP_TOOLS = {
    "ask": (
        "Stel een vraag",
        "Beantwoordt een vraag in het Nederlands over de documenten. Elk citaat is woordelijk en "
        "gecontroleerd: `quote` is de tekst van het document van `start` tot `end`. Neem citaten "
        "ongewijzigd over, met hun nummer en bron. `status` is `answered`, `partial` (lees de bron "
        "na) of `abstained`: dan staat het antwoord niet in de documenten. Zo’n onthouding is een "
        "uitkomst om door te geven, niet om aan te vullen uit eigen kennis; `related` bevat dan de "
        "dichtstbijzijnde passages en die zijn geen antwoord. Geef bij een vervolgvraag in "
        "`history` de eerdere vragen en antwoorden mee, de oudste eerst. Beperk met `filters` tot "
        "documenten (`documents`: hun id), soorten (`kinds`), partijen (`parties`) of een periode "
        "(`date_from`, `date_to`: jjjj-mm-dd).",
    ),
    "search": (
        "Zoek passages",
        "Geeft de `k` passages die het dichtst bij een zoekvraag liggen, de beste eerst, zonder te "
        "antwoorden. Elke passage is een woordelijk citaat met haar plaats in het document. Een "
        "passage hoeft de vraag niet te beantwoorden. `filters` werkt zoals bij `ask`.",
    ),
    "get_document": (
        "Lees een document",
        "Geeft de metadata, de secties en de volledige tekst van één document. De id staat bij elk "
        "citaat (`document`) en in de lijst van resources.",
    ),
}
MCP_DOCUMENT = "Document"
MCP_DOCUMENT_DETAIL = "De volledige tekst van één document; citaten verwijzen naar posities erin."
MCP_UNKNOWN_DOCUMENT = (
    "Er is geen document met de naam ‘{document}’. De resources van deze server zijn de documenten."
)
UNKNOWN_TOOL = "Er is geen tool met de naam ‘{tool}’. Kies uit: {tools}."
FOREIGN = (
    "Deze webpagina of hostnaam mag /mcp niet gebruiken. Vraag de beheerder om ze toe te laten met "
    "ASSISTANT_ALLOWED_HOSTS."
)

API_INTRO = f"""{APP_INTRO}

- Een onthouding (`status` is `abstained`) is een gewone uitkomst, geen fout. `related` bevat dan de
  dichtstbijzijnde passages; die zijn geen antwoord.
- Van elk citaat is `quote` letterlijk de tekst van het document van `start` tot `end`, in tekens
  (Unicode-codepunten), in de genoemde `version`.
- Fouten zijn problem details (RFC 9457) met een uitleg in het Nederlands; onder
  `/v1/chat/completions` en `/v1/models` hebben ze de vorm van OpenAI.
- Een sleutel is nodig als de beheerder sleutels gebruikt. Elk antwoord draagt de hoofding
  `X-Request-ID`.
- Binnen één hoofdversie komen er velden, gebeurtenissen en soorten problemen bij, maar
  verdwijnt er niets.
"""
TAGS = {
    "vragen": "Vragen stellen en passages zoeken",
    "documenten": "De documenten waaruit geantwoord wordt",
    "openai": "Dezelfde assistent voor wie de API van OpenAI spreekt",
    "beheer": "Voor wie de server bewaakt",
}
HEADERS = {
    "X-Request-ID": "Nummer van de aanvraag, ook in het logboek van de server. Stuur zelf een kort "
    "nummer (letters, cijfers, `.`, `_` en `-`) om het te kiezen.",
    "Retry-After": "Seconden om te wachten voor een nieuwe poging",
    "WWW-Authenticate": "Hoe een sleutel mee te sturen, of wat eraan schort",
}
EVENT_STREAM = (
    "Met `Accept: text/event-stream`: achtereenvolgens `retrieval` (de passages die gelezen "
    "worden), `evidence` (de zinnen die het antwoord kunnen dragen), `answer` (hetzelfde object "
    "als zonder stroom) en `done`. Een vraag zonder zoekwoorden heeft alleen de laatste twee. Gaat "
    "het na de eerste gebeurtenis mis, dan is `error` de laatste, met problem details."
)
CHUNK_STREAM = (
    "Met `stream`: brokken zoals die van OpenAI, met de tekst zodra die volledig en nagekeken is. "
    "Het brok met `finish_reason` bevat ook `annotations` en `assistant`; `[DONE]` sluit af. Gaat "
    "het onderweg mis, dan is een object `error` het laatste."
)

SCHEMAS = {
    "Annotation": "Eén citaat van een bericht.",
    "Answer": "Het antwoord op een vraag, met wat het bewijst.",
    "AskIn": "Een vraag, met het gesprek ervoor.",
    "Choice": "Het enige antwoord.",
    "Chunk": "Eén gebeurtenis van een stroom.",
    "ChunkChoice": "De aanvulling op het enige antwoord.",
    "Citation": "Een citaat dat een zin van het antwoord draagt.",
    "Completion": "Een antwoord in de vorm van OpenAI.",
    "CompletionIn": "Een gesprek; het laatste bericht van de gebruiker is de vraag. Andere velden "
    "van OpenAI worden genegeerd.",
    "Delta": "Wat een brok aan het bericht toevoegt.",
    "DocumentOut": "Wat van een document bekend is, zonder zijn tekst.",
    "DoneEvent": "Laatste gebeurtenis: het antwoord is volledig.",
    "ErrorDetail": "Wat er misging.",
    "ErrorOut": "Een fout in de vorm van OpenAI.",
    "EvidenceEvent": "Tweede gebeurtenis: de zinnen die het antwoord kunnen dragen.",
    "FiltersIn": "Welke documenten mogen dienen; wat leeg is, beperkt niet.",
    "FullDocumentOut": "Een document met zijn tekst en secties.",
    "HealthOut": "Hoe het met het proces gaat.",
    "MessageIn": "Een bericht; alleen die van `user` en `assistant` worden gelezen.",
    "MessageOut": "Wat de assistent zegt.",
    "ModelOut": "Een model dat te kiezen is.",
    "ModelsOut": "Alle modellen.",
    "Part": "Een deel van een bericht.",
    "Problem": "Wat er misging, als problem details (RFC 9457).",
    "Quoted": "Een woordelijk stuk van een document.",
    "RetrievalEvent": "Eerste gebeurtenis: de passages die gelezen worden.",
    "SearchHit": "Een gevonden passage.",
    "SearchOut": "De passages die het dichtst bij een zoekvraag liggen.",
    "SectionOut": "Een sectie van een document.",
    "Status": "`answered` is een antwoord. `partial` is er een waarvan de assistent niet zeker is: "
    "lees de bron na. `abstained` is een onthouding: het staat niet in de documenten.",
    "StreamOptions": "Wat een stroom nog bevat.",
    "Timings": "Duur van de stappen, in milliseconden.",
    "TurnIn": "Een eerdere vraag met haar antwoord.",
    "UrlCitation": "De pagina van een citaat, en welke tekens van `content` zijn `[n]` zijn.",
    "Usage": "Aantal tokens, geteld zoals het zoekmodel de tekst verdeelt.",
}
_DAY = "als jjjj-mm-dd"
_DOCUMENTS = "id van elk document dat mag dienen; ze staan op `/v1/documents`"
_KINDS = "soorten: `overeenkomst`, `antwoord`, `toelichting`, `verslag` of `andere`"
_PARTIES = "partijen, zoals `/v1/documents` ze noemt; hoofdletters tellen niet"
_DATE_FROM = f"eerste dag, {_DAY}; ook wat dan nog geldt, telt mee"
_DATE_TO = f"laatste dag, {_DAY}"
FILTERS = {
    "document": _DOCUMENTS,
    "kind": _KINDS,
    "party": _PARTIES,
    "date_from": _DATE_FROM,
    "date_to": _DATE_TO,
}
FIELDS = {
    "annotations": "de citaten, in volgorde",
    "answer": "het antwoord als tekst, met `[n]` achter elk citaat",
    "TurnIn.answer": "wat toen geantwoord werd; mag leeg blijven",
    "answerer": "wie het antwoord schreef: `extractive` citeert alleen, `llm` is een taalmodel",
    "AskIn.answerer": "laat leeg voor de standaard: het taalmodel als er een is ingesteld",
    "assistant": "het volledige antwoord van `/v1/ask`",
    "Chunk.assistant": "het volledige antwoord van `/v1/ask`, in het brok dat het antwoord afsluit",
    "choices": "het antwoord; er is er altijd één",
    "Chunk.choices": "de aanvulling; leeg in het brok met `usage`",
    "citations": "de citaten die het antwoord dragen; leeg bij een onthouding",
    "code": "soort fout, die tussen versies dezelfde blijft",
    "completion_tokens": "van het antwoord",
    "confidence": "kans dat het antwoord juist is, van 0 tot 1",
    "content": "de tekst",
    "created": "seconden sinds 1 januari 1970",
    "data": "de modellen",
    "date": f"dag die de tekst zelf draagt, {_DAY}",
    "date_from": _DATE_FROM,
    "date_to": _DATE_TO,
    "delta": "de aanvulling",
    "dense_rank": "plaats bij het zoeken op betekenis, vanaf 1; null als dat de passage niet vond",
    "detail": "uitleg in het Nederlands, voor de gebruiker",
    "document": "id van het document",
    "documents": _DOCUMENTS,
    "end": "positie net na het laatste teken",
    "end_index": "positie net na `[n]`",
    "error": "de fout",
    "evidence": "de zinnen, de waarschijnlijkste eerst; leeg als er geen waarschijnlijk genoeg is",
    "filters": "beperkt tot sommige documenten",
    "finish_reason": "`stop` als het antwoord volledig is",
    "history": "de eerdere beurten van het gesprek, de oudste eerst",
    "id": "nummer van dit antwoord",
    "DocumentOut.id": "naam die niet verandert",
    "FullDocumentOut.id": "naam die niet verandert",
    "ModelOut.id": "naam om als `model` te sturen",
    "include_usage": "sluit af met een brok met `usage`",
    "index": "altijd 0",
    "instance": "pad van de aanvraag",
    "kind": "soort document",
    "kinds": _KINDS,
    "lexical_rank": "plaats bij het zoeken op woorden, vanaf 1; null als dat de passage niet vond",
    "logprobs": "altijd null",
    "marker": "de `n` van `[n]` in het antwoord",
    "message": "het bericht",
    "ErrorDetail.message": "uitleg in het Nederlands, voor de gebruiker",
    "messages": "het gesprek, het oudste bericht eerst",
    "model": "`partnerschapsassistent`, of `partnerschapsassistent-extractive` voor citaten zonder "
    "taalmodel",
    "n": "aantal antwoorden; alleen 1",
    "name": "de titels van buiten naar binnen",
    "object": "soort object",
    "owned_by": "wie het model aanbiedt",
    "param": "het veld dat fout is",
    "parties": _PARTIES,
    "DocumentOut.parties": "de partijen",
    "FullDocumentOut.parties": "de partijen",
    "passages": "de passages, de beste eerst",
    "prompt_tokens": "van de vragen",
    "query": "de zoekvraag",
    "question": "de vraag, zonder overbodige spaties en stuurtekens",
    "AskIn.question": "de vraag in het Nederlands, ten hoogste 2000 tekens",
    "TurnIn.question": "wat toen gevraagd werd",
    "quote": "de tekst van het document van `start` tot `end`",
    "read": "lezen van de passages",
    "refusal": "altijd null; een onthouding staat in `content`",
    "related": "bij een onthouding de dichtstbijzijnde passages; die zijn geen antwoord",
    "request_id": "nummer van de aanvraag, zoals in de hoofding `X-Request-ID`",
    "results": "de passages, de beste eerst",
    "retrieve": "zoeken van de passages",
    "role": "van wie het bericht is",
    "score": "samengevoegde score van beide zoekwijzen; alleen de volgorde betekent iets",
    "section": "de sectie; leeg boven de eerste titel",
    "sections": "de secties, aaneensluitend",
    "short_answer": "het antwoord in enkele woorden; vaak leeg",
    "source": "waar het document vandaan komt",
    "standalone_question": "de vraag zoals begrepen, aangevuld uit het gesprek",
    "start": "positie van het eerste teken, vanaf 0",
    "start_index": "positie van `[n]`",
    "status": "hoe de vraag afliep",
    "HealthOut.status": "`ok`, `ready`, `starting`, `draining` of `unavailable`",
    "Problem.status": "de HTTP-status",
    "stream": "stuur het antwoord als stroom",
    "stream_options": "alleen met `stream`",
    "text": "de tekst; de posities van citaten wijzen erin",
    "Part.text": "de tekst van een deel van de soort `text`",
    "timings_ms": "duur van de stappen, zonder het wachten in de rij",
    "title": "titel van het document",
    "Problem.title": "de soort in woorden",
    "total": "alles samen, zonder het wachten in de rij",
    "total_tokens": "samen",
    "type": "soort",
    "Problem.type": "soort probleem, die tussen versies dezelfde blijft",
    "url": "pad van het document",
    "Citation.url": "pad van de pagina met het citaat gemarkeerd",
    "Quoted.url": "pad van de pagina met het citaat gemarkeerd",
    "SearchHit.url": "pad van de pagina met de passage gemarkeerd",
    "UrlCitation.url": "adres van de pagina met het citaat gemarkeerd",
    "url_citation": "het citaat",
    "usage": "hoeveel tekst het was",
    "Chunk.usage": "hoeveel tekst het was, als `include_usage` erom vraagt",
    "valid_from": f"eerste dag waarop de overeenkomst geldt, {_DAY}",
    "valid_until": f"laatste dag waarop de overeenkomst geldt, {_DAY}",
    "version": "`sha256:` en de hash van de tekst waarin de posities wijzen",
}
"""Of a field of a schema: by its name in any schema, or with the schema where it means another."""
