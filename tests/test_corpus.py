"""Reading a folder of documents: the real one, and everything that can be wrong with a file."""

import datetime as dt
import re
from pathlib import Path

import pytest

from assistant.corpus import DocumentError, load_corpus, load_document, source_files
from assistant.documents import Corpus, Document, Kind

SOURCES = Path(__file__).parents[1] / "corpus"
SENTENCE = "De opzegtermijn bedraagt zes maanden."


@pytest.fixture
def documents(corpus: Corpus) -> dict[str, Document]:
    return {document.id: document for document in corpus.documents}


@pytest.fixture
def go_agreement(documents: dict[str, Document]) -> Document:
    return documents["overeenkomst-go-vdab-2019-2024"]


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


def without_layout(raw: str) -> str:
    raw = re.sub(r"\[bookmark: [^\]]*\]", "", raw)
    return re.sub(r"^[eom] (?=[A-Z])", "", raw, flags=re.MULTILINE)


def reason(folder: Path, name: str) -> str:
    errors = {error.path: error.reason for error in load_corpus(folder).errors}
    return errors[name]


def minimal_pdf(text: str) -> bytes:
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode("latin-1")
    page = b"/MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R " + page + b" >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    pdf, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(pdf))
        pdf += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    head = b"xref\n0 6\n0000000000 65535 f \n" + table
    return pdf + head + b"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(pdf)


def test_the_five_documents_load_without_errors(corpus: Corpus) -> None:
    assert corpus.errors == ()
    assert [document.id for document in corpus.documents] == [
        "antwoord-3voor1-okot-stem",
        "antwoord-excellente-partnerschappen",
        "overeenkomst-go-vdab-2019-2024",
        "overeenkomst-vdab-vvsg-2017",
        "vlaams-partnerschap-duaal-leren",
    ]


def test_the_metadata_of_the_agreements_is_read(documents: dict[str, Document]) -> None:
    vvsg = documents["overeenkomst-vdab-vvsg-2017"].metadata
    assert vvsg.kind is Kind.OVEREENKOMST
    assert vvsg.parties == ("VDAB", "VVSG")
    assert vvsg.date == vvsg.valid_from == dt.date(2017, 5, 24)
    assert vvsg.valid_until is None
    go = documents["overeenkomst-go-vdab-2019-2024"].metadata
    assert (go.valid_from, go.valid_until) == (dt.date(2019, 1, 1), dt.date(2024, 12, 31))


@pytest.mark.parametrize(
    "residue", ["[bookmark", "▶", "»", "•", "\u00a0", "\t", "\f", "\r", "**", "##"]
)
def test_no_residue_of_conversion_is_stored(corpus: Corpus, residue: str) -> None:
    for document in corpus.documents:
        assert residue not in document.text


@pytest.mark.parametrize("path", source_files(SOURCES), ids=lambda path: path.name)
def test_every_word_of_a_source_survives_in_order(
    path: Path, documents: dict[str, Document]
) -> None:
    source = without_layout(path.read_text(encoding="utf-8"))
    assert words(documents[path.stem].text) == words(source)


@pytest.mark.parametrize(
    "item",
    [
        "\n- Een betere informatiedoorstroming;\n",
        "\n- Voor het secundair volwassenenonderwijs:\n",
        "\n  - Een optimale toeleiding van werkzoekenden, werkenden en ongekwalificeerde"
        " uitstromers vanuit VDAB naar GO!;\n",
        "\n- Samen innoveren door bijvoorbeeld samen te werken aan technologische"
        " onderwijsinnovaties;\n",
    ],
)
def test_bullet_letters_of_the_scan_became_list_items(go_agreement: Document, item: str) -> None:
    assert item in go_agreement.text


def test_no_bullet_letter_of_the_scan_is_left(go_agreement: Document) -> None:
    assert not re.search(r"^\W*[eom] [A-Z]", go_agreement.text, flags=re.MULTILINE)


@pytest.mark.parametrize(
    "sentence",
    [
        "gaande van jongeren met specifieke onderwijs- en opvoedingsbehoeften tot jongeren met een"
        " kwetsbare sociale-economische achtergrond.",
        "We werken de drempels weg die maken dat waardevolle VDAB-tools niet gebruikt worden",
        "nodigen alle onderwijs-, opleidings- en arbeidsmarktactoren uit tot het vormen",
    ],
)
def test_sentences_that_a_page_break_cut_are_joined(go_agreement: Document, sentence: str) -> None:
    assert sentence in go_agreement.text


def test_a_paragraph_that_a_page_break_cut_in_markdown_is_joined(
    documents: dict[str, Document],
) -> None:
    text = documents["overeenkomst-vdab-vvsg-2017"].text
    assert "op de lokale gemeenschap (veiligheidsgevoelen, bloeiende kleinhandel" in text
    assert "van de eigen instrumenten, informatie en data" in text


def test_the_sectoral_partnerships_are_seventeen_items(documents: dict[str, Document]) -> None:
    text = documents["vlaams-partnerschap-duaal-leren"].text
    assert len(re.findall(r"^- Sectoraal Partnerschap", text, flags=re.MULTILINE)) == 17


def test_a_missing_folder_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError, match="ASSISTANT_CORPUS"):
        load_corpus(tmp_path / "nergens")


def test_an_empty_folder_is_an_empty_corpus(tmp_path: Path) -> None:
    assert load_corpus(tmp_path) == Corpus(())


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("kapot.pdf", b"dit is geen pdf", "not a readable PDF"),
        ("afgekapt.pdf", minimal_pdf(SENTENCE)[:150], "not a readable PDF|holds no text"),
        ("gescand.pdf", minimal_pdf(""), "OCR"),
        ("leeg.pdf", b"", "not a readable PDF"),
        ("leeg.txt", b"", "holds no text"),
        ("leeg.md", b"", "holds no text"),
        ("wit.txt", b" \n\n\t\n", "holds no text"),
        ("onzichtbaar.txt", b"\x00\x01\xe2\x80\x8b", "holds no text"),
        ("titel.md", b"# Alleen een titel\n", "holds no text"),
        ("latijn.txt", "coördinatie".encode("latin-1"), r"not UTF-8 \(byte 2\)"),
        ("latijn.md", "één".encode("utf-16"), "not UTF-8"),
        ("Hoofdletter.txt", b"Tekst.", "not a valid id"),
        ("met spatie.txt", b"Tekst.", "not a valid id"),
        ("dubbel--streepje.txt", b"Tekst.", "not a valid id"),
        ("punt.nl.txt", b"Tekst.", "not a valid id"),
        ("brief.docx", b"PK", r"format '\.docx' is not supported; use \.txt, \.md, \.pdf"),
        ("zonder", b"Tekst.", "format '' is not supported"),
    ],
)
def test_a_bad_file_is_explained_and_the_others_load(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    (tmp_path / "goed.txt").write_text(SENTENCE, encoding="utf-8")
    loaded = load_corpus(tmp_path)
    assert [document.id for document in loaded.documents] == ["goed"]
    assert [error.path for error in loaded.errors] == [name]
    assert re.search(said, reason(tmp_path, name))


def test_two_files_with_one_id_are_an_error(tmp_path: Path) -> None:
    for name in ("brief.md", "brief.txt"):
        (tmp_path / name).write_text(SENTENCE, encoding="utf-8")
    assert "already has the id 'brief'" in reason(tmp_path, "brief.txt")
    assert [document.id for document in load_corpus(tmp_path).documents] == ["brief"]


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("title = 'T", "cannot be parsed"),
        ("title = 'T'", "kind: Field required"),
        ("kind = 'verslag'", "title: Field required"),
        ("title = 'T'\nkind = 'gedicht'", "kind: Input should be"),
        ("title = 'T'\nkind = 'verslag'\nauteur = 'X'", "auteur: Unexpected keyword"),
        ("title = 'T'\nkind = 'verslag'\ndate = 'gisteren'", "date: "),
        ("title = 'T'\nkind = 'verslag'\nparties = 'VDAB'", "parties: "),
        ("", "title: Field required; kind: Field required"),
        ("title = '\u202e '\nkind = 'verslag'", "its title is empty"),
    ],
)
def test_wrong_metadata_is_explained(tmp_path: Path, toml: str, said: str) -> None:
    (tmp_path / "brief.txt").write_text(SENTENCE, encoding="utf-8")
    (tmp_path / "brief.toml").write_text(toml, encoding="utf-8")
    assert said in reason(tmp_path, "brief.txt")


def test_metadata_that_is_not_utf8_is_explained(tmp_path: Path) -> None:
    (tmp_path / "brief.txt").write_text(SENTENCE, encoding="utf-8")
    (tmp_path / "brief.toml").write_bytes("title = 'één'".encode("latin-1"))
    assert "cannot be parsed" in reason(tmp_path, "brief.txt")


def test_without_metadata_the_first_heading_or_the_name_is_the_title(tmp_path: Path) -> None:
    (tmp_path / "met-kop.md").write_text(f"# Nota\n\n{SENTENCE}", encoding="utf-8")
    (tmp_path / "zonder-kop.txt").write_text(SENTENCE, encoding="utf-8")
    metadata = [document.metadata for document in load_corpus(tmp_path).documents]
    assert [found.title for found in metadata] == ["Nota", "Zonder kop"]
    assert {found.kind for found in metadata} == {Kind.ANDERE}


def test_front_matter_is_metadata_and_not_text(tmp_path: Path) -> None:
    path = tmp_path / "verslag.md"
    path.write_text(
        "---\ntitle: Verslag\nkind: verslag\nparties: [VDAB, GO!]\ndate: 2013-01-17\n---\n"
        f"# Verslag\n\n{SENTENCE}\n",
        encoding="utf-8",
    )
    document = load_document(path)
    assert document.text == f"Verslag\n\n{SENTENCE}"
    assert document.metadata.kind is Kind.VERSLAG
    assert document.metadata.parties == ("VDAB", "GO!")
    assert document.metadata.date == dt.date(2013, 1, 17)


@pytest.mark.parametrize(
    ("yaml", "said"),
    [
        ("title: [", "cannot be parsed"),
        ("alleen tekst", "metadata is wrong"),
        ("title: T\nkind: verslag\nextra: 1", "extra: Unexpected keyword"),
    ],
)
def test_wrong_front_matter_is_explained(tmp_path: Path, yaml: str, said: str) -> None:
    (tmp_path / "brief.md").write_text(f"---\n{yaml}\n---\n{SENTENCE}\n", encoding="utf-8")
    assert said in reason(tmp_path, "brief.md")


def test_a_metadata_file_goes_before_front_matter(tmp_path: Path) -> None:
    path = tmp_path / "brief.md"
    path.write_text(f"---\ntitle: Voor\nkind: verslag\n---\n{SENTENCE}\n", encoding="utf-8")
    path.with_suffix(".toml").write_text("title = 'Naast'\nkind = 'antwoord'", encoding="utf-8")
    assert load_document(path).metadata.title == "Naast"


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(tmp_path: Path) -> None:
    raw = f"---\ntitle: T\nkind: verslag\n---\n# Kop\n\n{SENTENCE}\n"
    unix, windows = tmp_path / "unix.md", tmp_path / "windows.md"
    unix.write_bytes(raw.encode())
    windows.write_bytes(raw.replace("\n", "\r\n").encode("utf-8-sig"))
    assert load_document(unix).text == load_document(windows).text
    assert load_document(windows).metadata.title == "T"


def test_control_characters_and_direction_marks_are_removed(tmp_path: Path) -> None:
    path = tmp_path / "brief.txt"
    path.write_text(
        "De \u202eopzeg\x00termijn\u202c\x07 is\u00a0zes\u200f maanden.", encoding="utf-8"
    )
    assert load_document(path).text == "De opzegtermijn is zes maanden."


def test_direction_marks_and_line_ends_in_metadata_are_removed(tmp_path: Path) -> None:
    (tmp_path / "brief.txt").write_text(SENTENCE, encoding="utf-8")
    toml = """title = "Brief\\u202e aan\\n de minister"
kind = "verslag"
date = 2020-01-02
parties = ["VDAB\\u2066", "GO!"]
source = "archief\\u200f 7"
"""
    (tmp_path / "brief.toml").write_text(toml, encoding="utf-8")
    metadata = load_document(tmp_path / "brief.txt").metadata
    assert metadata.title == "Brief aan de minister"
    assert metadata.parties == ("VDAB", "GO!")
    assert metadata.source == "archief 7"
    assert metadata.date == dt.date(2020, 1, 2)


def test_the_text_of_a_pdf_is_read(tmp_path: Path) -> None:
    path = tmp_path / "overeenkomst.pdf"
    path.write_bytes(minimal_pdf(SENTENCE))
    assert load_document(path).text == SENTENCE


def test_a_damaged_pdf_never_stops_the_others(tmp_path: Path) -> None:
    whole = minimal_pdf(SENTENCE)
    for number, position in enumerate(range(0, len(whole), 25)):
        damaged = whole[:position] + b"<< 9 [ (" + whole[position + 12 :]
        (tmp_path / f"pdf-{number}.pdf").write_bytes(damaged)
    (tmp_path / "goed.txt").write_text(SENTENCE, encoding="utf-8")
    loaded = load_corpus(tmp_path)
    assert "goed" in [document.id for document in loaded.documents]
    assert loaded.errors
    assert len(loaded.documents) + len(loaded.errors) == len(source_files(tmp_path))


def test_an_unreadable_file_is_explained(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_document(tmp_path / "weg.txt")
    with pytest.raises(FileNotFoundError):
        load_document(tmp_path / "weg.pdf")


def test_an_error_says_why_when_one_file_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "leeg.txt").write_bytes(b"")
    with pytest.raises(DocumentError, match="OCR"):
        load_document(tmp_path / "leeg.txt")


def test_metadata_readmes_and_hidden_files_are_no_documents(tmp_path: Path) -> None:
    for name in ("brief.txt", "brief.toml", "README.md", ".verborgen.txt"):
        (tmp_path / name).write_text(SENTENCE, encoding="utf-8")
    (tmp_path / "map").mkdir()
    assert [path.name for path in source_files(tmp_path)] == ["brief.txt"]


def test_the_version_changes_with_the_text_only(tmp_path: Path) -> None:
    path = tmp_path / "brief.txt"
    path.write_text(SENTENCE, encoding="utf-8")
    before = load_document(path).version
    path.write_text(f"{SENTENCE}\n\n\n", encoding="utf-8")
    assert load_document(path).version == before
    path.write_text(f"{SENTENCE} Nee.", encoding="utf-8")
    assert load_document(path).version != before


def test_an_impossible_date_in_front_matter_is_an_error_of_that_file(tmp_path: Path) -> None:
    (tmp_path / "goed.txt").write_text("De vergadering was op 3 mei.\n", encoding="utf-8")
    front = "---\ntitle: Fout\nkind: antwoord\ndate: 2020-13-45\n---\n\nTekst.\n"
    (tmp_path / "fout.md").write_text(front, encoding="utf-8")
    corpus = load_corpus(tmp_path)
    assert [document.id for document in corpus.documents] == ["goed"]
    assert [error.path for error in corpus.errors] == ["fout.md"]
