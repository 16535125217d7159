"""WCAG 2.2 AA, as far as a browser can tell: axe-core, the keyboard, zoom, motion, colours."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Route, expect

from browser.chat_page import WAIT, ask, box, exchanges, progress, type_and_send, wait_until_shown

Visit = Callable[..., Page]

ANSWERED = "Wanneer vond de laatste stuurgroep excellente partnerschappen plaats?"
ABSTAINED = "Wat is de hoofdstad van Peru?"
LISTED = "Welke taken neemt VDAB op?"

DOCUMENT = "/documents/antwoord-excellente-partnerschappen?citaat=100-300&citaat=400-450#citaat"
PAGES = ("/documents", DOCUMENT, DOCUMENT.replace("?", "?paneel=1&"), "/toegankelijkheid")

PHONE = {"viewport": {"width": 390, "height": 844}}
DARK = {"color_scheme": "dark"}
ZOOMED = {
    "200 %": {"viewport": {"width": 700, "height": 450}, "device_scale_factor": 2},
    "400 %": {"viewport": {"width": 320, "height": 256}, "device_scale_factor": 4},
}


def states(page: Page) -> Iterator[str]:
    """Bring the chat in each of its states, and name it."""
    yield "first visit"
    asked = ask(page, ANSWERED)
    asked.locator(".verfijnen").wait_for(timeout=WAIT)
    yield "answer with suggestions"
    asked.locator("ol a.bronlink").click()
    page.frame_locator("#bron-blad").locator("mark").wait_for()
    yield "open source"
    page.click("#bron-sluit")
    page.click("#bereik summary")
    yield "scope"
    page.click("#bereik summary")
    if not page.locator("#nieuw-gesprek").is_visible():
        page.click("#gesprekken summary")
    row = page.locator("#gesprekkenlijst li").first
    openers = {
        "good answer": asked.locator("[data-actie=up]"),
        "bad answer": asked.locator("[data-actie=down]"),
        "rename": row.locator("button").nth(1),
        "delete": row.locator("button").nth(2),
    }
    for name, opener in openers.items():
        opener.click()
        yield name
        page.keyboard.press("Escape")
    ask(page, ABSTAINED)
    yield "abstention"


# axe-core

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
"""No rule is left out, and no finding is excepted."""


def findings(page: Page, state: str) -> list[str]:
    results = Axe().run(page, options=RULES).response
    assert "target-size" in {rule["id"] for rule in (*results["passes"], *results["violations"])}
    return [
        f"{state}: {found['id']} ({found['impact']}) {node['target']}"
        for found in results["violations"]
        for node in found["nodes"]
    ]


@pytest.mark.parametrize(
    "look", [{}, DARK, PHONE, PHONE | DARK], ids=["light", "dark", "phone", "dark phone"]
)
def test_axe_finds_nothing(look: dict[str, Any], visit: Visit, chat_url: str) -> None:
    page = visit(chat_url, **look)
    found = [finding for state in states(page) for finding in findings(page, state)]
    for path in PAGES:
        page.goto(chat_url + path)
        found += findings(page, path)
    assert found == []


# The keyboard

FOCUS = """
() => {
  let element = document.activeElement;
  if (element?.localName === "iframe") {
    const inner = element.contentDocument.activeElement;
    if (inner && inner !== element.contentDocument.body) element = inner;
  }
  const style = element ? getComputedStyle(element) : null;
  const name = element?.getAttribute("aria-label") || element?.innerText || element?.localName;
  return {
    name: name?.trim().split("\\n")[0],
    id: element?.id,
    isLost: !element || element === document.body || !element.checkVisibility(),
    isOutlined: style?.outlineStyle !== "none" && parseFloat(style?.outlineWidth) >= 2,
  };
}
"""


def focus(page: Page) -> dict[str, Any]:
    return dict(page.evaluate(FOCUS))


def press(page: Page, key: str) -> dict[str, Any]:
    """Press a key; afterwards something has the focus and shows it."""
    page.keyboard.press(key)
    focused = focus(page)
    assert not focused["isLost"], f"{key} lost the focus"
    assert focused["isOutlined"], f"after {key} the focus is not to be seen on {focused}"
    return focused


def go_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Press Tab until the target has the focus."""
    expect(target).to_be_visible()
    for _ in range(60):
        if target.evaluate("element => element === document.activeElement"):
            return
        press(page, key)
    pytest.fail(f"{key} does not lead to {target}")


def back_to(page: Page, target: Locator) -> None:
    go_to(page, target, "Shift+Tab")


def expect_focused(target: Locator) -> None:
    expect(target).to_be_focused()
    assert focus(target.page)["isOutlined"]


def test_the_order_of_the_focus_is_that_of_the_page(page: Page) -> None:
    expect_focused(box(page))
    back_to(page, page.locator("#naar-vraag"))
    expect(page.locator("#naar-vraag")).to_be_in_viewport()
    order = [focus(page)["name"]]
    while not box(page).evaluate("element => element === document.activeElement"):
        order.append(press(page, "Tab")["name"])
    assert order[:7] == [
        "Ga naar de vraag",
        "Hulp",
        "Documenten",
        "Toegankelijkheid",
        "Donkere weergave",
        "Gesprekken",
        "Nieuw gesprek",
    ]
    assert order[7] == "Documenten"
    assert all(question.endswith("?") for question in order[8:13])
    assert order[13:] == ["Begrepen, sluit deze uitleg", "Zoeken in alle documenten", "textarea"]
    assert press(page, "Tab")["name"] == "Verstuur"


def test_the_skip_link_leads_to_the_question(page: Page) -> None:
    back_to(page, page.locator("#naar-vraag"))
    press(page, "Enter")
    expect_focused(box(page))


def test_help_is_closed_and_opened_with_the_keyboard(page: Page) -> None:
    back_to(page, page.get_by_role("button", name="Begrepen"))
    press(page, "Space")
    expect(page.locator("#welkom")).to_be_hidden()
    expect_focused(box(page))
    back_to(page, page.locator("#hulp-knop"))
    press(page, "Enter")
    expect(page.locator("#welkom")).to_be_visible()
    expect_focused(page.locator("#hulp-knop"))


def test_an_example_takes_the_focus_along_to_its_answer(page: Page) -> None:
    back_to(page, page.get_by_role("button", name="Hoeveel sectorale"))
    page.keyboard.press("Enter")
    expect(exchanges(page).locator(".antwoord")).to_be_visible(timeout=WAIT)
    expect_focused(exchanges(page).locator(".vraag"))
    assert press(page, "Tab")["name"] == "Bron 1"


def test_asking_again_keeps_the_focus_at_the_question(page: Page) -> None:
    asked = ask(page, ANSWERED)
    first = asked.element_handle()
    back_to(page, asked.locator("[data-actie=opnieuw]"))
    page.keyboard.press("Enter")
    page.wait_for_function("first => !first.isConnected", arg=first)
    expect(asked.locator(".antwoord")).to_be_visible(timeout=WAIT)
    expect_focused(asked.locator(".vraag"))


def test_a_suggestion_takes_the_focus_along_to_its_answer(page: Page) -> None:
    suggested = ask(page, ANSWERED).locator(".verfijnen button").first
    expect(suggested).to_be_visible(timeout=WAIT)
    back_to(page, suggested)
    page.keyboard.press("Enter")
    expect(exchanges(page).nth(1).locator(".antwoord")).to_be_visible(timeout=WAIT)
    expect_focused(exchanges(page).nth(1).locator(".vraag"))


def test_stopping_gives_the_focus_back_to_the_question(page: Page) -> None:
    page.route("**/chat/ask", lambda route: None)  # never answered, so that there is time to stop
    type_and_send(page, ANSWERED)
    go_to(page, page.locator("#stop"))
    press(page, "Enter")
    expect(exchanges(page).locator(".melding")).to_contain_text("gestopt")
    expect_focused(box(page))


def test_an_answer_gives_the_focus_of_the_stop_button_back_to_the_question(page: Page) -> None:
    held: list[Route] = []
    page.route("**/chat/ask", lambda route: held.append(route))
    type_and_send(page, ANSWERED)
    go_to(page, page.locator("#stop"))
    held[0].continue_()
    expect(exchanges(page).locator(".antwoord")).to_be_visible(timeout=WAIT)
    expect_focused(box(page))


def test_sources_are_read_with_the_keyboard(page: Page) -> None:
    asked = ask(page, ABSTAINED)
    opener = asked.locator("a.bronlink").first
    following, previous = page.locator("#bron-volgende"), page.locator("#bron-vorige")
    title, place = page.locator("#bron-titel"), page.locator("#bron-stand")
    back_to(page, opener)
    press(page, "Enter")
    expect_focused(title)
    go_to(page, following)
    press(page, "Enter")
    expect(place).to_have_text("Bron 2 van 3")
    page.frame_locator("#bron-blad").locator("mark").first.wait_for()
    expect_focused(following)
    press(page, "Space")
    expect(place).to_have_text("Bron 3 van 3")
    expect_focused(title)  # there is no following source to stay at
    go_to(page, previous)
    press(page, "Enter")
    expect(place).to_have_text("Bron 2 van 3")
    go_to(page, page.locator("#bron-sluit"))
    press(page, "Enter")
    expect_focused(opener)


def test_escape_closes_a_source_and_returns(page: Page) -> None:
    opener = ask(page, ANSWERED).locator("ol a.bronlink")
    back_to(page, opener)
    press(page, "Enter")
    page.frame_locator("#bron-blad").locator("mark").wait_for()
    press(page, "Escape")
    expect_focused(opener)
    press(page, "Enter")
    page.frame_locator("#bron-blad").locator("mark").wait_for()
    go_to(page, page.locator("#bron-blad"))  # inside the frame, Escape is a key of the frame
    press(page, "Escape")
    expect_focused(opener)


def test_the_scope_is_chosen_with_the_keyboard(page: Page) -> None:
    back_to(page, page.locator("#bereik summary"))
    press(page, "Space")
    press(page, "Tab")
    press(page, "Space")
    expect(page.locator("#bereik-stand")).to_contain_text("1 filter")
    go_to(page, page.locator("#bereik select"))
    press(page, "ArrowDown")
    expect(page.locator("#bereik-stand")).to_contain_text("2 filters")
    assert page.locator("#bereik select").input_value() != ""
    press(page, "Tab")
    press(page, "Enter")
    expect(page.locator("#bereik-stand")).to_have_text("alle documenten")


def expect_trapped(page: Page, dialog: Locator) -> None:
    """Tab goes round in the dialog, or to the browser's own buttons, but never behind it."""
    for key in ["Tab", "Shift+Tab"]:
        for _ in range(8):
            page.keyboard.press(key)
            is_behind = "dialog => document.activeElement.matches('body, dialog *') === false"
            assert not dialog.evaluate(is_behind)


def test_a_conversation_is_renamed_and_deleted_with_the_keyboard(page: Page) -> None:
    ask(page, ANSWERED)
    name, rename, delete = (page.locator("#gesprekkenlijst button").nth(n) for n in range(3))
    back_to(page, rename)
    press(page, "Enter")
    expect_focused(page.locator("#naam"))
    expect_trapped(page, page.locator("#naamgeving"))
    press(page, "Escape")
    expect_focused(rename)
    press(page, "Enter")
    page.keyboard.press("Control+A")
    page.keyboard.type("Voor de minister")
    press(page, "Enter")
    expect(name).to_have_text("Voor de minister")
    expect_focused(rename)
    press(page, "Tab")
    press(page, "Space")
    expect_focused(page.get_by_role("button", name="Annuleer"))
    expect_trapped(page, page.locator("#verwijdering"))
    press(page, "Escape")
    expect_focused(delete)
    press(page, "Space")
    press(page, "Shift+Tab")
    press(page, "Enter")
    expect(page.locator("#gesprekkenlijst li")).to_have_count(0)
    expect_focused(page.locator("#nieuw-gesprek"))


def test_another_conversation_is_opened_with_the_keyboard(page: Page) -> None:
    ask(page, ANSWERED)
    back_to(page, page.locator("#nieuw-gesprek"))
    press(page, "Enter")
    expect_focused(box(page))
    expect(exchanges(page)).to_have_count(0)
    only = page.locator("#gesprekkenlijst .naam")
    back_to(page, only)
    press(page, "Enter")
    expect(exchanges(page)).to_have_count(1)
    expect_focused(only)
    expect(only).to_have_attribute("aria-current", "true")


def test_feedback_is_given_with_the_keyboard(page: Page) -> None:
    button = ask(page, ANSWERED).locator("[data-actie=down]")
    back_to(page, button)
    press(page, "Enter")
    expect_focused(page.locator("#oordeel-reden"))
    expect_trapped(page, page.locator("#oordeel"))
    press(page, "Escape")
    expect_focused(button)
    press(page, "Enter")
    press(page, "ArrowDown")
    press(page, "Tab")
    page.keyboard.type("De datum is van een andere stuurgroep.")
    press(page, "Tab")
    press(page, "Enter")
    expect(progress(page)).to_contain_text("Bedankt")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect_focused(button)


def test_a_conversation_is_saved_with_the_keyboard(page: Page) -> None:
    ask(page, ANSWERED)
    button = page.get_by_role("button", name="Word")
    back_to(page, button)
    with page.expect_download() as download:
        press(page, "Enter")
    assert download.value.suggested_filename.endswith(".docx")
    expect_focused(button)


def test_the_colours_are_changed_with_the_keyboard(page: Page) -> None:
    button = page.locator("#thema-knop")
    back_to(page, button)
    press(page, "Space")
    expect(page.locator("body.dark")).to_be_visible()
    expect_focused(button)


@pytest.mark.parametrize("path", PAGES)
def test_pages_of_documents_are_read_with_the_keyboard(
    path: str, page: Page, chat_url: str
) -> None:
    page.goto(chat_url + path.partition("#")[0])
    names = [press(page, "Tab")["name"]]
    assert names == ["Ga naar de inhoud"]
    expect(page.locator(".overslaan")).to_be_in_viewport()
    stops = page.locator("a[href]:visible, summary:visible").count()
    names += [press(page, "Tab")["name"] for _ in range(stops - 1)]
    assert len(names) == stops
    page.locator(".overslaan").focus()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


# What a screen reader is told

HEARD = """
() => {
  window.heard = [];
  const hear = (records) => {
    for (const { target } of records) {
      const said = (target.closest ? target : target.parentElement)?.closest("[role=status]");
      if (said?.textContent) window.heard.push(said.textContent);
    }
  };
  const how = { childList: true, characterData: true, subtree: true };
  new MutationObserver(hear).observe(document.body, how);
}
"""


def test_stages_and_a_short_result_are_announced(page: Page) -> None:
    page.evaluate(HEARD)
    ask(page, ANSWERED)
    heard = page.evaluate("heard")
    assert heard[0].startswith("Ik zoek")
    assert any(text.startswith("Ik lees") for text in heard)
    assert heard[-1] == "Beantwoord: 17 januari 2013"
    assert progress(page).inner_text() == ""


def test_a_long_answer_is_not_read_aloud_whole(page: Page) -> None:
    page.evaluate(HEARD)
    answer = ask(page, LISTED).inner_text()
    spoken = page.evaluate("heard.at(-1)")
    assert spoken.startswith("Beantwoord: ")
    assert len(spoken) < 250 < len(answer)


def test_an_abstention_is_announced_as_one(page: Page) -> None:
    page.evaluate(HEARD)
    ask(page, ABSTAINED)
    assert page.evaluate("heard.at(-1)").startswith("Niet gevonden: Ik vind dit niet")


def test_pages_tell_their_language_title_and_headings(visit: Visit, chat_url: str) -> None:
    page = visit(chat_url, locale="fr-FR")  # Gradio takes the language of the browser
    titles = {page.title()}
    for state in states(page):
        assert_in_order(page, state)
    for path in PAGES[:2] + PAGES[3:]:
        page.goto(chat_url + path)
        titles.add(page.title())
        assert_in_order(page, path)
    assert len(titles) == 4
    assert all("Partnerschapsassistent" in title for title in titles)


def assert_in_order(page: Page, state: str) -> None:
    levels = page.locator("h1:visible, h2:visible, h3:visible, h4:visible").evaluate_all(
        "headings => headings.map((heading) => Number(heading.localName[1]))"
    )
    assert levels.count(1) == 1, state
    assert levels[0] == 1, state
    assert all(after <= before + 1 for before, after in pairwise(levels)), state
    assert page.evaluate("document.documentElement.lang") == "nl", state


# Zoom

CUT = """
() => [...document.querySelectorAll("body *:not(textarea, select, .naam)")]
  .filter((element) => element.checkVisibility() && element.innerText?.trim())
  .filter((element) => {
    for (; element; element = element.parentElement) {
      if (getComputedStyle(element).clipPath !== "none") return false; // for screen readers only
    }
    return true;
  })
  .filter((element) => {
    const style = getComputedStyle(element);
    const isWide = element.scrollWidth > element.clientWidth + 1;
    const isHigh = element.scrollHeight > element.clientHeight + 1;
    const isCut = (overflow) => overflow === "hidden" || overflow === "clip";
    return (isWide && isCut(style.overflowX)) || (isHigh && isCut(style.overflowY));
  })
  .map((element) => element.outerHTML.slice(0, 120))
"""
"""Elements that cut their text. Long names of conversations end in an ellipsis on purpose: what
they name is one key press away."""


def assert_fits(page: Page, state: str) -> None:
    root = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert root[0] <= root[1], f"{state} scrolls sideways"
    assert page.evaluate(CUT) == [], state


STUCK = """
() => [...document.querySelectorAll("body *")]
  .filter((element) => ["sticky", "fixed"].includes(getComputedStyle(element).position))
  .filter((element) => element.offsetHeight > 0 && !element.closest("dialog"))
  .map((element) => element.outerHTML.slice(0, 120))
"""
"""Elements that stay where they are and cover what scrolls: zoomed in, there is no room."""


@pytest.mark.parametrize("zoom", ZOOMED)
def test_nothing_is_cut_or_beside_the_screen_when_zoomed_in(
    zoom: str, visit: Visit, chat_url: str
) -> None:
    page = visit(chat_url, **ZOOMED[zoom])
    for state in states(page):
        assert_fits(page, state)
        assert page.evaluate(STUCK) == [], state
    for path in PAGES:
        page.goto(chat_url + path)
        assert_fits(page, path)


SPACING = """
* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
p { margin-bottom: 2em !important }
"""


def test_nothing_is_cut_with_more_space_between_letters_and_lines(page: Page) -> None:
    page.add_style_tag(content=SPACING)
    for state in states(page):
        assert_fits(page, state)


COVERED = """
() => {
  const element = document.activeElement;
  const box = element.getBoundingClientRect();
  const spots = [0.1, 0.5, 0.9].flatMap((x) => [0.1, 0.5, 0.9].map((y) => [x, y]));
  return !spots.some(([x, y]) => {
    const top = document.elementFromPoint(box.left + x * box.width, box.top + y * box.height);
    return top && (element.contains(top) || top.closest("label")?.contains(element));
  });
}
"""


@pytest.mark.parametrize(
    "screen",
    [{}, PHONE, *ZOOMED.values(), {"viewport": {"width": 1000, "height": 650}}],
    ids=["desktop", "phone", *ZOOMED, "small window"],
)
def test_the_focus_is_never_covered(screen: dict[str, Any], visit: Visit, chat_url: str) -> None:
    page = visit(chat_url, reduced_motion="reduce", **screen)
    ask(page, ABSTAINED)
    asked = ask(page, ANSWERED)
    asked.locator(".verfijnen").wait_for(timeout=WAIT)
    back_to(page, page.locator("#bereik summary"))
    press(page, "Enter")
    for key, end in [
        ("Tab", page.locator("#verstuur")),
        ("Shift+Tab", page.locator("#naar-vraag")),
    ]:
        while not end.evaluate("element => element === document.activeElement"):
            focused = press(page, key)
            assert not page.evaluate(COVERED), f"{focused['name']} is covered"


def test_the_conversation_stays_where_it_is_when_a_source_opens(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    asked = ask(page, LISTED)
    for top, link in ((0, asked.locator("a.bronlink").first), (200, asked.locator("ol a").last)):
        page.evaluate("top => scrollTo(0, top)", top)
        link.evaluate("link => link.click()")  # a real one would scroll to the link
        expect(page.frame_locator("#bron-blad").locator("mark")).to_be_in_viewport()
        assert page.evaluate("scrollY") == top


# Motion, targets and colours

SCROLLS = """
() => {
  window.scrolls = [];
  const scroll = Element.prototype.scrollIntoView;
  Element.prototype.scrollIntoView = function (options) {
    window.scrolls.push(options?.behavior ?? "auto");
    scroll.call(this, options);
  };
}
"""
MOVING = """
() => [...document.querySelectorAll("*")]
  .filter((element) => {
    const style = getComputedStyle(element);
    const takesTime = style.transitionDuration.split(", ").some((time) => parseFloat(time) > 0);
    return takesTime || style.animationName !== "none" || style.scrollBehavior !== "auto";
  })
  .map((element) => element.outerHTML.slice(0, 120))
"""


@pytest.mark.parametrize(("motion", "behaviour"), [("reduce", "auto"), ("no-preference", "smooth")])
def test_nothing_moves_for_who_wants_no_motion(
    motion: str, behaviour: str, visit: Visit, chat_url: str
) -> None:
    page = visit(chat_url, reduced_motion=motion)
    page.evaluate(SCROLLS)
    for _ in states(page):
        assert motion != "reduce" or page.evaluate(MOVING) == []
    assert behaviour in page.evaluate("scrolls")
    assert motion != "reduce" or set(page.evaluate("scrolls")) == {"auto"}


SMALL = """
() => [...document.querySelectorAll("button, summary, select, input, textarea, #kop nav a")]
  .filter((element) => element.checkVisibility())
  .map((element) => [element, (element.closest("label") ?? element).getBoundingClientRect()])
  .filter(([element, box]) => box.width < 24 || box.height < 24)
  .map(([element]) => element.outerHTML.slice(0, 120))
"""


@pytest.mark.parametrize("screen", [{}, PHONE], ids=["desktop", "phone"])
def test_targets_are_large_enough(screen: dict[str, Any], visit: Visit, chat_url: str) -> None:
    page = visit(chat_url, **screen)
    for state in states(page):
        assert page.evaluate(SMALL) == [], state
    for path in PAGES:
        page.goto(chat_url + path)
        assert page.evaluate(SMALL) == [], path


def test_status_choice_and_quote_are_visible_in_forced_colours(visit: Visit, chat_url: str) -> None:
    page = visit(chat_url, forced_colors="active")
    asked = ask(page, ANSWERED)
    expect(asked.locator(".status")).to_have_text("✔ Beantwoord")
    assert style(asked.locator(".status"), "color") != style(
        page.locator("body"), "backgroundColor"
    )
    assert style(asked.locator(".antwoord"), "borderLeftStyle") == "solid"
    asked.locator("[data-actie=up]").click()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    pressed = asked.locator("[data-actie=up]")
    expect(pressed).to_have_attribute("aria-pressed", "true")
    box(page).focus()
    assert style(pressed, "outlineStyle") == "solid"
    assert style(asked.locator("[data-actie=down]"), "outlineStyle") == "none"
    page.goto(chat_url + DOCUMENT)
    mark = page.locator("mark").first
    assert style(mark, "borderBottomStyle") == "solid"
    assert style(mark, "backgroundColor") != style(page.locator("body"), "backgroundColor")


def style(target: Locator, name: str) -> str:
    return str(target.evaluate(f"element => getComputedStyle(element).{name}"))


def test_the_chosen_colours_are_those_of_all_pages(page: Page, chat_url: str) -> None:
    dark = "rgb(21, 24, 28)"
    page.click("#thema-knop")
    assert style(page.locator("body"), "backgroundColor") == dark
    assert style(page.locator("html"), "colorScheme") == "dark"
    page.goto(f"{chat_url}/documents")
    assert style(page.locator("body"), "backgroundColor") == dark
    page.goto(chat_url)
    wait_until_shown(page)
    assert style(page.locator("body"), "backgroundColor") == dark
