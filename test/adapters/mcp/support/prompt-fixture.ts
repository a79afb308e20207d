import { exchange } from "./exchange.ts";
import { fakeManager, type Hook, type Reply } from "./fake-manager.ts";

export const params = { name: "brief", arguments: { who: "Ann" }, _meta: { a: 1 } };
export const text = (value: string) => ({ type: "text", text: value });
export const result = {
  description: "A brief about Ann",
  messages: [
    { role: "user", content: { ...text("Brief Ann."), annotations: { audience: ["user"] } } },
    {
      role: "user",
      content: { type: "image", data: "AAAA", mimeType: "image/png", _meta: { b: 1 } },
    },
    {
      role: "user",
      content: {
        type: "resource",
        resource: { uri: "file:///a", mimeType: "text/plain", text: "A" },
      },
    },
    {
      role: "user",
      content: {
        type: "resource_link",
        uri: "file:///b",
        name: "b",
        title: "B",
        description: "see b",
      },
    },
    { role: "assistant", content: { type: "hologram", beam: 1 } },
  ],
  _meta: { c: 1 },
};

export interface PromptMessage {
  readonly content: readonly [
    { readonly content: { readonly messages: readonly Shown[] } & Record<string, unknown> },
  ];
}
interface Shown {
  readonly role: string;
  readonly content: readonly [Record<string, unknown>];
}

/** A prompt request and its answer. */
export const run = (hooks: Record<string, Hook>, outcome: object = { result }) =>
  exchange(fakeManager(hooks), "prompts/get", params, outcome, { serverId: "harbour" });

/** A post hook that changes the content of the `prompt_result`. */
export const post = (change: (content: PromptMessage["content"][0]["content"]) => object) => ({
  "cmf.prompt_post_fetch": (message: PromptMessage): Reply => {
    const [part] = message.content;
    return {
      changed: {
        ...message,
        content: [{ ...part, content: { ...part.content, ...change(part.content) } }],
      },
    };
  },
});

export const messagesOf = (answer: object) => (answer as { result: typeof result }).result.messages;
