"""Data flows one way: a module imports only from modules above it in this table."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "assistant"

# One layer a line, lowest first. Modules on one line do not import each other.
LAYERS = """
documents wording rate_limits draining parallel visible word_file content_policy
api_keys contract settings
dutch openai_contract client exchange
blocks e5_weights feedback
sections
corpus passages embedding
onnx_transformer vector_store reader_model
archive index hf_reader verdict
indexing
retrieval conversation matching enumeration abstaining
reading grounding
similarity comparison generation composition
asking
answering candidates
assembly refining
admission console logs metrics traces
service
batch connection envelope evaluation key_commands pages
document_pages fragments problems feedback_commands
description
openai_api access body_limit mcp_server page_routes telemetry file_note
api chat_api workers
chat
server
cli
""".strip().splitlines()

RANK = {module: rank for rank, line in enumerate(LAYERS) for module in line.split()}


def layer_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported_layers(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "assistant":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("assistant."):
            found.add(str(node.module).split(".")[1])
        elif isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
            found |= {name[1] for name in names if name[0] == "assistant" and len(name) > 1}
    return found


MODULES = sorted(path for path in SOURCE.rglob("*.py") if path != SOURCE / "__init__.py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_module_imports_only_from_lower_layers(path: Path) -> None:
    own = layer_of(path)
    assert own in RANK, f"add {own} to the table"
    too_high = {other for other in imported_layers(path) - {own} if RANK[other] >= RANK[own]}
    assert not too_high


def test_every_layer_of_the_table_exists() -> None:
    assert set(RANK) == {layer_of(path) for path in MODULES}


def test_the_package_docstring_names_every_layer() -> None:
    contents = ast.get_docstring(ast.parse((SOURCE / "__init__.py").read_text(encoding="utf-8")))
    assert contents is not None
    assert [name for name in RANK if f"``{name}``" not in contents] == []
