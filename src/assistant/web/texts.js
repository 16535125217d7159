/** The Dutch texts of the page, which come from the server. */

const texts = {};

/** Take the texts, by key. */
export function learn(given) {
  Object.assign(texts, given);
}

/** The text of a key, with its {names} filled in. */
export function text(key, values = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
