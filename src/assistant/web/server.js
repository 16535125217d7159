/** Requests to the server of this page. */

import { text } from "./texts.js";

/** The server said no, or was not there; the message is for the user. */
export class Refusal extends Error {}

/** GET some JSON. Throws Refusal. */
export async function get(path) {
  return (await send(path, {})).json();
}

/** POST some JSON and give the response. Throws Refusal, or AbortError when stopped by `signal`. */
export async function post(path, body, signal) {
  const headers = { "Content-Type": "application/json" };
  return send(path, { method: "POST", headers, body: JSON.stringify(body), signal });
}

/** POST some JSON and give the events of the answer, `{ name, data }`, as they come. */
export async function* postForEvents(path, body, signal) {
  const response = await post(path, body, signal);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  for (;;) {
    const { value, done } = await read(reader);
    if (done) return;
    const blocks = (buffer + value).split("\n\n");
    buffer = blocks.pop();
    yield* blocks.map(parse).filter((event) => event.name);
  }
}

function parse(block) {
  const fields = Object.fromEntries(
    block.split("\n").map((line) => [line.split(":", 1)[0], line.replace(/^\w+: ?/, "")]),
  );
  return { name: fields.event, data: fields.data ? JSON.parse(fields.data) : null };
}

async function read(reader) {
  try {
    return await reader.read();
  } catch (error) {
    throw understood(error);
  }
}

async function send(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    throw understood(error);
  }
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new Refusal(problem.detail || text("mislukt"));
}

function understood(error) {
  return error.name === "AbortError" ? error : new Refusal(text("onbereikbaar"));
}
