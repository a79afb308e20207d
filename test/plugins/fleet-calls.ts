/** Calls of each older hook, and a change that plugins may make to the payload. */
import type { HookName } from "glassine";

export type OlderHook = Extract<
  HookName,
  | `${"tool" | "agent"}_${"pre" | "post"}_invoke`
  | `${"prompt" | "resource"}_${"pre" | "post"}_fetch`
>;

export type Payload = Readonly<Record<string, unknown>>;

/** The payloads that the fleet is called with; every second one is meant to be refused. */
export const calls: Readonly<Record<OlderHook, readonly Payload[]>> = {
  tool_pre_invoke: [{ name: "add", args: { a: 1, b: [2, { c: null }] } }, { name: "rm" }],
  tool_post_invoke: [
    { name: "add", result: { sum: 3 } },
    { name: "rm", result: "gone" },
  ],
  prompt_pre_fetch: [{ prompt_id: "greet", args: { who: "Ada" } }, { prompt_id: "rm" }],
  prompt_post_fetch: [
    { prompt_id: "greet", result: { messages: [], description: "A greeting." } },
    { prompt_id: "rm", result: null },
  ],
  resource_pre_fetch: [{ uri: "file:///a.md", metadata: { depth: 1 } }, { uri: "rm" }],
  resource_post_fetch: [
    { uri: "file:///a.md", content: "text" },
    { uri: "rm", content: [1, 2] },
  ],
  agent_pre_invoke: [
    {
      agent_id: "planner",
      messages: [{ role: "user", content: "Ahoy" }],
      tools: ["add"],
      model: "m-1",
      system_prompt: "Be brief.",
      parameters: { temperature: 0 },
    },
    { agent_id: "rm", messages: [] },
  ],
  agent_post_invoke: [
    { agent_id: "planner", messages: [{ role: "assistant" }], tool_calls: [{ name: "add" }] },
    { agent_id: "rm", messages: [] },
  ],
};

export const olderHooks = Object.keys(calls) as OlderHook[];

/** Returns what a call is about; the field has another name on each hook. */
export function subjectOf(payload: Payload): unknown {
  return payload.name ?? payload.prompt_id ?? payload.uri ?? payload.agent_id;
}

/** Returns the payload with one change, to a field that plugins may write on that hook. */
export function rewritten(hook: string, payload: Payload): Payload {
  const [field] = Object.keys(payload).filter((key) => writable[hook as OlderHook].includes(key));
  return { ...payload, [field as string]: samples[field as string] };
}

const writable: Readonly<Record<OlderHook, readonly string[]>> = {
  tool_pre_invoke: ["args"],
  tool_post_invoke: ["result"],
  prompt_pre_fetch: ["args"],
  prompt_post_fetch: ["result"],
  resource_pre_fetch: ["metadata"],
  resource_post_fetch: ["content"],
  agent_pre_invoke: ["messages"],
  agent_post_invoke: ["messages"],
};

const samples: Payload = {
  args: { by: "fleet" },
  result: { by: "fleet" },
  metadata: { by: "fleet" },
  content: { by: "fleet" },
  messages: [{ by: "fleet" }],
};
