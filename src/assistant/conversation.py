"""Follow-up questions: what a short question leaves out is taken from the question before it."""

import re
from collections.abc import Sequence

from assistant.documents import Turn
from assistant.dutch.analysis import STOPWORDS, topics, words
from assistant.dutch.folding import fold
from assistant.dutch.questions import Expected, expected_answer

# "En wie was de eerste?", "Maar waarom?", "And the second one?"
_OPENING = re.compile(r"^(?:en|maar|dus|ook|and|et|but|mais)\b[ ,]*", re.IGNORECASE)
_POINTERS = frozenset(
    (
        "hij zij ze die dat deze dit daar daarvan daarvoor daarin daarmee ervan ervoor erin "
        "hiervan hiervoor hun haar er eerste tweede derde laatste vorige volgende it they that "
        "this"
    ).split()
)
_STRONG_POINTERS = frozenset(
    "daarvan daarvoor daarin daarmee ervan ervoor hiervan hiervoor".split()
)
_ASKING = frozenset(
    (
        "wie wat waar wanneer waarom waarvoor waartoe hoe hoeveel hoelang welk welke wiens geef "
        "noem who what where when why how which qui que quoi quand pourquoi comment combien quel "
        "quelle"
    ).split()
)
"""Words by which a question asks."""

LONGEST_MEMORY = 10
"""Earlier questions that a follow-up may lean on."""

MOST_TOPIC_WORDS = 30

_LONGEST_FOLLOW_UP, _FEW_TOPICS = 12, 2


def is_follow_up(question: str) -> bool:
    """Whether a question cannot be understood without the one before it."""
    asked = words(question)
    about = [word for word in asked if word not in STOPWORDS and word not in _POINTERS]
    if len(asked) > _LONGEST_FOLLOW_UP:
        return False
    spoken = fold(question).replace("?", " ").split()
    points_back = not _POINTERS.isdisjoint(spoken)
    opens_like_one = _OPENING.match(question.strip()) is not None
    if _is_ellipsis(question) or not _STRONG_POINTERS.isdisjoint(spoken):
        return True
    return len(about) < _FEW_TOPICS and (points_back or opens_like_one or not about)


def _is_ellipsis(question: str) -> bool:
    """Whether only the subject is new, as in "En de VVSG?": what is asked was said before."""
    rest, openings = _OPENING.subn("", question.strip())
    asks = not _ASKING.isdisjoint(words(rest)) or expected_answer(rest) is Expected.YES_NO
    return bool(openings) and bool(words(rest)) and not asks


def standalone_question(question: str, history: Sequence[Turn]) -> str:
    """``question`` with the topic of the conversation added when it is a follow-up.

    Only the questions of ``history`` count, oldest first: an answer may hold other topics.
    """
    question = question.strip()
    if not history or not words(question) or not is_follow_up(question):
        return question
    before = standalone_question(history[-1].question, history[-LONGEST_MEMORY:-1])
    bare = _OPENING.sub("", question).rstrip("?!. ")
    if _is_ellipsis(question):
        return f"{before.rstrip('?!. ')}: {bare}?"
    known = set(words(question))
    added = [word for word in topics(before) if known.isdisjoint(words(word))]
    topic = " ".join(added[:MOST_TOPIC_WORDS])
    return f"{bare[:1].upper()}{bare[1:]}: {topic}?" if topic else question
