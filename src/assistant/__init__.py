"""Answers Dutch questions over partnership agreements and policy answers, with verbatim citations.

Read the modules in this order; each imports only from those before it (``tests/test_layers.py``):

``documents`` shared types · ``visible`` text as a reader sees it · ``word_file`` a document of
Word · ``content_policy`` which scripts a page may run ·
``parallel`` several things at a time · ``draining`` a server that
stops · ``rate_limits`` how often one may ask · ``api_keys`` who may · ``contract`` requests and
responses of the API · ``openai_contract`` those of OpenAI's · ``client`` asks the API from other
programs · ``settings`` · ``wording`` Dutch product text · ``exchange`` a question with
its answer as the browser keeps it · ``feedback`` what users say of answers · ``dutch`` language
analysis · ``blocks`` raw text to headings, paragraphs, items · ``sections`` · ``corpus`` folder to
documents · ``passages`` · ``e5_weights`` the bundled model's file · ``embedding`` the encoder ·
``onnx_transformer`` the same inside sentence-transformers · ``vector_store`` Chroma ·
``reader_model`` the trained network · ``hf_reader`` any Hugging Face one · ``verdict`` whether a
sentence says "ja" · ``archive`` of every text version · ``index`` on disk · ``indexing`` builds
both · ``retrieval`` hybrid search ·
``conversation`` follow-ups · ``matching`` question and sentence without a network · ``enumeration``
lists in a document · ``abstaining`` why there is no answer · ``reading`` evidence with its
confidence · ``grounding`` proof of quotes · ``similarity`` the reader without a network ·
``comparison`` two documents side by side · ``generation`` the optional LLM · ``composition`` the
pieces of an answer · ``asking`` what may be asked · ``answering`` the orchestrator ·
``candidates`` for a next question · ``assembly`` picks the parts · ``refining`` which of them are
proven to have an answer · ``admission`` the bounded queue · ``logs``, ``metrics``, ``traces`` what
is known of a run · ``service`` what all surfaces ask · ``connection`` of a request · ``console``
what commands share · ``batch`` a file of questions · ``key_commands`` keeps the API keys ·
``evaluation`` cases, metrics, reports · ``feedback_commands`` turns feedback into cases ·
``problems`` errors of the API · ``description`` of the
API, as OpenAPI · ``access`` the guard · ``body_limit`` of a request · ``telemetry`` measures
requests · ``envelope`` headers of every response · ``fragments``
of the chat page · ``file_note`` a conversation as a file · ``document_pages`` and ``page_routes``
what people read of the documents · ``pages``, ``openai_api``, ``mcp_server``,
``api``, ``chat_api``, ``chat``, ``workers``, ``server``, ``cli`` the surfaces.
"""

import os

# onnxruntime would store what it runs in the home folder and report it to its maker. It reads this
# when it is imported, which happens in several modules and in libraries.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
