import { exchange } from "./exchange.ts";
import { fakeManager, type Hook, type Reply } from "./fake-manager.ts";

export const params = {
  name: "search",
  arguments: { q: "lamps", __proto__x: 1 },
  task: { ttl: 5 },
  _meta: { progressToken: 7, "org.example/labels": ["PUBLIC"], security: { labels: [] } },
};
export const result = {
  content: [
    { type: "text", text: "ssn 078-05-1120", annotations: { priority: 1 }, _meta: { a: 1 } },
    { type: "resource_link", uri: "file:///a", name: "a" },
  ],
  structuredContent: { ssn: "078-05-1120" },
  isError: false,
  vendor: { kept: true },
  _meta: { "org.example/trace": "t", extensions: { security: {} } },
};

export interface ToolMessage {
  readonly content: readonly [{ readonly content: Record<string, unknown> }];
}

/** The message with its one part changed. */
export function withPart(message: ToolMessage, part: object): Reply {
  const [only] = message.content;
  return { changed: { ...message, content: [{ ...only, content: { ...only.content, ...part } }] } };
}

/** A call of the tool above, and its answer. */
export const run = (hooks: Record<string, Hook>, outcome: object = { result }) =>
  exchange(fakeManager(hooks), "tools/call", params, outcome);
