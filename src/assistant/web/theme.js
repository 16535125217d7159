/** Light or dark: as the system says, until the user chooses. The choice is a cookie, so that the
 * server gives the document pages the same colours without a script. */

import { text } from "./texts.js";

const YEAR_SECONDS = 31_536_000;

/** Wire the button; `changed` is called after each choice. */
export function prepare(changed) {
  const chosen = /(?:^|; )thema=(licht|donker)/.exec(document.cookie)?.[1];
  if (chosen) apply(chosen === "donker");
  label();
  document.getElementById("thema-knop").addEventListener("click", () => {
    const dark = !isDark();
    const value = dark ? "donker" : "licht";
    document.cookie = `thema=${value}; path=/; SameSite=Strict; max-age=${YEAR_SECONDS}`;
    apply(dark);
    label();
    changed();
  });
}

function isDark() {
  return document.body.classList.contains("dark");
}

function apply(dark) {
  document.body.classList.toggle("dark", dark);
}

function label() {
  document.getElementById("thema-knop").textContent = text(isDark() ? "licht" : "donker");
}
