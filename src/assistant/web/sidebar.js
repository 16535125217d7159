/** The list of conversations: open, rename, delete. */

import * as conversations from "./conversations.js";
import { answered } from "./dialogs.js";
import { text } from "./texts.js";
import { visible } from "./visible.js";

const LONGEST_NAME = 80;

/** Show the list. `actions` has `open(id)`, `renamed(conversation)` and `removed(id)`. The focus
 * stays on the button that has it. */
export function show(currentId, actions) {
  const list = document.getElementById("gesprekkenlijst");
  const key = list.contains(document.activeElement) ? document.activeElement.dataset.knop : "";
  const items = conversations.list().map((conversation) => item(conversation, currentId, actions));
  list.replaceChildren(...items);
  if (key) list.querySelector(`[data-knop="${CSS.escape(key)}"]`)?.focus();
}

function item(conversation, currentId, actions) {
  const name = nameOf(conversation);
  const row = document.getElementById("sjabloon-gesprekregel").content.cloneNode(true);
  const buttons = row.querySelectorAll("button");
  buttons.forEach((button, place) => (button.dataset.knop = `${conversation.id} ${place}`));
  const [open, rename, remove] = buttons;
  open.textContent = name;
  if (conversation.id === currentId) open.setAttribute("aria-current", "true");
  open.addEventListener("click", () => actions.open(conversation.id));
  rename.setAttribute("aria-label", text("hernoem", { naam: name }));
  rename.addEventListener("click", () => renamed(conversation, actions));
  remove.setAttribute("aria-label", text("verwijder", { naam: name }));
  remove.addEventListener("click", () => removed(conversation, actions));
  return row;
}

/** The name that a conversation goes by: its own, or its first question. */
export function nameOf({ title, exchanges }) {
  const start = Array.from(exchanges[0]?.question ?? "").slice(0, LONGEST_NAME); // whole characters
  return visible(title || start.join("")) || text("naamloos");
}

async function renamed(conversation, actions) {
  const dialog = document.getElementById("naamgeving");
  const field = document.getElementById("naam");
  field.value = nameOf(conversation);
  if (!(await answered(dialog))) return;
  const title = field.value.trim();
  if (title) actions.renamed({ ...conversations.load(conversation.id), title });
}

async function removed(conversation, actions) {
  const name = nameOf(conversation);
  document.getElementById("verwijder-vraag").textContent = text("verwijder_zeker", { naam: name });
  if (await answered(document.getElementById("verwijdering"))) actions.removed(conversation.id);
}
