"""The Gradio chat: parses the question, calls the assistant, renders its answer.

The browser carries the conversation and sends it along with each question, so that any process
behind the port can take the next one. Nothing of it stays here.
"""

import json
import logging
import zlib
from typing import Annotated, Any

import gradio as gr
from anyio import to_thread
from fastapi import FastAPI
from pydantic import Field, TypeAdapter, ValidationError

from assistant import pages, wording
from assistant.admission import Overloaded
from assistant.asking import InvalidQuestion
from assistant.contract import LONGEST_TURN_QUESTION, MOST_TURNS, Strict, TurnIn, sendable
from assistant.documents import Answer, Turn
from assistant.index import IndexUnavailable
from assistant.service import Query, Service

_log = logging.getLogger(__name__)

_FONTS = ("system-ui", "sans-serif")
_MONO_FONTS = ("ui-monospace", "monospace")
_HEAD = (
    '<meta name="referrer" content="no-referrer">'
    '<script>document.documentElement.lang = "nl"</script>'
)

LONGEST_NOTE = 1000

Message = dict[str, Any]
Shown = tuple[str, list[Any], list[Message]]
"""An emptied input, the conversation for the browser to keep, and its messages."""


class Exchange(Strict):
    """A question of the conversation with its answer; ``note`` says what is amiss with that."""

    question: str = Field(max_length=LONGEST_TURN_QUESTION)
    note: str = Field("", max_length=LONGEST_NOTE)
    answer: Answer | None = None

    def turns(self) -> list[Turn]:
        """What a next question may refer to: nothing without an answer.

        Raises ``pydantic.ValidationError`` when it is longer than the API takes.
        """
        if self.answer is None:
            return []
        return [TurnIn(question=self.question, answer=self.answer.answer).to_turn()]

    def messages(self) -> list[Message]:
        """The same to look at."""
        note = pages.message_html(self.note) if self.note else ""
        answer = pages.answer_html(self.answer) if self.answer else ""
        return [
            _message("user", pages.question_html(self.question)),
            _message("assistant", note + answer),
        ]


_CONVERSATION = TypeAdapter(Annotated[list[Exchange], Field(max_length=MOST_TURNS)])


async def respond(service: Service, question: str, carried: Any) -> Shown:
    """Answer the next question of the conversation that the browser carried."""
    try:
        past = _CONVERSATION.validate_python(carried)
        turns = [turn for exchange in past for turn in exchange.turns()]
    except ValidationError:  # not by our page
        past, turns = [], []
    asked = [await _exchange(service, question, turns)] if question.strip() else []
    exchanges = [*past, *asked][-MOST_TURNS:]
    return "", _CONVERSATION.dump_python(exchanges, mode="json"), _messages(exchanges)


async def _exchange(service: Service, question: str, turns: list[Turn]) -> Exchange:
    # Half a surrogate pair, which a broken paste can hold, cannot be sent back.
    shown = sendable(question)[:LONGEST_TURN_QUESTION]
    try:
        answer = await service.answer(Query(question, turns))
        is_stale = await to_thread.run_sync(service.live.is_stale)
        note = wording.INDEX_STALE if is_stale else ""
        return Exchange(question=shown, note=note, answer=answer)
    except InvalidQuestion as error:
        note = str(error)
    except Overloaded:
        note = wording.OVERLOADED
    except IndexUnavailable as error:
        _log.error("%s", error)
        note = pages.index_message(error)
    except Exception:
        _log.exception("The chat could not answer")
        note = wording.UNEXPECTED
    return Exchange(question=shown, note=note)


def _messages(exchanges: list[Exchange]) -> list[Message]:
    return [message for exchange in exchanges for message in exchange.messages()]


def _message(role: str, html: str) -> Message:
    return {"role": role, "content": gr.HTML(html)}


def build_chat(service: Service) -> gr.Blocks:
    """The chat page."""

    async def submit(question: str, carried: Any) -> Shown:
        return await respond(service, question, carried)

    chat: gr.Blocks = gr.Blocks(title=wording.APP_TITLE, analytics_enabled=False, fill_height=True)
    with chat:
        gr.HTML(pages.intro_html())
        carried = gr.JSON([], visible=False)
        messages = _conversation()
        question, send = _question_row()
        outputs = [question, carried, messages]
        # Gradio's queue lives in one process; the service has a bounded one of its own.
        shared: dict[str, Any] = {"api_visibility": "private", "queue": False}
        for trigger in (question.submit, send.click):
            trigger(submit, [question, carried], outputs, **shared)
        for example in _examples():
            example.click(submit, [example, carried], outputs, **shared)
        messages.clear(list, None, carried, **shared)
    chat.app_id = _id_of(chat)
    return chat


def _id_of(chat: gr.Blocks) -> int:
    """A page reloads itself when this changes, so it must not differ between processes."""
    config = chat.get_config_file() | {"app_id": 0}
    return zlib.crc32(json.dumps(config, default=str, sort_keys=True).encode())


def _conversation() -> gr.Chatbot:
    return gr.Chatbot(
        label=wording.CONVERSATION,
        placeholder=wording.EMPTY_CONVERSATION,
        elem_id="gesprek",
        latex_delimiters=[],
        buttons=[],
        feedback_options=None,
        scale=1,
        min_height=260,
    )


def _question_row() -> tuple[gr.Textbox, gr.Button]:
    with gr.Row():
        question = gr.Textbox(
            label=wording.QUESTION_LABEL,
            placeholder=wording.QUESTION_PLACEHOLDER,
            elem_id="vraag",
            autofocus=True,
            scale=8,
            max_lines=4,
        )
        send = gr.Button(wording.SEND, variant="primary", elem_id="verstuur", scale=1)
    return question, send


def _examples() -> list[gr.Button]:
    """Buttons that ask the question they show."""
    gr.Markdown(f"**{wording.EXAMPLES_LABEL}**")
    with gr.Row():
        return [gr.Button(text, size="sm") for text in wording.EXAMPLES]


def mount_chat(app: FastAPI, service: Service) -> FastAPI:
    """Serve the chat at ``/`` of an app; routes that the app already has stay its own."""
    mounted: FastAPI = gr.mount_gradio_app(
        app,
        build_chat(service),
        path="/",
        theme=gr.themes.Default(font=_FONTS, font_mono=_MONO_FONTS),
        css=pages.CHAT_STYLE,
        head=_HEAD,
        footer_links=[],
        ssr_mode=False,
        show_error=False,
        enable_monitoring=False,
        max_file_size=1,  # bytes: nobody needs to upload anything
    )
    return mounted
