"""The assistant for MCP clients: three tools and the documents, over stdio or streamable HTTP.

Over HTTP it keeps no sessions, so any of several worker processes can serve any request, and it
takes only ``POST``: a ``GET`` would hold a stream open on which there is never anything to say.

A page on the web can point its own host name at this machine (DNS rebinding) and then read what a
server on it answers to anyone. Such a page cannot hide its ``Origin``, which browsers send with
every ``POST``, so a request with one is refused unless it comes from this machine, from the
address that is listened on or from what ``ASSISTANT_ALLOWED_HOSTS`` and ``ASSISTANT_CORS_ORIGINS``
name. Other clients send none. Which ``Host`` they use tells nothing more, and behind a proxy it is
a name that this process does not know, so any will do unless ``ASSISTANT_ALLOWED_HOSTS`` is set.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Annotated, Any
from urllib.parse import urlsplit

from anyio import to_thread
from fastapi.exceptions import RequestValidationError
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import (
    ResourceError,
    ResourceNotFoundError,
    ToolError,
    UnexpectedResourceError,
    UnexpectedToolError,
)
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INTERNAL_ERROR,
    CallToolResult,
    InputRequiredResult,
    Resource,
    TextContent,
    ToolAnnotations,
)
from pydantic import AnyUrl, Field, ValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from assistant import grounding, logs, problems, wording
from assistant.asking import LONGEST_ECHO, clean_question
from assistant.contract import (
    API_VERSION,
    MOST_PASSAGES,
    MOST_TURNS,
    PASSAGES,
    FiltersIn,
    FullDocumentOut,
    SearchOut,
    TurnIn,
)
from assistant.documents import Answer, Document, Quoted, Status
from assistant.problems import Refused
from assistant.service import Query, Service
from assistant.settings import Settings

PATH = "/mcp"
URI = "document://{id}"
"""Of a document as a resource."""

_MEDIA_TYPE = "text/plain"
_ONLY_READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
_NO_FILTERS = FiltersIn()
_LOCAL = ("localhost", "127.0.0.1", "::1")


class Tools:
    """What the tools and resources do; they raise as ``Service`` does, or ``Refused``."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def ask(
        self,
        question: str,
        history: Annotated[tuple[TurnIn, ...], Field(max_length=MOST_TURNS)] = (),
        filters: FiltersIn = _NO_FILTERS,
    ) -> Annotated[CallToolResult, Answer]:
        """The answer object, and the same for people."""
        turns = [turn.to_turn() for turn in history]
        answer = await self._service.answer(Query(question, turns, filters.to_filters()))
        content = TextContent(text=_as_text(answer))
        return CallToolResult(content=[content], structured_content=answer.to_json())

    async def search(
        self,
        query: str,
        k: Annotated[int, Field(ge=1, le=MOST_PASSAGES)] = PASSAGES,
        filters: FiltersIn = _NO_FILTERS,
    ) -> SearchOut:
        """The passages nearest to a query."""
        hits = await self._service.search(query, filters.to_filters(), k)
        return SearchOut(query=clean_question(query), results=hits)

    async def get_document(self, id: str) -> FullDocumentOut:  # noqa: A002  as in the contract
        """A document with its metadata, sections and text."""
        return FullDocumentOut.of(await self._find(id))

    async def text(self, id: str) -> str:  # noqa: A002  the name in the URI template
        """The text of a document."""
        return (await self._find(id)).text

    async def resources(self) -> list[Resource]:
        """The documents of the live index."""
        documents = await to_thread.run_sync(self._service.documents)
        return [
            Resource(
                uri=URI.format(id=document.id),
                name=document.id,
                title=document.metadata.title,
                mime_type=_MEDIA_TYPE,
            )
            for document in documents
        ]

    async def _find(self, document: str) -> Document:
        found = await to_thread.run_sync(self._service.document, document)
        if found is None:
            raise Refused(problems.NOT_FOUND, _unknown_document(document))
        return found


class DocumentServer(MCPServer[None]):
    """Lists the documents that are live now, and says in Dutch what went wrong."""

    def __init__(self, service: Service) -> None:
        super().__init__(
            "partnerschapsassistent",
            title=wording.APP_TITLE,
            instructions=wording.MCP_INSTRUCTIONS,
            version=API_VERSION,
            log_level="WARNING",  # where no logging has been set up
            subscriptions=False,  # a stream that stays open, for changes that are not announced
        )
        self._tools = Tools(service)
        for tool in (self._tools.ask, self._tools.search, self._tools.get_document):
            title, description = wording.MCP_TOOLS[tool.__name__]
            self.add_tool(tool, title=title, description=description, annotations=_ONLY_READS)
        self.resource(
            URI,
            name="document",
            title=wording.MCP_DOCUMENT,
            description=wording.MCP_DOCUMENT_DETAIL,
            mime_type=_MEDIA_TYPE,
        )(self._tools.text)

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[None, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """The result of a tool; whatever goes wrong is a result too, with ``is_error``."""
        try:
            await self._check(name, arguments)
            return await super().call_tool(name, arguments, context)
        except (Refused, ToolError) as error:
            return CallToolResult(content=[TextContent(text=_explain(error))], is_error=True)

    async def _check(self, name: str, arguments: dict[str, Any]) -> None:
        """Refuse a tool or an argument that does not exist; the library ignores the latter."""
        schemas = {tool.name: tool.input_schema for tool in await self.list_tools()}
        if name not in schemas:
            detail = wording.UNKNOWN_TOOL.format(tool=name[:LONGEST_ECHO], tools=", ".join(schemas))
            raise Refused(problems.NOT_FOUND, detail)
        unknown = arguments.keys() - schemas[name]["properties"].keys()
        if unknown:
            wrong = [
                {"loc": (argument,), "type": "extra_forbidden"} for argument in sorted(unknown)
            ]
            raise problems.refusal(RequestValidationError(wrong))

    async def list_resources(self) -> list[Resource]:
        """Every document. Raises ``MCPError``."""
        try:
            return await self._tools.resources()
        except Exception as error:
            raise MCPError(INTERNAL_ERROR, _explain(error)) from error

    async def read_resource(
        self, uri: AnyUrl | str, context: Context[None, Any] | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        """The text of a document. Raises ``ResourceError``."""
        try:
            return await super().read_resource(uri, context)
        except UnexpectedResourceError as error:
            kind = ResourceNotFoundError if isinstance(error.__cause__, Refused) else ResourceError
            raise kind(_explain(error)) from error
        except ResourceNotFoundError as error:
            raise ResourceNotFoundError(_unknown_document(str(uri))) from error


def _unknown_document(document: str) -> str:
    """What to say of a document that does not exist."""
    return wording.MCP_UNKNOWN_DOCUMENT.format(document=document[:LONGEST_ECHO])


def _explain(error: Exception) -> str:
    """In Dutch, also when the library has wrapped it."""
    cause = error
    match error:
        case UnexpectedToolError(__cause__=Exception() as wrapped):
            cause = wrapped
        case UnexpectedResourceError(__cause__=Exception() as wrapped):
            cause = wrapped
        case ToolError(__cause__=ValidationError() as wrong):
            cause = RequestValidationError(wrong.errors())
    return problems.refusal(cause).detail


def _as_text(answer: Answer) -> str:
    """An answer for a model or a person to read, its sources numbered as in the answer."""
    lines = [wording.STATUS_LABELS[answer.status.value]]
    if answer.standalone_question != answer.question:
        lines.append(wording.UNDERSTOOD_AS.format(question=answer.standalone_question))
    if answer.status is Status.PARTIAL:
        lines.append(wording.PARTIAL_NOTE)
    lines.append(answer.answer)
    if answer.citations:
        lines.append(f"{wording.SOURCES}:")
        lines += [f"[{cited.marker}] {_source(cited, answer.answer)}" for cited in answer.citations]
    if answer.related:
        lines.append(wording.RELATED)
        lines += [f"- {_source(passage, answer.answer)}" for passage in answer.related]
    return "\n".join(lines)


def _source(quoted: Quoted, said: str) -> str:
    """Where a quote stands, and the quote itself when what was ``said`` does not hold it."""
    where = f"{grounding.place_of(quoted)} ({URI.format(id=quoted.document)})"
    return where if quoted.quote in said else f"{where}: “{quoted.quote}”"


class HttpServer:
    """ASGI app for ``PATH`` that serves while ``running``."""

    def __init__(self, service: Service) -> None:
        self._settings = service.settings
        self._server = DocumentServer(service)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """For the lifespan of the app; an app that is started again serves again."""
        self._server.streamable_http_app(
            streamable_http_path=PATH,
            stateless_http=True,
            max_request_body_size=self._settings.max_body,
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        )
        async with self._server.session_manager.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises ``HTTPException`` or ``Refused``."""
        if scope["method"] != "POST":
            raise HTTPException(405, headers={"Allow": "POST"})
        if _is_foreign(Headers(scope=scope), self._settings):
            raise Refused(problems.FOREIGN, wording.FOREIGN)
        await self._server.session_manager.handle_request(scope, receive, send)


def _is_foreign(headers: Headers, settings: Settings) -> bool:
    """Whether a web page sent this that may not, or it came by a name that is not ours."""
    ours = {*_LOCAL, settings.host, *settings.allowed_hosts}
    origin = headers.get("origin")
    if origin is not None and origin not in settings.cors_origins and _name_in(origin) not in ours:
        return True
    return bool(settings.allowed_hosts) and _name_in(f"//{headers.get('host', '')}") not in ours


def _name_in(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:  # brackets that hold no address
        return None


def serve_stdio(settings: Settings) -> None:
    """Serve one client over standard input and output, until it closes the input."""
    logs.set_up(settings)  # on standard error: the output belongs to the protocol
    service = Service(settings)
    service.live.start_loading()
    DocumentServer(service).run("stdio")
