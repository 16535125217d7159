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
QUESTION_PLACEHOLDER = "Typ uw vraag en druk op Enter"
SEND = "Verstuur"
CONVERSATION = "Gesprek"
EMPTY_CONVERSATION = "Nog geen vragen gesteld."

STATUS_LABELS = {
    "answered": "✔ Beantwoord",
    "partial": "◐ Gedeeltelijk",
    "abstained": "✖ Niet gevonden",
}
SOURCES = "Bronnen"
SOURCE = "- [{marker}] {place}: {url}"
RELATED_PASSAGE = "- {place}: “{quote}” {url}"
PLACE = "{title} — {section}"
RELATED = "Dit is geen antwoord. De dichtstbijzijnde passages zijn:"
UNDERSTOOD_AS = "Begrepen als: {question}"
PARTIAL_NOTE = "Let op: dit is mogelijk maar een deel van het antwoord. Lees de bron na."

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
CHANGED_DOCUMENT = (
    "Dit document is gewijzigd sinds het antwoord waaruit u komt. Het citaat is daarom niet "
    "aangeduid."
)
BAD_QUOTE = (
    "De link wijst geen bestaand tekstdeel aan. Het document staat hieronder zonder aanduiding."
)
CITED_PASSAGE = "Geciteerde passage"
METADATA_LABELS = {
    "kind": "Soort",
    "parties": "Partijen",
    "date": "Datum",
    "valid": "Geldig",
    "source": "Bron",
}
VALID_FROM, VALID_PERIOD = "vanaf {start}", "van {start} tot {end}"

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
