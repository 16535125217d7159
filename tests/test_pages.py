"""What all pages share: escaping, and what they say when the index cannot answer."""

import pytest
from jinja2 import UndefinedError

from assistant import wording
from assistant.index import IndexMismatch, IndexMissing, IndexUnavailable
from assistant.pages import index_message, templates


def test_what_is_filled_into_a_template_is_escaped() -> None:
    page = templates.from_string("<p>{{ text }}</p>").render(text="<script>'\"&")
    assert page == "<p>&lt;script&gt;&#39;&#34;&amp;</p>"


def test_a_template_that_misses_a_value_fails_instead_of_showing_nothing() -> None:
    with pytest.raises(UndefinedError):
        templates.from_string("{{ title }}").render()


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (IndexMissing("x"), wording.INDEX_MISSING),
        (IndexMismatch("x"), wording.INDEX_UNUSABLE),
        (IndexUnavailable("x"), wording.INDEX_UNREACHABLE),
    ],
)
def test_an_index_that_cannot_answer_has_a_message(error: IndexUnavailable, message: str) -> None:
    assert index_message(error) == message
