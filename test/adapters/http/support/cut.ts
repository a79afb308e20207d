/** A guard that answers with a stream whose bytes come in given pieces. */
import { createPluginManager, definePlugin, deny, type StreamMode } from "glassine";
import { guardFetch } from "glassine/http";
import type { Message } from "glassine/messages";
import { expect } from "vitest";
import type { Recorded } from "./recorded.ts";
import { secret, standIn, streamed } from "./stand-in.ts";

export const modes: readonly [string, StreamMode][] = [
  ["buffer", "buffer"],
  ["sentences", "sentence"],
  ["a window", { window: 10 }],
];

type Handler = (message: Message) => unknown;

/** Denies messages that contain the secret. */
export const refuse: Handler = (message) =>
  JSON.stringify(message).includes(secret) ? deny("No cards") : undefined;

type Bytes = readonly (string | Uint8Array)[];

/** Returns a function that serves the given pieces and returns the guarded status and body. */
export async function answering(
  { provider, url, request }: Recorded,
  stream: StreamMode,
  handler: Handler,
): Promise<(pieces: Bytes) => Promise<readonly [status: number, body: string]>> {
  let given: Bytes = [];
  const { fetch } = standIn(() => streamed(given));
  const plugin = definePlugin({
    name: "judge",
    version: "1.0.0",
    hooks: { "cmf.llm_output": { handler, stream } },
  } as never);
  const manager = await createPluginManager({ plugins: [plugin], logger: {} });
  const guarded = guardFetch(manager, { provider, fetch });
  return async (pieces) => {
    given = pieces;
    const response = await guarded(url, { method: "POST", body: JSON.stringify(request) });
    return [response.status, await response.text()];
  };
}

/** What a client assembles from the events of a body. */
export function heard({ api }: Recorded, body: string) {
  const stream = api.stream();
  let events = 0;
  for (const line of body.split(/\r\n|\r|\n/)) {
    if (!line.startsWith("data: {")) continue;
    stream.push(JSON.parse(line.slice(6)));
    events += 1;
  }
  return { events, done: stream.done, messages: stream.current.messages };
}

/** Expects a complete answer without its secret. */
export function expectRedacted(recorded: Recorded, [status, body]: readonly [number, string]) {
  expect(status).toBe(200);
  expect(body).not.toContain(secret);
  const { done, messages } = heard(recorded, body);
  const expected = heard(recorded, recorded.text).messages;
  expect(done).toBe(true);
  expect(JSON.stringify(messages)).toBe(JSON.stringify(expected).replaceAll(secret, "[cut]"));
}

/** Expects that no part of the secret has left, and that nothing follows the refusal. */
export function expectDenied(recorded: Recorded, [status, body]: readonly [number, string]) {
  expect([200, 403]).toContain(status);
  const last = status === 403 ? 0 : body.lastIndexOf("data: ");
  expect(body.slice(last)).toContain("No cards");
  const before = body.slice(0, last);
  if (before.includes("data: {"))
    expect(JSON.stringify(heard(recorded, before).messages)).not.toContain(secret.slice(0, 2));
}
