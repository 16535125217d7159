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
RELATED = "Dit is geen antwoord. De dichtstbijzijnde passages zijn:"
UNDERSTOOD_AS = "Begrepen als: {question}"
PARTIAL_NOTE = "Let op: dit is mogelijk maar een deel van het antwoord. Lees de bron na."

QUOTE = "“{quote}” [{marker}]"
NO = "Nee."
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
STARTING = "De assistent start nog op. Probeer het over enkele seconden opnieuw."
UNEXPECTED = "Er liep iets mis en uw vraag is niet beantwoord. Probeer het opnieuw."

PROBLEMS = {
    "invalid": "De aanvraag is ongeldig",
    "not_found": "Niet gevonden",
    "method": "Deze methode is hier niet toegestaan",
    "unavailable": "De assistent is niet beschikbaar",
    "unexpected": "Onverwachte fout",
}
INVALID_FIELD = "{field}: {reason}"
INVALID_JSON = "de inhoud is geen geldige JSON"
INVALID_VALUE = "de waarde is ongeldig"
MISSING_FIELD = "dit veld is verplicht"
UNKNOWN_FIELD = "dit veld bestaat niet"
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
