"""The Gradio chat: parses the question, calls the assistant, renders its answer."""

import logging
from typing import Any

import gradio as gr
from fastapi import FastAPI

from assistant import pages, wording
from assistant.answering import InvalidQuestion
from assistant.assembly import LiveAssistant
from assistant.documents import Turn
from assistant.index import IndexUnavailable

_log = logging.getLogger(__name__)

_FONTS = ("system-ui", "sans-serif")
_MONO_FONTS = ("ui-monospace", "monospace")
_HEAD = (
    '<meta name="referrer" content="no-referrer">'
    '<script>document.documentElement.lang = "nl"</script>'
)

AT_ONCE = 8
"""How many questions the chat works on at the same time."""

Message = dict[str, Any]


def respond(
    live: LiveAssistant, question: str, turns: list[Turn], messages: list[Message]
) -> tuple[str, list[Turn], list[Message]]:
    """One exchange: an emptied input, the turns so far and the messages to show."""
    if not question.strip():
        return "", turns, messages
    html, new_turns = _reply(live, question, turns)
    shown = [
        *messages,
        _message("user", pages.question_html(question)),
        _message("assistant", html),
    ]
    return "", [*turns, *new_turns], shown


def _reply(live: LiveAssistant, question: str, turns: list[Turn]) -> tuple[str, list[Turn]]:
    """The HTML to show, and the turn to remember if there was an answer."""
    try:
        answer = live.get().answer(question, turns)
        stale = pages.message_html(wording.INDEX_STALE) if live.is_stale() else ""
        return stale + pages.answer_html(answer), [Turn(question, answer.answer)]
    except InvalidQuestion as error:
        return pages.message_html(str(error)), []
    except IndexUnavailable as error:
        _log.error("%s", error)
        return pages.message_html(pages.index_message(error)), []
    except Exception:
        _log.exception("The chat could not answer")
        return pages.message_html(wording.UNEXPECTED), []


def _message(role: str, html: str) -> Message:
    return {"role": role, "content": gr.HTML(html)}


def build_chat(live: LiveAssistant) -> gr.Blocks:
    """The chat page."""

    def submit(
        question: str, turns: list[Turn], messages: list[Message]
    ) -> tuple[str, list[Turn], list[Message]]:
        return respond(live, question, turns, messages)

    chat: gr.Blocks = gr.Blocks(title=wording.APP_TITLE, analytics_enabled=False, fill_height=True)
    with chat:
        gr.HTML(pages.intro_html())
        turns = gr.State([])
        messages = _conversation()
        question, send = _question_row()
        outputs = [question, turns, messages]
        shared: dict[str, Any] = {
            "api_visibility": "private",
            "concurrency_id": "questions",
            "concurrency_limit": AT_ONCE,
        }
        for trigger in (question.submit, send.click):
            trigger(submit, outputs, outputs, **shared)
        for example, button in _examples():
            button.click(submit, [example, turns, messages], outputs, **shared)
        messages.clear(list, None, turns, api_visibility="private")
    return chat


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


def _examples() -> list[tuple[gr.State, gr.Button]]:
    """Buttons that ask an example question, each with the question it asks."""
    gr.Markdown(f"**{wording.EXAMPLES_LABEL}**")
    with gr.Row():
        return [(gr.State(text), gr.Button(text, size="sm")) for text in wording.EXAMPLES]


def mount_chat(app: FastAPI, live: LiveAssistant) -> FastAPI:
    """Serve the chat at ``/`` of an app; routes that the app already has stay its own."""
    mounted: FastAPI = gr.mount_gradio_app(
        app,
        build_chat(live),
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
