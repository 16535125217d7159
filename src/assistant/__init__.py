"""Answers Dutch questions over partnership agreements and policy answers, with verbatim citations.

Read the modules in this order; each imports only from those before it (``tests/test_layers.py``):

``documents`` shared types · ``settings`` · ``wording`` Dutch product text · ``dutch`` language
analysis · ``blocks`` raw text to headings, paragraphs, items · ``sections`` · ``corpus`` folder to
documents · ``passages`` · ``e5_weights`` the bundled model's file · ``embedding`` the encoder ·
``onnx_transformer`` the same inside sentence-transformers · ``vector_store`` Chroma · ``index`` on
disk · ``indexing`` builds it · ``retrieval`` hybrid search · ``reading`` evidence ·
``conversation`` follow-ups · ``grounding`` proof of quotes · ``generation`` the optional LLM ·
``answering`` the orchestrator · ``assembly`` picks the parts · ``console`` what
commands share · ``evaluation`` cases, metrics, reports · ``pages``, ``api``, ``chat``, ``server``,
``cli`` the surfaces.
"""
