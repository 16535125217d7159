/** Modal dialogs as promises. */

let last = Promise.resolve("");

/** Open a dialog and wait: the value of the button that closed it, or "" when it was cancelled. */
export async function answered(dialog) {
  await last; // a dialog that closed may still have to tell so
  dialog.returnValue = "";
  dialog.showModal();
  last = new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
  });
  return last;
}

/** What the user thinks of an answer, `{ reason, text }`, or null when he changed his mind. */
export async function judged(verdict) {
  const dialog = document.getElementById("oordeel");
  const reason = document.getElementById("oordeel-reden");
  const explanation = document.getElementById("oordeel-tekst");
  reason.value = explanation.value = "";
  document.getElementById("oordeel-reden-veld").hidden = verdict === "up";
  if (!(await answered(dialog))) return null;
  return { reason: reason.value || null, text: explanation.value };
}
