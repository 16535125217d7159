/** Text of users and documents where nothing isolates it from what stands around it. */

/** `text` without the invisible characters that reorder what follows them. */
export function visible(text) {
  return text.replace(/\p{Cf}/gu, "");
}
