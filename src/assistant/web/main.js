/** The chat page: fills the columns that Gradio laid out, asks, shows, keeps. */

import { copy } from "./clipboard.js";
import * as conversations from "./conversations.js";
import { judged } from "./dialogs.js";
import * as scope from "./scope.js";
import { get, post, postForEvents, Refusal } from "./server.js";
import * as sidebar from "./sidebar.js";
import * as sources from "./sources.js";
import { learn, text } from "./texts.js";
import * as theme from "./theme.js";
import { visible } from "./visible.js";

const HELP_SEEN = "partnerschapsassistent.hulp-gezien";
const LONGEST_TURN_QUESTION = 10_000;
const LONGEST_TURN_ANSWER = 50_000;
const AT_ONCE = 10; // exchanges of a request, so that it stays well below what the server takes
const WIDE = "(min-width: 75rem)";
const COLUMNS = {
  kop: "sjabloon-kop",
  zijbalk: "sjabloon-zijbalk",
  gesprek: "sjabloon-gesprek",
  bronpaneel: "sjabloon-bron",
  dialogen: "sjabloon-dialogen",
};

const PARTS = [...Object.keys(COLUMNS).map((id) => `#${id}`), "#vraag textarea", "#verstuur", "#stop"];

let conversation = conversations.current();
let opening = null; // settled once the conversation is shown
let asking = null; // the AbortController of the question that is being answered
let suggesting = null; // the same of the suggestions for a next one

const byId = (id) => document.getElementById(id);
const field = () => document.querySelector("#vraag textarea");

/** Show a message, which is read aloud as well. */
function say(message) {
  byId("voortgang").textContent = message;
  byId("gehoord").textContent = "";
}

/** Have a message read aloud that stands elsewhere for who sees; `notice` is shown as well. */
function announce(message, notice) {
  byId("voortgang").textContent = notice;
  byId("gehoord").textContent = message;
}

// Asking

/** Ask; with `place`, ask exchange number `place` again: the last one is then replaced. */
async function ask(question, place = conversation.exchanges.length) {
  await opening;
  if (asking) return say(text("bezig"));
  if (!question.trim()) return say(text("leeg"));
  const replaces = place === conversation.exchanges.length - 1;
  const history = turns(conversation.exchanges.slice(0, place));
  const notices = !replaces && makeRoom() ? [text("vol")] : [];
  const target = conversation;
  const body = { question, history, filters: scope.filters() };
  const draft = pending(question);
  begin();
  show(draft, replaces ? byId("beurten").lastElementChild : null);
  const { exchange, html, status } = await answer(body).finally(end);
  if (!keep(target, exchange, replaces)) notices.push(text("geheugen"));
  if (conversation.id !== target.id) return say(notices.join(" ")); // the user went on elsewhere
  const article = await shown(draft, target, html ? parsed(html) : failed(draft, exchange.note));
  announce(status, notices.join(" "));
  return suggest(article, exchange, target);
}

/** Show an answer in the place of its draft. Meanwhile the conversation may have been opened anew,
 * or another tab have gone on in it: then all of it is shown. */
async function shown(draft, target, article) {
  if (draft.isConnected && byId("beurten").children.length === target.exchanges.length) {
    const hadFocus = draft.contains(document.activeElement);
    draft.replaceWith(article);
    if (hadFocus) focusOn(article);
    bringUp(article);
    return article;
  }
  open(target);
  await opening;
  return byId("beurten").lastElementChild;
}

function begin() {
  asking = new AbortController();
  suggesting?.abort();
  hideHelp();
  say(text("start"));
  byId("stop").hidden = false;
  byId("verstuur").hidden = true;
}

function end() {
  asking = null;
  if (document.activeElement === byId("stop")) field().focus({ preventScroll: true });
  byId("stop").hidden = true;
  byId("verstuur").hidden = false;
}

/** The answer as `{ exchange, html, status }`; without HTML when the server gave none. */
async function answer(body) {
  try {
    for await (const { name, data } of postForEvents("/chat/ask", body, asking.signal)) {
      if (name === "stage") say(data.text);
      if (name === "exchange") return data;
    }
    throw new Refusal(text("onbereikbaar"));
  } catch (error) {
    const note = error instanceof Refusal ? error.message : text("gestopt");
    if (!(error instanceof Refusal) && error.name !== "AbortError") console.error(error);
    const question = body.question.slice(0, LONGEST_TURN_QUESTION);
    const { filters } = body;
    const asked = new Date().toISOString();
    return { exchange: { question, asked, note, answer: null, filters }, html: "", status: note };
  }
}

function turns(exchanges) {
  return exchanges
    .filter((exchange) => exchange.answer)
    .slice(-conversations.MOST_EXCHANGES)
    .map(({ question, answer: given }) => ({
      question,
      answer: given.answer.slice(0, LONGEST_TURN_ANSWER),
    }));
}

/** A conversation that is full makes room for a new one; whether it did. */
function makeRoom() {
  if (conversation.exchanges.length < conversations.MOST_EXCHANGES) return false;
  open(conversations.fresh());
  return true;
}

async function suggest(article, exchange, target) {
  if (!exchange.answer) return;
  suggesting = new AbortController();
  const asked = target.exchanges.map((earlier) => earlier.question);
  try {
    const body = { exchange, asked };
    const response = await post("/chat/suggestions", body, suggesting.signal);
    const [html] = (await response.json()).html;
    if (html && article.isConnected) article.append(parsed(html));
  } catch {
    // they are an extra: the answer is there
  }
}

// Showing

function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
}

function pending(question) {
  const article = byId("sjabloon-beurt").content.cloneNode(true).firstElementChild;
  article.querySelector(".vraagtekst").textContent = question;
  return article;
}

function failed(draft, note) {
  draft.querySelector(".melding").textContent = note;
  draft.querySelector(".melding").hidden = false;
  draft.querySelector(".acties").hidden = false;
  return draft;
}

function show(article, replaced) {
  if (replaced) replaced.replaceWith(article);
  else byId("beurten").append(article);
  byId("bewaren").hidden = false;
  if (!byId("invoer").contains(document.activeElement)) focusOn(article);
  bringUp(article);
}

/** The button that asked it may be gone by now, and with it the focus. */
function focusOn(article) {
  article.querySelector(".vraag").focus({ preventScroll: true });
}

function bringUp(article) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  article.scrollIntoView({ block: "start", behavior: still ? "auto" : "smooth" });
}

/** Add the exchange to what the browser has of the conversation, or put it in the last one's place,
 * where an answer makes way for another answer only; false when the browser could not keep it. */
function keep(target, exchange, replaces) {
  const kept = conversations.load(target.id);
  const isRemoved = !kept && target.exchanges.length && conversation.id !== target.id;
  Object.assign(target, kept ?? {});
  if (isRemoved || (replaces && target.exchanges.at(-1).answer && !exchange.answer)) return true;
  if (replaces) target.exchanges.pop();
  target.exchanges.push(exchange);
  const isKept = conversations.save(target);
  showList();
  return isKept;
}

/** Show a conversation. */
function open(chosen) {
  conversation = chosen;
  conversations.setCurrent(chosen.id);
  suggesting?.abort();
  sources.close();
  byId("beurten").replaceChildren();
  byId("bewaren").hidden = chosen.exchanges.length === 0;
  say("");
  showList();
  opening = showExchanges(chosen);
}

/** Show what the browser kept. */
async function showExchanges(chosen) {
  for (let place = 0; place < chosen.exchanges.length; place += AT_ONCE) {
    const articles = await proven(chosen.exchanges.slice(place, place + AT_ONCE));
    if (conversation !== chosen) return;
    byId("beurten").append(...articles);
  }
}

/** The articles of exchanges, which the server proves anew; why they are not shown if it cannot. */
async function proven(exchanges) {
  try {
    const { html } = await (await post("/chat/conversation", { exchanges })).json();
    return html.map(parsed);
  } catch (error) {
    return exchanges.map(({ question }) => failed(pending(question), error.message));
  }
}

function showList() {
  sidebar.show(conversation.id, {
    open: (id) => open(conversations.load(id) ?? conversations.fresh()),
    renamed: (changed) => {
      if (changed.id === conversation.id) conversation.title = changed.title;
      conversations.save(changed);
      showList();
    },
    removed: (id) => {
      conversations.remove(id);
      if (id === conversation.id) open(conversations.fresh());
      else showList();
      say(text("verwijderd"));
      byId("nieuw-gesprek").focus();
    },
  });
}

// What can be done with an answer

const ACTIONS = {
  kopieer: async (index) => {
    say(text((await copy(plain(conversation.exchanges[index]))) ? "gekopieerd" : "niet_gekopieerd"));
  },
  opnieuw: (index) => ask(conversation.exchanges[index].question, index),
  up: (index, button) => judge(index, button),
  down: (index, button) => judge(index, button),
};

function plain({ question, answer: given }) {
  const cited = given.citations.map((source) =>
    text("bronregel", {
      nummer: source.marker,
      plaats: [source.title, source.section].filter(Boolean).join(" — "),
      url: new URL(source.url, location.origin).href,
    }),
  );
  const closing = cited.length ? ["", `${text("bronnen")}:`, ...cited] : [];
  return visible([question, "", given.answer, ...closing].join("\n"));
}

async function judge(index, button) {
  const verdict = button.dataset.actie;
  const given = await judged(verdict);
  button.focus();
  if (!given) return;
  const exchange = conversation.exchanges[index];
  const history = turns(conversation.exchanges.slice(0, index));
  try {
    await post("/chat/feedback", { verdict, ...given, exchange, history });
    for (const other of button.parentElement.querySelectorAll("[aria-pressed]")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    say(text("bedankt"));
  } catch (error) {
    say(error.message);
  }
}

function onConversation(event) {
  const article = event.target.closest("article");
  const index = [...byId("beurten").children].indexOf(article);
  const link = event.target.closest("a[data-bron]");
  const button = event.target.closest("button");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    const { citations, related } = conversation.exchanges[index].answer;
    sources.open(citations.length ? citations : related, Number(link.dataset.bron), link);
  } else if (button?.dataset.vraag) {
    ask(button.dataset.vraag);
  } else if (button) {
    ACTIONS[button.dataset.actie](index, button);
  }
}

async function saveAs(form) {
  const title = sidebar.nameOf(conversation);
  const exchanges = conversation.exchanges;
  if (!exchanges.some((exchange) => exchange.answer)) return say(text("niets_te_bewaren"));
  try {
    const response = await post(`/chat/export/${form}`, { title, exchanges });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await response.blob());
    link.download = `${title.replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 60)}.${form}`;
    link.click();
    URL.revokeObjectURL(link.href);
    return say(text("bewaard"));
  } catch (error) {
    return say(error.message);
  }
}

// Help

function showHelp(shown) {
  byId("welkom").hidden = !shown;
  byId("hulp-knop").setAttribute("aria-expanded", String(shown));
}

function hideHelp() {
  showHelp(false);
  try {
    localStorage.setItem(HELP_SEEN, "ja");
  } catch {
    // then it is shown again next time
  }
}

function isFirstVisit() {
  try {
    return localStorage.getItem(HELP_SEEN) === null;
  } catch {
    return true;
  }
}

function onHelp(event) {
  const button = event.target.closest("button");
  if (button?.dataset.vraag) ask(button.dataset.vraag);
  else if (button) {
    hideHelp();
    field().focus();
  }
}

// Wiring

function mount(templates) {
  const holder = document.createElement("div");
  holder.hidden = true;
  holder.innerHTML = templates;
  document.body.append(holder);
  for (const [column, template] of Object.entries(COLUMNS)) {
    byId(column).append(byId(template).content.cloneNode(true));
  }
  document.documentElement.lang = "nl";
  byId("gesprekken").open = matchMedia(WIDE).matches;
  byId("stop").hidden = true;
}

function wireQuestion() {
  const box = field();
  const send = () => {
    const question = box.value;
    if (!asking && question.trim()) {
      box.value = "";
      box.dispatchEvent(new Event("input", { bubbles: true })); // Gradio fits its height to it
    }
    ask(question);
    box.focus({ preventScroll: true });
  };
  byId("vraag").addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      event.stopPropagation();
      send();
    },
    true,
  );
  byId("verstuur").addEventListener("click", send);
  byId("stop").addEventListener("click", () => {
    asking?.abort();
    box.focus();
  });
  byId("naar-vraag").addEventListener("click", (event) => {
    event.preventDefault();
    box.focus();
  });
  box.focus({ preventScroll: true });
}

function wire() {
  wireQuestion();
  byId("beurten").addEventListener("click", onConversation);
  byId("welkom").addEventListener("click", onHelp);
  byId("hulp-knop").addEventListener("click", () => showHelp(byId("welkom").hidden));
  byId("nieuw-gesprek").addEventListener("click", () => {
    open(conversations.fresh());
    field().focus();
  });
  byId("bewaren").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) saveAs(button.dataset.formaat);
  });
  byId("bereik").addEventListener("toggle", () => byId("bereik").scrollIntoView({ block: "nearest" }));
  addEventListener("storage", showList); // another tab changed the list
  sources.prepare(say);
  theme.prepare(sources.refresh);
}

async function start() {
  const [shell] = await Promise.all([get("/chat/shell"), laidOut()]);
  learn(shell.texts);
  mount(shell.templates);
  wire();
  showHelp(isFirstVisit() && !conversation.exchanges.length);
  open(conversation);
  try {
    const { welcome, scope: choices } = await get("/chat/start");
    byId("welkom").innerHTML = welcome;
    scope.prepare(choices);
  } catch (error) {
    say(error.message);
  }
}

/** Gradio lays the page out some time after this script has loaded. */
function laidOut() {
  const isThere = () => PARTS.every((part) => document.querySelector(part));
  return new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      if (!isThere()) return;
      observer.disconnect();
      resolve();
    });
    observer.observe(document, { childList: true, subtree: true });
    if (isThere()) resolve();
  });
}

await start();
