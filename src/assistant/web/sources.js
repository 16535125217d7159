/** The panel that shows the sources of an answer: one document page at a time, in a frame. */

import { copy } from "./clipboard.js";
import { text } from "./texts.js";

const DOCUMENTS = "/documents/";
const QUOTE = "citaat";
const ABOVE_QUOTE = 0.3; // of the height of the frame

let shown = null; // { sources, number, opener }

/** Wire the buttons of the panel; `say` announces. */
export function prepare(say) {
  byId("bron-vorige").addEventListener("click", () => step(-1));
  byId("bron-volgende").addEventListener("click", () => step(1));
  byId("bron-blad").addEventListener("load", onPage);
  byId("bron-sluit").addEventListener("click", close);
  byId("bron-kopieer").addEventListener("click", async () => {
    say(text((await copy(byId("bron-tabblad").href)) ? "kopie_klaar" : "niet_gekopieerd"));
  });
  byId("bron").addEventListener("keydown", onKey);
}

function onKey(event) {
  if (event.key === "Escape") close();
}

function onPage({ target: { contentWindow: page } }) {
  const quote = page.document.getElementById(QUOTE);
  if (quote) page.scrollBy(0, quote.getBoundingClientRect().top - page.innerHeight * ABOVE_QUOTE);
  page.addEventListener("keydown", onKey);
  page.addEventListener("focusin", toQuote, { once: true });
}

/** Who tabs into the page of a document begins at its quote, and not above it. */
function toQuote({ target }) {
  const quote = target.ownerDocument.getElementById(QUOTE);
  if (!quote || !target.classList.contains("overslaan")) return;
  quote.tabIndex = -1; // only now: a quote that can have the focus takes it when the page loads
  setTimeout(() => quote.focus()); // once the browser has scrolled to what it chose itself
}

/** Show source `number` (from 1) of an answer; focus returns to `opener` when it is closed. */
export function open(sources, number, opener) {
  if (!show({ sources, number, opener })) return;
  byId("bron-titel").focus({ preventScroll: true });
  byId("bron").scrollIntoView({ block: "nearest" });
}

/** Show a source; false when it has no page here. */
function show(chosen) {
  const { sources, number } = chosen;
  const url = pageOf(sources[number - 1]);
  if (!url) return false;
  shown = chosen;
  byId("bron-titel").textContent = sources[number - 1].title;
  const values = { nummer: number, aantal: sources.length };
  byId("bron-stand").textContent = text("bron_van", values);
  byId("bron-vorige").disabled = number === 1;
  byId("bron-volgende").disabled = number === sources.length;
  byId("bron-tabblad").href = url.href;
  byId("bron-leeg").hidden = true;
  byId("bron-open").hidden = false;
  showPage(url, sources[number - 1].title);
  return true;
}

/** Close the panel; a focus in it goes back to where it came from. */
export function close() {
  if (!shown) return;
  const { opener } = shown;
  const hadFocus = byId("bron").contains(document.activeElement);
  byId("bron-open").hidden = true;
  byId("bron-leeg").hidden = false;
  shown = null;
  if (hadFocus) (opener.isConnected ? opener : document.querySelector("#vraag textarea")).focus();
}

/** The colours changed: have the page in the frame follow. */
export function refresh() {
  if (shown) byId("bron-blad").contentWindow.location.reload();
}

/** The focus stays on the button until there is nothing more to step to. */
function step(by) {
  show({ ...shown, number: shown.number + by });
  if (document.activeElement.disabled) byId("bron-titel").focus({ preventScroll: true });
}

function showPage(url, title) {
  const page = new URL(url);
  page.searchParams.set("paneel", "1");
  page.hash = ""; // led by a fragment, the browser would scroll the conversation along
  const frame = byId("bron-blad");
  frame.title = title;
  frame.contentWindow.location.replace(page.href); // no step in the history of the tab
}

/** The page of a source, or null: what the browser kept may have been tampered with. */
function pageOf(source) {
  const url = new URL(source.url, location.origin);
  return url.origin === location.origin && url.pathname.startsWith(DOCUMENTS) ? url : null;
}

function byId(id) {
  return document.getElementById(id);
}
