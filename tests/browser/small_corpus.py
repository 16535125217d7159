"""Two small documents, one of which is an agreement past its end, and their index."""

from pathlib import Path

from assistant.assembly import update_from_corpus
from assistant.indexing import ignore_progress
from assistant.settings import Settings

AGREEMENT = """# Artikel 1. Duur

De overeenkomst loopt van 1 januari 2015 tot en met 31 december 2016. De opzegtermijn bedraagt zes
maanden.

# Artikel 2. Overleg

De stuurgroep vergadert vier keer per jaar in Gent. De voorzitter van de stuurgroep is Jan Peeters.
"""
AGREEMENT_DATA = """title = "Overeenkomst Proef"
kind = "overeenkomst"
parties = ["Gemeente Proef", "VDAB"]
valid_from = 2015-01-01
valid_until = 2016-12-31
"""
REPORT = """# Verslag

De werkgroep telt negen leden. De werkgroep koos Mia Claes als verslaggever.
"""
REPORT_DATA = """title = "Verslag van de werkgroep"
kind = "verslag"
date = 2020-03-05
"""


class SmallCorpus:
    """The documents and index in one folder."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(corpus=folder / "corpus", index=folder / "index")
        self.settings.corpus.mkdir()
        for name, text, data in (
            ("overeenkomst", AGREEMENT, AGREEMENT_DATA),
            ("verslag", REPORT, REPORT_DATA),
        ):
            (self.settings.corpus / f"{name}.md").write_text(text, encoding="utf-8")
            (self.settings.corpus / f"{name}.toml").write_text(data, encoding="utf-8")
        self._index()

    def change_agreement(self, text: str) -> None:
        """Replace the text of the agreement and index it."""
        (self.settings.corpus / "overeenkomst.md").write_text(text, encoding="utf-8")
        self._index()

    def _index(self) -> None:
        update_from_corpus(self.settings, rebuild=False, progress=ignore_progress)
