/** Copying text, also where the page does not come over HTTPS. */

/** Put text on the clipboard; whether that worked. */
export async function copy(content) {
  try {
    await navigator.clipboard.writeText(content);
    return true;
  } catch {
    return copySelected(content);
  }
}

function copySelected(content) {
  const field = document.createElement("textarea");
  const focused = document.activeElement;
  field.value = content;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  focused?.focus();
  return done;
}
