"""Follow-up questions: what a short question leaves out is taken from the question before it."""

import re
from collections.abc import Sequence

from assistant.documents import Turn
from assistant.dutch.analysis import STOPWORDS, words
from assistant.dutch.folding import fold

# "En wie was de eerste?", "Maar waarom?", "And the second one?"
_OPENING = re.compile(r"^(?:en|maar|dus|ook|and|et|but|mais)\b[ ,]*", re.IGNORECASE)
_POINTERS = frozenset(
    (
        "hij zij ze die dat deze dit daar daarvan daarvoor daarin daarmee ervan ervoor erin "
        "hiervan hiervoor hun haar er eerste tweede derde laatste vorige volgende it they that "
        "this"
    ).split()
)
LONGEST_MEMORY = 10
"""Earlier questions that a follow-up may lean on."""

MOST_TOPIC_WORDS = 30

_LONGEST_FOLLOW_UP, _FEW_TOPICS = 12, 2


def _topics(question: str) -> list[str]:
    """The words of a question that carry its topic, as written."""
    written = re.findall(r"[\w!’'–-]+", question)
    return [word for word in written if any(part not in STOPWORDS for part in words(word))]


def is_follow_up(question: str) -> bool:
    """Whether a question cannot be understood without the one before it."""
    asked = words(question)
    topics = [word for word in asked if word not in STOPWORDS and word not in _POINTERS]
    if len(asked) > _LONGEST_FOLLOW_UP:
        return False
    points_back = not _POINTERS.isdisjoint(fold(question).replace("?", " ").split())
    opens_like_one = _OPENING.match(question.strip()) is not None
    return len(topics) < _FEW_TOPICS and (points_back or opens_like_one or len(topics) == 0)


def standalone_question(question: str, history: Sequence[Turn]) -> str:
    """``question`` with the topic of the conversation added when it is a follow-up.

    Only the questions of ``history`` count, oldest first: an answer may hold other topics.
    """
    question = question.strip()
    if not history or not words(question) or not is_follow_up(question):
        return question
    before = standalone_question(history[-1].question, history[-LONGEST_MEMORY:-1])
    known = set(words(question))
    added = [word for word in _topics(before) if known.isdisjoint(words(word))]
    topic = " ".join(added[:MOST_TOPIC_WORDS])
    bare = _OPENING.sub("", question).rstrip("?!. ")
    return f"{bare[:1].upper()}{bare[1:]}: {topic}?" if topic else question
