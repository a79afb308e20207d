/** What plugins do in a run, and the run itself, with handlers wherever a test puts them. */
import fc from "fast-check";
import { addLabels, allow, deny, type Mode, type OnError } from "glassine";
import { expect } from "vitest";
import type { AnyInvokeResult } from "../../src/core/hooks/index.ts";
import { type Act, withoutSecretKeys } from "./boundary.ts";
import type { Level } from "./data.ts";
import { grantsOf } from "./documents.ts";
import { functionsOf } from "./host-functions.ts";
import { type Plan, plansOf, propose } from "./proposals.ts";
import { jsonValues, texts } from "./schema-values.ts";
import type { World } from "./tables.ts";

const ends = [
  "proposes",
  "proposes",
  "proposes",
  "changes the payload",
  "reports",
  "both",
  "nothing",
  "allows",
  "empty",
  "denies",
  "throws",
  "helper",
  "garbage",
] as const;

interface Deed {
  readonly end: (typeof ends)[number];
  readonly plan: Plan;
  readonly payload: number;
  readonly words: string;
  readonly json: unknown;
  readonly mode: Mode;
  readonly priority: number;
  readonly onError: OnError | undefined;
  readonly extensions: boolean;
  readonly grant: readonly string[];
}

const modes = ["sequential", "transform", "audit", "concurrent", "fire_and_forget"] as const;
const hooks = ["cmf.tool_pre_invoke", "message_pre_invoke", "tool_pre_invoke"] as const;
export const payloads = {
  message: { role: "user", content: [{ content_type: "text", text: "ahoy" }] },
  tool: { name: "add", args: { a: 1, constructor: [null, "b"] } },
};

export interface Scene {
  readonly deeds: readonly Deed[];
  readonly hook: (typeof hooks)[number];
  readonly strict: boolean;
  readonly operation: unknown;
  readonly config: unknown;
}

export function scenesOf({ slots }: World): fc.Arbitrary<Scene> {
  const deed = fc.record({
    end: fc.constantFrom(...ends),
    plan: plansOf(slots),
    payload: fc.nat(),
    words: texts,
    json: jsonValues,
    mode: fc.oneof(fc.constant("sequential" as const), fc.constantFrom(...modes)),
    priority: fc.nat(3),
    onError: fc.constantFrom<OnError | undefined>(undefined, "fail", "ignore", "disable"),
    extensions: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, fc.boolean()),
    grant: fc.oneof(fc.constant([...slots.capabilities.names]), grantsOf(slots)),
  });
  return fc.record({
    deeds: fc.array(deed, { minLength: 1, maxLength: 3 }),
    hook: fc.constantFrom(...hooks),
    strict: fc.boolean(),
    operation: fc.option(
      jsonValues.map((value) => ({ value })),
      { nil: undefined },
    ),
    config: jsonValues.filter((value) => value !== null),
  });
}

function changedPayload(payload: object, { payload: choice, words, json }: Deed): unknown {
  const part = { content_type: "text", text: words };
  const kinds: readonly unknown[] = [
    { content: [part] },
    { ...payload, content: [part] },
    { ...payload, args: { words, json } },
    { args: null },
    { ...payload, role: "assistant", name: words },
    { content: words },
    { [words]: json },
    { args: { json } },
    payload,
    {},
  ];
  return kinds[choice % kinds.length];
}

/** What a plugin does. The same input has the same output in any process. */
function actOf(world: World, deed: Deed, spoil?: (returned: unknown) => unknown): Act {
  return (payload, _context, view) => {
    const returned = endOf(world, deed, payload, view);
    return spoil === undefined ? returned : spoil(returned);
  };
}

function endOf(world: World, deed: Deed, payload: object, view: object | undefined): unknown {
  const proposal = () => {
    const made = propose(world.slots, view ?? {}, deed.plan);
    // A view is returned as it is; another law covers copies.
    return made === view ? made : withoutUnseenMaps(withoutSecretKeys(made), view);
  };
  switch (deed.end) {
    case "proposes":
      return { modifiedExtensions: proposal() };
    case "changes the payload":
      return { modifiedPayload: changedPayload(payload, deed) };
    case "reports":
      return { metadata: { words: deed.words, json: deed.json } };
    case "both":
      return {
        modifiedPayload: changedPayload(payload, deed),
        modifiedExtensions: proposal(),
        metadata: {},
      };
    case "nothing":
      return undefined;
    case "allows":
      return allow();
    case "empty":
      return {};
    case "denies":
      return deny({
        code: `no.${deed.payload}`,
        reason: `No: ${deed.words}`,
        description: deed.words,
        details: { json: deed.json },
      });
    case "throws":
      throw new Error(deed.words);
    case "helper":
      return { modifiedExtensions: addLabels((view ?? payload) as never, deed.words) };
    case "garbage":
      return { modifiedExtensions: undefined, continueProcessing: true };
  }
}

/** A handler without a view cannot report header maps across the boundary. */
function withoutUnseenMaps(proposal: unknown, view: object | undefined): unknown {
  if (view !== undefined || typeof proposal !== "object" || proposal === null) return proposal;
  const { http: _, ...rest } = proposal as Record<string, unknown>;
  return rest;
}

interface Played {
  readonly result: AnyInvokeResult;
  /** What the handlers received, as strings. */
  readonly seen: readonly string[];
}

/** Runs a scene, with each handler wrapped by `place`. */
export async function play(
  world: World,
  envelope: Level,
  scene: Scene,
  place: (act: Act) => Act,
  spoil?: (returned: unknown) => unknown,
): Promise<Played> {
  const { definePlugin, createPluginManager } = functionsOf(world);
  const seen: string[] = [];
  const isTool = scene.hook === "tool_pre_invoke";
  const plugins = scene.deeds.map((deed, index) => {
    const act = actOf(world, deed, spoil);
    const noting: Act = (payload, context, view) => {
      const { plugin, hook, capabilities, config, operation, request } = context;
      const facts = { plugin, hook, capabilities, config, operation, request };
      seen.push(timeless([payload, facts, view]));
      expect(view === undefined || Object.isFrozen(view)).toBe(true);
      return act(payload, context, view);
    };
    const run = place(noting);
    const handler = deed.extensions
      ? async (p: object, c: never, v: object) => run(p, c, v)
      : async (p: object, c: never) => run(p, c, undefined);
    const { mode, priority, onError } = deed;
    const entry = {
      handler,
      extensions: deed.extensions,
      mode,
      priority,
      timeoutMs: null,
      ...(onError && { onError }),
    };
    const plugin = definePlugin({
      name: `plugin-${index}`,
      version: "1.0.0",
      capabilities: deed.grant,
      hooks: { [isTool ? "tool_pre_invoke" : scene.hook]: entry },
    });
    return { plugin, config: scene.config };
  });
  const manager = await createPluginManager({
    plugins,
    strict: scene.strict,
    logger: {},
  });
  const point = isTool ? scene.hook : "cmf.tool_pre_invoke";
  const result = await manager.invoke(point, isTool ? payloads.tool : payloads.message, {
    extensions: envelope,
    request: "r-1",
    ...(scene.operation === undefined ? {} : { operation: scene.operation as Level }),
  });
  await manager.close();
  // Handlers of one phase run concurrently and may be a microtask apart.
  return { result, seen: seen.sort() };
}

/** JSON text. A hop without a timestamp gets the time of the merge, which differs each time. */
function timeless(value: unknown): string {
  return JSON.stringify(value, (key, item: unknown) =>
    key === "timestamp" && item !== undefined ? "then" : item,
  );
}

/** Everything of a result. */
export function everythingOf(result: AnyInvokeResult): string {
  const { context, ...rest } = result;
  return timeless({ ...rest, request: context.request });
}

/** What stays the same if a result could not be encoded: everything except the message. */
export function outcome(result: AnyInvokeResult): unknown {
  const { continueProcessing, payload, extensions, violation, errors, executions } = result;
  return {
    continueProcessing,
    payload: timeless(payload),
    extensions: timeless(extensions),
    code: violation?.code,
    errors: errors.map(({ plugin, code }) => [plugin, code]),
    executions: executions.map(({ status, errorCode, applied }) => [status, errorCode, applied]),
  };
}
