/** Handlers with payload and context, by what they do, return or throw, and by how they run. */
import { allow, deny, type PluginContext } from "glassine";
import { type Payload, rewritten, subjectOf } from "./fleet-calls.ts";
import { found, type Shape, shape } from "./fleet-shape.ts";

export const answers: readonly Shape[] = [
  shape("one that uses its state", () => (_payload: Payload, { state }: PluginContext) => {
    state.set("count", Number(state.get("count") ?? 0) + 1);
    return { metadata: { count: Number(state.get("count")) } };
  }),
  shape("one that watches its signal", () => (_payload: Payload, { signal }: PluginContext) => ({
    metadata: { aborted: signal.aborted },
  })),
  shape(
    "one that returns undefined",
    () => (_payload: Payload, _context: PluginContext) => undefined,
  ),
  shape("one that returns null", () => (_payload: Payload, _context: PluginContext) => null),
  shape("one that allows", () => (_payload: Payload, _context: PluginContext) => allow()),
  shape(
    "one that returns an empty object",
    () => (_payload: Payload, _context: PluginContext) => ({}),
  ),
  shape("one that rewrites the payload", () => (payload: Payload, { hook }: PluginContext) => ({
    modifiedPayload: rewritten(hook, payload),
  })),
  shape("one that rewrites it later", () => async (payload: Payload, { hook }: PluginContext) => ({
    modifiedPayload: rewritten(hook, payload),
    metadata: { rewrote: true },
  })),
  shape(
    "one that returns the payload it got",
    () => (payload: Payload, _context: PluginContext) => ({
      modifiedPayload: payload,
    }),
  ),
  shape("one that returns a copy of it", () => (payload: Payload, _context: PluginContext) => ({
    modifiedPayload: structuredClone(payload),
  })),
  shape("one that writes a name, where it may and where it may not", () => ({
    handler: (payload: Payload, _context: PluginContext) => {
      const names = ["name", "prompt_id", "uri", "agent_id"];
      const field = names.find((key) => payload[key] !== undefined) as string;
      return { modifiedPayload: { ...payload, [field]: "forged" } };
    },
    priority: 990,
  })),
  shape(
    "one that tries to write the payload it got",
    () => (payload: Payload, _context: PluginContext) => {
      const written = Reflect.set(payload, "name", "forged");
      return { metadata: { written } };
    },
  ),
  shape("one that throws, ignored", () => ({
    handler: (payload: Payload, _context: PluginContext) => {
      throw new Error(String(payload));
    },
    onError: "ignore",
  })),
  shape("one that rejects, ignored", () => ({
    handler: async (payload: Payload, _context: PluginContext) => {
      throw payload;
    },
    onError: "ignore",
  })),
  shape("one that throws, switched off", () => ({
    handler: (_payload: Payload, _context: PluginContext) => {
      throw undefined;
    },
    onError: "disable",
  })),
  shape("one that returns nonsense, ignored", () => ({
    handler: (_payload: Payload, _context: PluginContext) => ({ ok: true }),
    onError: "ignore",
  })),
  shape("one in mode transform", () => ({
    handler: (payload: Payload, { hook }: PluginContext) => ({
      modifiedPayload: rewritten(hook, payload),
    }),
    mode: "transform",
  })),
  shape("one in mode audit", () => ({
    handler: (payload: Payload, { hook }: PluginContext) => ({
      modifiedPayload: rewritten(hook, payload),
    }),
    mode: "audit",
  })),
  shape("one in mode concurrent", () => ({
    handler: async (payload: Payload, context: PluginContext) => found(payload, context),
    mode: "concurrent",
  })),
  shape("one in the background", () => ({
    handler: async (payload: Payload, context: PluginContext) => found(payload, context),
    mode: "fire_and_forget",
  })),
  shape("one that is disabled", () => ({
    handler: (_payload: Payload, _context: PluginContext) => deny("never runs"),
    mode: "disabled",
  })),
  shape("one for named tools", () => ({
    handler: (payload: Payload, context: PluginContext) => found(payload, context),
    conditions: { tools: ["a*"] },
    priority: 5,
  })),
  shape("one that denies in audit", () => ({
    handler: (_payload: Payload, _context: PluginContext) => deny("not heard"),
    mode: "audit",
  })),
  shape("one that denies", () => ({
    handler: (payload: Payload, _context: PluginContext) =>
      subjectOf(payload) === "rm" ? deny("rm is not allowed") : undefined,
    priority: 900,
  })),
  shape("one that denies later, with a code", () => ({
    handler: async (payload: Payload, { hook }: PluginContext) =>
      subjectOf(payload) === "rm"
        ? deny({ code: "rm_denied", reason: "no", description: hook, details: { hook } })
        : allow(),
    priority: 950,
  })),
];
