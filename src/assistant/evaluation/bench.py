"""Speed and memory, every figure beside the same task in plain LangChain in the same run."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from langchain_core.retrievers import BaseRetriever

from assistant.assembly import Models, assemble
from assistant.corpus import load_corpus
from assistant.documents import Document
from assistant.embedding import BUNDLED, load_encoder
from assistant.evaluation import baselines, beir
from assistant.evaluation.metrics.percentile import percentile
from assistant.evaluation.retrieval_bench import Log, measure_all
from assistant.index import Index
from assistant.indexing import update_index
from assistant.passages import in_context, split_document
from assistant.reader_model import bundled_reader_model
from assistant.retrieval import HybridRetriever
from assistant.settings import Settings
from assistant.verdict import bundled_yes_model

READY_WITHIN = 120.0
ASKED = 200
"""How many queries of a BEIR folder are answered to time the stages."""

CHROMA, ENSEMBLE = "LangChain Chroma", "LangChain EnsembleRetriever"

_BASELINE_START = """
import sys
from langchain_chroma import Chroma
from assistant.evaluation.baselines import LangChainEmbeddings
store = Chroma(embedding_function=LangChainEmbeddings(), persist_directory=sys.argv[1])
store.as_retriever(search_kwargs={"k": 10}).invoke("stuurgroep")
print("ready", flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: what was measured, our value, the baseline's name and value, in ``unit``."""

    what: str
    unit: str
    ours: float
    baseline: str
    theirs: float

    @property
    def ratio(self) -> float:
        """Our value over the baseline's; below 1 is faster or smaller."""
        return self.ours / self.theirs if self.theirs else 0.0


def table(rows: Sequence[Row]) -> str:
    """The figures as a Markdown table."""
    lines = [
        f"| {r.what} | {r.ours:.1f} {r.unit} | {r.baseline} | {r.theirs:.1f} {r.unit} "
        f"| {r.ratio:.2f} |"
        for r in rows
    ]
    head = ["| what | ours | baseline | baseline's | ratio |", "|---|---|---|---|---|"]
    return "\n".join([*head, *lines])


def bench_corpus(settings: Settings, questions: Sequence[str], log: Log) -> list[Row]:
    """Index, start-up, latency and memory on the corpus."""
    documents = load_corpus(settings.corpus).documents
    with tempfile.TemporaryDirectory() as folder:
        size = _Size(Path(folder), documents, "corpus", log)
        return [size.index_row(), *_start_rows(size), *size.ask_rows(questions)]


def bench_beir(folder: Path, log: Log) -> tuple[list[Row], list[beir.Quality]]:
    """The same on a BEIR folder, and retrieval quality."""
    asked, documents = beir.load_queries(folder), beir.load_documents(folder)
    beir.check_relevant(asked, documents, folder)
    with tempfile.TemporaryDirectory() as work:
        size = _Size(Path(work), documents, folder.name, log)
        queries = list(asked.queries.values())[:ASKED]
        rows = [size.index_row(), *_start_rows(size), *size.ask_rows(queries)]
        rankers: dict[str, beir.Ranker] = beir.own_rankers(size.retriever())
        for name, retriever in size.baselines().items():
            rankers[name] = _ranker(retriever)
        return rows, measure_all(rankers, asked, folder.name, log)


def _ranker(retriever: BaseRetriever) -> beir.Ranker:
    return lambda query: (found.metadata["document"] for found in retriever.invoke(query))


class _Size:
    """One set of documents, indexed by us and by the baseline in turn."""

    def __init__(self, work: Path, documents: Sequence[Document], name: str, log: Log) -> None:
        self.work = work
        self.documents = documents
        self.name = name
        self.log = log
        self.encoder = load_encoder(BUNDLED)
        self.encoder.encode_query("")  # both sides find the model and its kernels warm
        passages = [(d, p) for d in documents for p in split_document(d)]
        self.texts = [in_context(document, passage) for document, passage in passages]
        self.owners = [document.id for document, _ in passages]

    def index_row(self) -> Row:
        """Seconds to index 1,000 passages, everything included."""
        self.log(f"{self.name}: indexing {len(self.texts)} passages, ours")
        started = time.perf_counter()
        update_index(self.documents, self.work / "index", lambda: self.encoder, BUNDLED)
        ours = time.perf_counter() - started
        self.log(f"{self.name}: indexing {len(self.texts)} passages, {CHROMA}")
        started = time.perf_counter()
        baselines.chroma_retriever(self.texts, self.owners, str(self.work / "chroma"), beir.DEPTH)
        theirs = time.perf_counter() - started
        per = 1000 / len(self.texts)
        return Row(f"{self.name}: index 1,000 passages", "s", ours * per, CHROMA, theirs * per)

    def retriever(self) -> HybridRetriever:
        """Our retriever over the index that ``index_row`` built."""
        return HybridRetriever(index=self.opened(), encoder=self.encoder)

    def opened(self) -> Index:
        """The index that ``index_row`` built."""
        return Index.open(self.work / "index", BUNDLED)

    def baselines(self) -> dict[str, BaseRetriever]:
        """The baselines over what ``index_row`` stored."""
        k = 50
        dense = baselines.chroma_retriever([], [], str(self.work / "chroma"), k)
        hybrid = baselines.ensemble_retriever(self.texts, self.owners, dense, k)
        return {CHROMA: dense, ENSEMBLE: hybrid}

    def ask_rows(self, questions: Sequence[str]) -> list[Row]:
        """Milliseconds a question, by stage; every other question only warms up."""
        self.log(f"{self.name}: asking {len(questions)} questions")
        assistant = assemble(
            self.opened(), Models(self.encoder, bundled_reader_model(), bundled_yes_model())
        )
        assistant.warm_up()
        for question in questions[::2]:
            assistant.answer(question)
        timings = [assistant.answer(question).timings_ms for question in questions[1::2]]
        theirs = {
            name: [_milliseconds(retriever.invoke, question) for question in questions][1::2]
            for name, retriever in self.baselines().items()
        }
        stages = {
            "retrieve": [t.retrieve for t in timings],
            "read": [t.read for t in timings],
            "answer, whole": [t.total for t in timings],
        }
        return [
            Row(
                f"{self.name}: {stage}, p{share:.0%}".rstrip("%"),
                "ms",
                percentile(values, share),
                f"{name}, retrieve only",
                percentile(theirs[name], share),
            )
            for stage, values in stages.items()
            for share in (0.5, 0.95)
            for name in theirs
        ]


def _milliseconds(work: Callable[[str], object], question: str) -> float:
    started = time.perf_counter()
    work(question)
    return 1000 * (time.perf_counter() - started)


def _start_rows(size: _Size) -> list[Row]:
    """Seconds from the start of a process until it can answer, and its memory then."""
    size.log(f"{size.name}: starting a server, ours and the baseline's")
    environment = os.environ | {"ASSISTANT_INDEX": str(size.work / "index")}
    port = free_port()
    command = [sys.executable, "-m", "assistant.cli", "serve", "--port", str(port)]
    with _process(command, environment) as server:
        ours = _seconds(lambda: wait_until_ready(port))
        our_memory = _megabytes(server)
    command = [sys.executable, "-c", _BASELINE_START, str(size.work / "chroma")]
    with _process(command, dict(os.environ)) as process:
        theirs = _seconds(lambda: process.stdout.readline() if process.stdout else None)
        their_memory = _megabytes(process)
    return [
        Row(f"{size.name}: start to ready", "s", ours, CHROMA, theirs),
        Row(f"{size.name}: memory when ready", "MB", our_memory, CHROMA, their_memory),
    ]


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _megabytes(process: "subprocess.Popen[str]") -> float:
    return float(psutil.Process(process.pid).memory_info().rss) / 2**20


@contextmanager
def _process(
    command: Sequence[str], environment: dict[str, str]
) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(  # noqa: S603  our own interpreter and code
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def free_port() -> int:
    """A TCP port of the loopback interface that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(port: int) -> None:
    """Poll ``/readyz``. Raises ``TimeoutError`` after ``READY_WITHIN`` seconds."""
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as response:
                if response.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise TimeoutError(f"The server on port {port} was not ready within {READY_WITHIN:.0f} s.")
