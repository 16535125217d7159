/** What a question is restricted to: the choices in the form above the question. */

import { text } from "./texts.js";

const LISTS = ["documents", "kinds", "parties"];

/** Fill the form with the choices that the server gave. */
export function prepare(html) {
  const form = document.getElementById("bereik-keuze");
  form.innerHTML = html;
  form.addEventListener("change", tell);
  form.addEventListener("reset", () => setTimeout(tell)); // once the fields have been reset
  form.addEventListener("submit", (event) => event.preventDefault());
  tell();
}

/** The filters as the API takes them. */
export function filters() {
  const data = new FormData(document.getElementById("bereik-keuze"));
  const chosen = Object.fromEntries(LISTS.map((name) => [name, data.getAll(name)]));
  const year = data.get("year");
  return year ? { ...chosen, date_from: `${year}-01-01`, date_to: `${year}-12-31` } : chosen;
}

function tell() {
  const { date_from: from, ...chosen } = filters();
  const count = LISTS.reduce((sum, name) => sum + chosen[name].length, from ? 1 : 0);
  const key = ["zoekt_overal", "zoekt_beperkt_een"][count] ?? "zoekt_beperkt";
  document.getElementById("bereik-stand").textContent = text(key, { aantal: count });
}
