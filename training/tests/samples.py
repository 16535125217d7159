"""Small readings for the tests."""

from training.readings import Reading, enclosing_sentences

CONTEXT = (
    "De stuurgroep kwam samen in Gent. Ze bestaat uit acht leden. "
    "De voorzitter is sinds 2014 Karel Maes. Het verslag volgt later."
)


def reading(answer: str = "Karel Maes", question: str = "Wie is voorzitter?") -> Reading:
    start = CONTEXT.index(answer)
    span = (start, start + len(answer))
    evidence = enclosing_sentences(CONTEXT, (span,))
    return Reading("test", "test/1", "Titel", question, CONTEXT, True, evidence, span)
