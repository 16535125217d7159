"""A document of Word that is Dutch, readable aloud, and tells nothing of who made it."""

import datetime as dt
import io
import zipfile

import docx
from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, RGBColor
from docx.text.paragraph import Paragraph

KEY_POINT = "KeyPoint"
"""Id of the style of a line that stands out."""

_LANGUAGE = "nl-BE"
_FONT = "Calibri"
_BLACK, _LINK_BLUE = RGBColor(0, 0, 0), RGBColor(0x0B, 0x4F, 0x9E)
_LINK_STYLE = "Hyperlink"

_LONGEST_PROPERTY = 255

_LEFTOVERS = ("/thumbnail", "/stylesWithEffects", "/customXml")
"""Parts of the library's template that nothing uses."""

_MADE = (1980, 1, 1, 0, 0, 0)
"""Of every file in the archive, so that the same document gives the same bytes."""


def new_document(title: str, now: dt.datetime) -> WordDocument:
    """An empty document with that title as its property, on A4."""
    document = docx.Document()
    _set_up_page(document)
    _set_up_styles(document)
    _set_language(document)
    _drop_leftovers(document)
    properties = document.core_properties
    properties.title = title[:_LONGEST_PROPERTY]
    properties.author = properties.last_modified_by = properties.comments = ""
    properties.language = _LANGUAGE
    properties.created = properties.modified = now.astimezone(dt.UTC)
    return document


def _set_up_page(document: WordDocument) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(25)


def _set_up_styles(document: WordDocument) -> None:
    styles = document.styles
    for name in ("Normal", "Heading 1", "Heading 2"):
        styles[name].font.name = _FONT
        styles[name].font.color.rgb = _BLACK  # the template's blue has too little contrast
    styles["Quote"].font.italic = False
    styles["Quote"].paragraph_format.left_indent = Mm(8)
    key_point = styles.add_style(KEY_POINT, WD_STYLE_TYPE.PARAGRAPH)
    key_point.base_style = styles["Normal"]
    key_point.font.bold = True
    link = styles.add_style(_LINK_STYLE, WD_STYLE_TYPE.CHARACTER, builtin=True)
    link.font.color.rgb, link.font.underline = _LINK_BLUE, True


def _set_language(document: WordDocument) -> None:
    """For the spelling checker, and for whoever has the document read aloud."""
    languages = (
        *document.styles.element.xpath("w:docDefaults//w:lang"),
        *document.settings.element.xpath("w:themeFontLang"),
    )
    for language in languages:
        language.set(qn("w:val"), _LANGUAGE)


def _drop_leftovers(document: WordDocument) -> None:
    for relations in (document.part.package.rels, document.part.rels):
        for key, relation in list(relations.items()):
            if relation.reltype.endswith(_LEFTOVERS):
                del relations[key]


def add_paragraph(document: WordDocument, text: str, style: str, url: str = "") -> None:
    """A paragraph in the style with that id and, after its text, a link that shows its address.

    ``text`` must be fit for XML, such as ``visible_line`` gives.
    """
    paragraph = document.add_paragraph(text)
    paragraph._p.style = style  # by its name, the library goes through all styles each time
    if url:
        paragraph.add_run(" ")
        _add_link(paragraph, url)


def _add_link(paragraph: Paragraph, url: str) -> None:
    relation = paragraph.part.relate_to(url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), relation)
    run = paragraph.add_run(url)._r
    run.style = _LINK_STYLE
    link.append(run)
    paragraph._p.append(link)


def packed(document: WordDocument) -> bytes:
    """The file. The library would put the time of day in the archive."""
    saved, target = io.BytesIO(), io.BytesIO()
    document.save(saved)
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            member = zipfile.ZipInfo(name, _MADE)
            archive.writestr(member, source.read(name), zipfile.ZIP_DEFLATED)
    return target.getvalue()
