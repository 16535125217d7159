"""What a plain LangChain application does with the same encoder, to compare with."""

from collections.abc import Sequence

from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever

from assistant.embedding import SentenceTransformerEncoder
from assistant.onnx_transformer import bundled_sentence_transformer


class LangChainEmbeddings(Embeddings):
    """The bundled e5 behind sentence-transformers, as LangChain wants it."""

    def __init__(self) -> None:
        self._encoder = SentenceTransformerEncoder(bundled_sentence_transformer())

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Vectors of passages."""
        return [vector.tolist() for vector in self._encoder.encode_passages(texts)]

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        return [float(value) for value in self._encoder.encode_query(text)]


def chroma_retriever(
    texts: Sequence[str], owners: Sequence[str], folder: str, k: int
) -> BaseRetriever:
    """LangChain's ``Chroma`` vector store as a retriever of the ``k`` nearest texts."""
    from langchain_chroma import Chroma

    store = Chroma(
        embedding_function=LangChainEmbeddings(),
        persist_directory=folder,
        collection_configuration={"hnsw": {"space": "cosine"}},
    )
    for start in range(0, len(texts), 1000):
        rows = slice(start, start + 1000)
        store.add_texts(list(texts[rows]), [{"document": owner} for owner in owners[rows]])
    return store.as_retriever(search_kwargs={"k": k})


def ensemble_retriever(
    texts: Sequence[str], owners: Sequence[str], dense: BaseRetriever, k: int
) -> BaseRetriever:
    """LangChain's ``EnsembleRetriever`` of its BM25 retriever and a dense one, in equal parts."""
    from langchain_classic.retrievers import EnsembleRetriever
    from langchain_community.retrievers import BM25Retriever

    metadata = [{"document": owner} for owner in owners]
    lexical = BM25Retriever.from_texts(list(texts), metadatas=metadata, k=k)
    return EnsembleRetriever(retrievers=[lexical, dense], weights=[0.5, 0.5])
