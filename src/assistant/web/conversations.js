/** The conversations that this browser keeps: each under a key of its own in localStorage.
 *
 * A conversation is `{ id, title, changed, exchanges }`. One key each, so that tabs do not overwrite
 * each other's. Where localStorage is off or full, what does not fit lives as long as the page.
 */

const PREFIX = "partnerschapsassistent.gesprek.";
const CURRENT = "partnerschapsassistent.huidig";

/** What the server takes of one conversation. */
export const MOST_EXCHANGES = 50;

const unsaved = new Map();

/** A conversation without exchanges; it is kept once it has one. */
export function fresh() {
  return { id: crypto.getRandomValues(new Uint32Array(3)).join("-"), title: "", exchanges: [] };
}

/** All conversations, the last changed first. */
export function list() {
  const ids = new Set([...unsaved.keys(), ...keys().map((key) => key.slice(PREFIX.length))]);
  return [...ids]
    .map(load)
    .filter((conversation) => conversation !== null)
    .sort((one, other) => (one.changed < other.changed ? 1 : -1));
}

/** One conversation, or null. */
export function load(id) {
  if (unsaved.has(id)) return structuredClone(unsaved.get(id));
  try {
    const found = JSON.parse(localStorage.getItem(PREFIX + id));
    return isConversation(found) ? { ...found, id } : null;
  } catch {
    return null; // no JSON, or localStorage is off
  }
}

/** Whether it has what the scripts use; the server looks at the rest. */
function isConversation(found) {
  const hasText = ({ question, answer }) =>
    typeof question === "string" && (!answer || typeof answer.answer === "string");
  return typeof found?.title === "string" && found.exchanges.every(hasText);
}

/** Keep a conversation; false when this browser cannot keep it beyond this page. */
export function save(conversation) {
  const changed = { ...conversation, changed: new Date().toISOString() };
  try {
    localStorage.setItem(PREFIX + conversation.id, JSON.stringify(changed));
    unsaved.delete(conversation.id);
    return true;
  } catch {
    unsaved.set(conversation.id, changed);
    return false;
  }
}

/** Forget a conversation. */
export function remove(id) {
  unsaved.delete(id);
  try {
    localStorage.removeItem(PREFIX + id);
  } catch {
    // localStorage is off, so it holds nothing
  }
}

/** The conversation that this tab showed last, or a new one. */
export function current() {
  try {
    return load(sessionStorage.getItem(CURRENT)) ?? fresh();
  } catch {
    return fresh();
  }
}

/** Remember which conversation this tab shows. */
export function setCurrent(id) {
  try {
    sessionStorage.setItem(CURRENT, id);
  } catch {
    // after a reload the tab starts with a new conversation
  }
}

function keys() {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  } catch {
    return [];
  }
}
