"""The vectors of one build of the index, in Chroma: files of the build, or a server."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self, cast
from urllib.parse import urlsplit

import numpy as np

from assistant.embedding import Vectors

if TYPE_CHECKING:
    from chromadb import Where
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

_WRITTEN_AT_ONCE = 1000


class VectorStoreError(Exception):
    """Chroma cannot be reached, does not hold this build, or cannot write."""


class VectorsMissing(VectorStoreError):
    """Chroma answers but does not hold this build."""


@dataclass(frozen=True, slots=True)
class VectorEntry:
    """One passage to store: its id, its document's id, and the hash of the embedded text."""

    id: str
    document: str
    digest: str


class VectorStore:
    """Nearest-neighbour search over the passages of one build."""

    def __init__(self, client: "Client", collection: "Collection", url: str) -> None:
        self._client = client
        self._collection = collection
        self._url = url

    @classmethod
    def open(cls, build: Path, url: str) -> Self:
        """Open the vectors of a finished build. Raises ``VectorStoreError``."""
        with _chroma_errors(url):
            client = _connect(build, url)
            collection = client.get_collection(_name(build), embedding_function=None)
            return cls(client, collection, url)

    @classmethod
    def write(cls, build: Path, url: str, entries: Sequence[VectorEntry], vectors: Vectors) -> None:
        """Store the vectors of a new build, a row an entry. Raises ``VectorStoreError``."""
        with _chroma_errors(url):
            client = _connect(build, url)
            collection = client.create_collection(
                _name(build),
                embedding_function=None,
                configuration={
                    "hnsw": {"space": "cosine", "ef_construction": 200, "ef_search": 200}
                },
            )
            for start in range(0, len(entries), _WRITTEN_AT_ONCE):
                rows = slice(start, start + _WRITTEN_AT_ONCE)
                collection.add(
                    ids=[entry.id for entry in entries[rows]],
                    embeddings=vectors[rows],
                    metadatas=[
                        {"document": entry.document, "digest": entry.digest}
                        for entry in entries[rows]
                    ],
                )
            client.close()

    @staticmethod
    def drop(build: Path, url: str) -> None:
        """Forget what a server holds of a build; files go with the build's folder.

        Raises ``VectorStoreError`` when the server does not answer.
        """
        if not url:
            return
        with _chroma_errors(url):
            client = _connect(build, url)
            if _name(build) in {found.name for found in client.list_collections()}:
                client.delete_collection(_name(build))
            client.close()

    def nearest(
        self, vector: Vectors, limit: int, documents: frozenset[str] | None
    ) -> list[tuple[str, float]]:
        """Ids of the passages nearest to a unit vector, best first, with their cosine.

        ``documents`` restricts the search to passages of those; ``None`` searches all. Raises
        ``VectorStoreError``.
        """
        with _chroma_errors(self._url):
            found = self._collection.query(
                query_embeddings=vector[np.newaxis, :],
                n_results=limit,
                where=_among(documents),
                include=["distances"],
            )
        distances = (found["distances"] or [[]])[0]
        return [
            (key, 1.0 - distance) for key, distance in zip(found["ids"][0], distances, strict=True)
        ]

    def by_digest(self) -> dict[str, Vectors]:
        """Every stored vector by the hash of the text it was made from."""
        with _chroma_errors(self._url):
            stored = self._collection.get(include=["embeddings", "metadatas"])
        digests = [str(metadata["digest"]) for metadata in stored["metadatas"] or []]
        vectors = np.asarray(stored["embeddings"], dtype=np.float32)
        return dict(zip(digests, vectors, strict=True))

    def close(self) -> None:
        """Release files and connections."""
        self._client.close()


def _name(build: Path) -> str:
    return f"passages-{build.name}"


def _among(documents: frozenset[str] | None) -> "Where | None":
    """Chroma's filter for passages of some documents."""
    if documents is None:
        return None
    return cast("Where", {"document": {"$in": sorted(documents)}})


def _connect(build: Path, url: str) -> "Client":
    import chromadb  # imported here: commands that need no vectors start without it
    from chromadb.config import Settings as ChromaSettings

    quiet = ChromaSettings(anonymized_telemetry=False)
    if not url:
        embedded = chromadb.PersistentClient(path=str(build / "chroma"), settings=quiet)
        return cast("Client", embedded)
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    remote = chromadb.HttpClient(
        host=parts.hostname or "localhost",
        port=parts.port or (443 if secure else 8000),
        ssl=secure,
        settings=quiet,
    )
    return cast("Client", remote)


@contextmanager
def _chroma_errors(url: str) -> Iterator[None]:
    """One error for all that Chroma and its HTTP client can raise."""
    import httpx
    from chromadb.errors import ChromaError, NotFoundError

    try:
        yield
    except NotFoundError as error:
        raise VectorsMissing("The vectors of the index are gone from Chroma") from error
    except (ChromaError, ValueError, httpx.HTTPError) as error:
        place = f"Chroma at {url}" if url else "Chroma"
        raise VectorStoreError(f"{place}: {error}") from error
