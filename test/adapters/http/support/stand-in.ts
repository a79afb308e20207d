/** A stand-in for a provider: a `fetch` that answers as it was set up, and keeps the requests. */
import { createPluginManager, definePlugin } from "glassine";
import type { Message } from "glassine/messages";

interface Asked {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: string;
}

export type Answer = (asked: Asked) => Response | Promise<Response>;

export function standIn(answer: Answer) {
  const asked: Asked[] = [];
  const fetch = async (input: string | URL | Request, init: RequestInit = {}) => {
    const request = new Request(input, init);
    const { url, method, headers } = request;
    const seen = { url, method, headers, body: await request.text() };
    asked.push(seen);
    return answer(seen);
  };
  return { asked, fetch };
}

export const jsonAnswer = (document: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(document), {
    status,
    headers: { "content-type": "application/json", ...headers },
  });

/** A body in these pieces. */
export function streamed(
  pieces: readonly (string | Uint8Array)[],
  headers: Record<string, string> = {},
): Response {
  const encoder = new TextEncoder();
  const waiting = pieces.map((piece) =>
    typeof piece === "string" ? encoder.encode(piece) : piece,
  );
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const next = waiting.shift();
      if (next === undefined) controller.close();
      else controller.enqueue(next);
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream", ...headers } });
}

/** Events as a provider sends them. */
export function eventsText(events: readonly object[], last = ""): string {
  const texts = events.map((event) => {
    const { type } = event as { readonly type?: string };
    return `${type === undefined ? "" : `event: ${type}\n`}data: ${JSON.stringify(event)}\n\n`;
  });
  return texts.join("") + last;
}

export const done = "data: [DONE]\n\n";

type Handler = (message: Message) => unknown;

export function managerOf(hooks: Readonly<Record<string, Handler>>) {
  return createPluginManager({
    plugins: [definePlugin({ name: "judge", version: "1.0.0", hooks } as never)],
    logger: {},
  });
}

/** Replaces the secret wherever a message contains it. */
export const redact: Handler = (message) => {
  const text = JSON.stringify(message);
  if (!text.includes(secret)) return undefined;
  return { modifiedPayload: JSON.parse(text.replaceAll(secret, "[cut]")) };
};

export const secret = "4111-1111";
