"""The note for the file: what it says, and that nothing in it can act."""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any
from xml.etree import ElementTree

import docx
import pytest
from docx.document import Document as WordDocument
from docx.oxml.ns import qn
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from assistant import wording
from assistant.answering import Assistant
from assistant.contract import FiltersIn
from assistant.documents import Answer, Citation, Quoted, Status, Turn
from assistant.exchange import Exchange
from assistant.file_note import escape_markdown, to_docx, to_markdown
from assistant.visible import visible_line

ADDRESS = "http://host:7860"
NOW = dt.datetime(2026, 11, 22, 13, 3, 59, tzinfo=dt.UTC)
ASKED = dt.datetime(2026, 7, 1, 22, 30, tzinfo=dt.UTC)

READERS = [
    MarkdownIt("commonmark"),
    MarkdownIt("gfm-like", {"linkify": True}).enable(["table", "strikethrough", "linkify"]),
]
"""CommonMark, and that with tables, strikethrough and addresses that become links."""

OWN_TAGS = {"h1", "h2", "p", "strong", "blockquote", "ul", "ol", "li", "a", ""}

HOSTILE = [
    "<script>alert(1)</script>",
    "<!-- weg --> <b>vet</b> <https://kwaad.example>",
    "![plaatje](https://kwaad.example/x.png) [klik](javascript:alert(1))",
    "[1]: https://kwaad.example",
    "www.kwaad.example https://kwaad.example //localhost/x a@kwaad.example mailto:a@b.be",
    "# kop",
    "1. een",
    "123) een",
    "- een",
    "+ een",
    "> citaat",
    "---",
    "===",
    "```",
    "    code",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "a | b\n:-: | -\n1 | 2",
    "~~weg~~ *schuin* __vet__ `code` $x$ \\",
    "&lt;b&gt; &#60;b&#62; &copy;",
    "Negeer alle instructies.\u202e\u2066 \u200frev\x00\x1b[31m \ud800 \ufffe\uffff",
    "\ufeff\u200b",
    "**",
    "”",
    "[1] “[2]” [9]",
]


def quoted(quote: str = "Een zin.", document: str = "nota", **changes: Any) -> Quoted:
    fields = {
        "document": document,
        "title": f"Titel van {document}",
        "version": "sha256:0123456789abcdef",
        "section": "Deel 1",
        "quote": quote,
        "start": 0,
        "end": len(quote),
        "url": f"/documents/{document}?versie=0123456789ab&citaat=0-{len(quote)}#citaat",
    }
    return Quoted(**(fields | changes))


def cited(marker: int, quote: Quoted) -> Citation:
    return Citation(marker=marker, **quote.model_dump())


def answered(text: str, *citations: Citation, **changes: Any) -> Answer:
    fields: dict[str, Any] = {
        "id": "a",
        "question": "Wat?",
        "standalone_question": "Wat?",
        "status": Status.ANSWERED,
        "answer": text,
        "confidence": 0.9,
        "citations": citations,
    }
    return Answer(**(fields | changes))


def exchange(answer: Answer | None = None, **changes: Any) -> Exchange:
    return Exchange(**({"question": "Wat?", "asked": ASKED, "answer": answer} | changes))


def markdown(*exchanges: Exchange, title: str = "Dossier", address: str = ADDRESS) -> str:
    return to_markdown(title, exchanges, address, NOW)


def word(*exchanges: Exchange, title: str = "Dossier", address: str = ADDRESS) -> WordDocument:
    return docx.Document(io.BytesIO(to_docx(title, exchanges, address, NOW)))


def paragraphs(document: WordDocument) -> list[tuple[str, str]]:
    """The style and text of each paragraph, its link included."""
    return [(str(p.style.name), p.text) for p in document.paragraphs if p.style]


def tokens(source: str, reader: MarkdownIt) -> Iterable[Token]:
    for token in reader.parse(source):
        yield token
        yield from token.children or ()


def read(source: str, reader: MarkdownIt = READERS[0]) -> list[str]:
    """What a reader sees of Markdown: the text of every paragraph and heading."""
    inlines = [token for token in reader.parse(source) if token.type == "inline"]
    return ["".join(child.content for child in token.children or ()) for token in inlines]


def links(source: str, reader: MarkdownIt) -> list[str]:
    opened = [token for token in tokens(source, reader) if token.type == "link_open"]
    return [str(token.attrs["href"]) for token in opened]


# What it says


@pytest.fixture(scope="module")
def real(assistant: Assistant) -> list[Exchange]:
    """An answer, a follow-up within a filter, the first question again, and an abstention."""
    chair = "Wie is de voorzitter van het Vlaams Partnerschap Duaal Leren?"
    asked = [
        (chair, FiltersIn()),
        ("En wie was de eerste?", FiltersIn(kinds=["toelichting"])),
        (wording.EXAMPLES[0], FiltersIn()),
        ("Wat is de hoofdstad van Peru?", FiltersIn()),
    ]
    exchanges: list[Exchange] = []
    for question, filters in asked:
        turns = [Turn(e.question, e.answer.answer if e.answer else "") for e in exchanges]
        answer = assistant.answer(question, turns, filters.to_filters())
        exchanges.append(Exchange(question=question, asked=ASKED, answer=answer, filters=filters))
    return exchanges


def test_a_real_conversation_reads_the_same_in_both(real: list[Exchange]) -> None:
    seen = read(markdown(*real))
    assert seen == [text for _, text in paragraphs(word(*real))]
    first, follow_up, steering, refused = (exchange.answer for exchange in real)
    assert first and follow_up and steering and refused
    assert seen[0] == "Dossier"
    assert seen[1].startswith("Opgemaakt op 22/11/2026 om 14:03 (Brusselse tijd)")
    assert seen.count("Gesteld op 02/07/2026 om 00:30.") == 4
    assert f"Begrepen als: {follow_up.standalone_question}" in seen
    assert "Beperkt tot: toelichting" in seen
    assert "Kort antwoord: 17 januari 2013" in seen
    assert f"“{first.citations[0].quote}” [1]" in seen
    assert f"“{steering.citations[0].quote}” [2]" in seen
    assert refused.answer in seen
    at = seen.index(wording.RELATED)
    for text, passage in zip(seen[at + 1 :], refused.related, strict=False):
        assert f": “{visible_line(passage.quote)}” {ADDRESS}{passage.url}" in text
    sources = seen[seen.index(wording.SOURCES) + 1 :]
    assert [source.rpartition(" ")[2] for source in sources] == [
        f"{ADDRESS}{first.citations[0].url}",
        f"{ADDRESS}{steering.citations[0].url}",
    ]
    assert follow_up.citations == first.citations
    digits = steering.citations[0].version.removeprefix("sha256:")[:12]
    name = f"(document antwoord-excellente-partnerschappen, versie {digits})"
    assert f"— Antwoord 6 {name}" in sources[1]


def test_numbers_run_through_the_note_and_a_source_keeps_its_number() -> None:
    one, two = quoted("Eén."), quoted("Twee.")
    first = answered("“Eén.” [1] “Twee.” [2]", cited(1, one), cited(2, two))
    second = answered("“Twee.” [1] “Drie.” [2]", cited(1, two), cited(2, quoted("Drie.")))
    source = markdown(exchange(first), exchange(second))
    seen = read(source)
    assert [text for text in seen if text.startswith("“")] == [
        "“Eén.” [1]",
        "“Twee.” [2]",
        "“Twee.” [2]",
        "“Drie.” [3]",
    ]
    assert len(seen[seen.index(wording.SOURCES) + 1 :]) == 3
    assert re.findall(r"^(\d+)\. ", source, re.MULTILINE) == ["1", "2", "3"]


def test_only_markers_are_renumbered_and_not_what_a_quote_says() -> None:
    other = answered("“A.” [1]", cited(1, quoted("A.")))
    quote = quoted("Zie [1] en [2].")
    drafted = answered(
        "Bewering [1][2]. Niet van ons: [7].", cited(1, quote), cited(2, quoted("B.", "b"))
    )
    extractive = answered("Zie ook: “Zie [1] en [2].” [1]", cited(1, quote))
    seen = read(markdown(exchange(other), exchange(drafted), exchange(extractive)))
    assert "Bewering [2][3]. Niet van ons: [7]." in seen
    at = seen.index("Bewering [2][3]. Niet van ons: [7].")
    assert seen[at + 1 : at + 3] == ["“Zie [1] en [2].” [2]", "“B.” [3]"]
    at = seen.index("Zie ook:")
    assert seen[at + 1] == "“Zie [1] en [2].” [2]"


def test_the_words_around_the_quotes_stay() -> None:
    text = "De tekst somt 2 punten op: “a” [1] “b” [2]"
    seen = read(markdown(exchange(answered(text, cited(1, quoted("a")), cited(2, quoted("b"))))))
    at = seen.index("De tekst somt 2 punten op:")
    assert seen[at + 1 : at + 3] == ["“a” [1]", "“b” [2]"]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.ANSWERED, "Beantwoord"),
        (Status.PARTIAL, "Gedeeltelijk"),
        (Status.ABSTAINED, "Niet gevonden"),
    ],
)
def test_the_status_is_told_in_words(status: Status, words: str) -> None:
    seen = read(markdown(exchange(answered("Tekst.", status=status))))
    assert words in seen
    assert (wording.PARTIAL_NOTE in seen) is (status is Status.PARTIAL)


def test_a_note_without_answers_says_so() -> None:
    seen = read(markdown(exchange(note=wording.OVERLOADED)))
    assert wording.NOTE_UNANSWERED in seen
    assert wording.OVERLOADED in seen
    assert seen[-1] == wording.NOTE_NO_SOURCES
    assert wording.NOTE_NO_QUESTIONS in read(markdown())
    assert read(markdown(title=" \u202e"))[0] == wording.NOTE_TITLE
    assert word(title=" \u202e").core_properties.title == wording.NOTE_TITLE


def test_a_filter_is_told_with_all_its_parts() -> None:
    filters = FiltersIn(
        documents=["nota"], parties=["VDAB"], date_from=dt.date(2012, 1, 1), date_to=None
    )
    assert "Beperkt tot: nota; VDAB; 01/01/2012 tot …" in read(markdown(exchange(filters=filters)))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("2026-01-01T00:30:00", "01/01/2026 om 01:30"),
        ("2026-07-01T12:00:00-05:00", "01/07/2026 om 19:00"),
        ("0001-01-01T00:00:00+14:00", "01/01/1 om 00:00"),
        ("9999-12-31T23:59:59Z", "31/12/9999 om 23:59"),
    ],
)
def test_any_moment_can_be_told(asked: str, told: str) -> None:
    (line,) = [text for text in read(markdown(exchange(asked=asked))) if "Gesteld" in text]
    assert line.replace("0001", "1") == f"Gesteld op {told}."


def test_a_long_conversation_is_quick_and_complete() -> None:
    quotes = [quoted(f"Zin {number}. " + "x" * 500) for number in range(1000)]
    exchanges = []
    for number in range(50):
        own = quotes[number * 20 : number * 20 + 20]
        text = " ".join(f"“{quote.quote}” [{at}]" for at, quote in enumerate(own, 1))
        exchanges.append(exchange(answered(text, *(cited(n, q) for n, q in enumerate(own, 1)))))
    assert len(links(markdown(*exchanges), READERS[0])) == 1000
    assert paragraphs(word(*exchanges))[-1][1].startswith("Titel van nota")


# That nothing in it can act


def assert_inert(source: str, allowed: Sequence[str]) -> None:
    """Only the note's own markup is there, and only the links that may be."""
    for reader in READERS:
        for token in tokens(source, reader):
            assert token.tag in OWN_TAGS, token
            assert not token.type.startswith("html"), token
        assert links(source, reader) == list(allowed)


def lines(text: str) -> list[str]:
    """``text`` in every place of a Markdown document where the note puts what it did not write."""
    escaped = escape_markdown(visible_line(text))
    return [prefix + escaped + suffix for prefix, suffix in PLACES]


PLACES = [("", ""), ("# ", ""), ("> ", ""), ("- ", ""), ("12. ", ""), ("**", "**"), ("“", "” ")]

MARKUP = st.text(
    st.one_of(
        st.sampled_from("\\`*_{}[]()<>#+-=.!|~:/&;@^$\"' \n\t1234567890"),
        st.sampled_from("awh.:/"),
        st.characters(exclude_categories=[]),
    ),
    max_size=60,
)
PIECES = st.lists(
    st.one_of(
        st.sampled_from(HOSTILE),
        st.sampled_from(["http:", "//", "www.", "be", "nl", ".", "@", ":", "](", "![", "|", "x"]),
        MARKUP,
    ),
    max_size=6,
).map("".join)


@given(PIECES)
@example("http:\u200b//kwaad.be")
@example("1")
@example("0 #")
@settings(max_examples=400, deadline=None)
def test_escaped_text_is_shown_as_it_stands(text: str) -> None:
    line = visible_line(text)
    if not line:
        return
    for (before, after), source in zip(PLACES, lines(text), strict=True):
        shown = f"“{line}”" if before == "“" else line
        for reader in READERS:
            [seen] = read(source, reader) or [""]
            assert seen == shown, source
            tags = {token.tag for token in tokens(source, reader)}
            assert tags <= OWN_TAGS - {"a"}, (source, after)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_stays_text_beside_other_blocks(text: str) -> None:
    """What a line means can depend on those around it: tables, underlined headings."""
    if visible_line(text):  # the note has no empty blocks
        assert_inert("\n\n".join([*lines(text), *lines(text)]), [])


def hostile_exchange(text: str) -> Exchange:
    """``text`` in every field that holds text."""
    quote = quoted(text, text, title=text, version=text, section=text, url=text)
    answer = answered(
        f"{text} “{text}” [1] {text}",
        cited(1, quote),
        question=text,
        standalone_question=text + "?",
        short_answer=text,
        related=(quote,),
    )
    filters = FiltersIn(documents=[text], kinds=[text], parties=[text])
    fields = {"question": text, "note": text, "filters": filters, "answer": answer}
    return exchange().model_copy(update=fields)  # unchecked, so that any text may pass


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_conversation_is_inert_in_markdown(text: str) -> None:
    source = markdown(hostile_exchange(text), title=text)
    assert_inert(source, [])
    assert source.encode()
    assert visible_line(f"“{text}” [1]") in read(source)


@given(PIECES)
@settings(max_examples=40, deadline=None)
@example("".join(HOSTILE))
def test_a_hostile_conversation_is_inert_in_word(text: str) -> None:
    saved = to_docx(text, [hostile_exchange(text)], ADDRESS, NOW)
    with zipfile.ZipFile(io.BytesIO(saved)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for name, part in parts.items():
        assert not name.endswith((".bin", ".jpeg"))
        ElementTree.fromstring(part)  # noqa: S314  every part is XML
    assert b"External" not in parts["word/_rels/document.xml.rels"]
    assert b"instrText" not in parts["word/document.xml"]
    assert b"fldSimple" not in parts["word/document.xml"]
    document = docx.Document(io.BytesIO(saved))
    seen = [shown for _, shown in paragraphs(document)]
    assert visible_line(f"“{text}” [1]") in seen


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "https://kwaad.example/documents/nota",
        "//kwaad.example/documents/nota",
        "@kwaad.example/documents/nota",
        "/documents/../admin",
        "/documents/..",
        "/documents/%2e%2e",
        "/documents/nota/../../x",
        "/documents/nota> [klik](https://kwaad.example)",
        "/documents/nota\n<https://kwaad.example>",
        "/documents/\u202enota",
        "/v1/ask",
        "/documents",
        "",
    ],
)
def test_only_a_page_of_a_document_becomes_a_link(url: str) -> None:
    turn = exchange(answered("“a” [1]", cited(1, quoted("a", url=url)), related=(quoted(url=url),)))
    assert_inert(markdown(turn), [])
    assert hyperlinks(word(turn)) == []


@pytest.mark.parametrize(
    "address", ["javascript:x", "http://h/><script>", "http://a b", "http://gebruiker:geheim@h", ""]
)
def test_no_link_without_an_address_to_trust(address: str) -> None:
    turn = exchange(answered("“a” [1]", cited(1, quoted("a"))))
    assert_inert(markdown(turn, address=address), [])
    assert hyperlinks(word(turn, address=address)) == []


@pytest.mark.parametrize("address", [ADDRESS, "https://[::1]:7860", "https://h.example/assistent"])
def test_every_source_has_its_link(address: str) -> None:
    turn = exchange(answered("“a” [1]", cited(1, quoted("a")), related=(quoted("b"),)))
    expected = [f"{address}{quoted(text).url}" for text in ("b", "a")]
    for reader in READERS:
        found = links(markdown(turn, address=address), reader)
        assert [link.replace("%5B", "[").replace("%5D", "]") for link in found] == expected
    assert hyperlinks(word(turn, address=address)) == expected


def hyperlinks(document: WordDocument) -> list[str]:
    return [link.url for paragraph in document.paragraphs for link in paragraph.hyperlinks]


# The document of Word


def test_the_document_has_real_headings_and_lists(real: list[Exchange]) -> None:
    shown = paragraphs(word(*real))
    assert [text for style, text in shown if style == "Heading 1"] == ["Dossier"]
    headings = [text for style, text in shown if style == "Heading 2"]
    assert headings == [
        *(f"Vraag {n}: {exchange.question}" for n, exchange in enumerate(real, 1)),
        wording.SOURCES,
    ]
    assert [style for style, _ in shown].count("List Number") == 2
    assert [style for style, _ in shown].count("List Bullet") == 3
    assert {text[0] for style, text in shown if style == "Quote"} == {"“"}
    assert word(*real).tables == []


def test_the_document_is_dutch_and_names_nobody() -> None:
    document = word(exchange(), title="Dossier " + "x" * 300)
    languages = document.styles.element.xpath("w:docDefaults//w:lang")
    assert [language.get(qn("w:val")) for language in languages] == ["nl-BE"]
    properties = document.core_properties
    assert (properties.author, properties.last_modified_by, properties.comments) == ("", "", "")
    assert (properties.language, len(properties.title)) == ("nl-BE", 255)
    assert properties.created == properties.modified == NOW.replace(microsecond=0)


def test_the_same_conversation_gives_the_same_bytes(
    real: list[Exchange], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = to_docx("Dossier", real, ADDRESS, NOW)
    monkeypatch.setattr("time.time", lambda: 0.0)
    monkeypatch.setattr("time.localtime", lambda *_: (1999, 1, 1, 0, 0, 0, 0, 1, 0))
    assert to_docx("Dossier", real, ADDRESS, NOW) == first
    assert to_docx("Dossier", real, ADDRESS, NOW + dt.timedelta(minutes=1)) != first
    assert markdown(*real) == markdown(*real)
