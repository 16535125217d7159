"""Answers Dutch questions over partnership agreements and policy answers, with verbatim citations.

Read the modules in this order; each imports only from those before it (``tests/test_layers.py``):

``documents`` shared types · ``settings`` · ``wording`` Dutch product text · ``dutch`` language
analysis · ``blocks`` raw text to headings, paragraphs, items · ``sections`` · ``corpus`` folder to
documents · ``passages`` · ``e5_weights`` the bundled model's file · ``embedding`` the encoder ·
``onnx_transformer`` the same inside sentence-transformers · ``vector_store`` Chroma ·
``reader_model`` the trained network · ``hf_reader`` any Hugging Face one · ``index`` on disk ·
``indexing`` builds it · ``retrieval`` hybrid search · ``conversation`` follow-ups · ``matching``
question and sentence without a network · ``enumeration`` lists in a document · ``abstaining`` why
there is no answer · ``reading`` evidence with its confidence · ``grounding`` proof of quotes ·
``similarity`` the reader without a network · ``comparison`` two documents side by side ·
``generation`` the optional LLM · ``composition`` the pieces of an answer · ``answering`` the
orchestrator · ``assembly`` picks the parts · ``console`` what commands share · ``evaluation``
cases, metrics, reports · ``pages``, ``api``, ``chat``, ``server``, ``cli`` the surfaces.
"""
