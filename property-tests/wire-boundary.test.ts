/** A plugin in another process sees the same and comes to the same as one in the host's. */
import fc from "fast-check";
import { addLabels, allow, deny, type Mode, type OnError } from "glassine";
import { describe, expect, it } from "vitest";
import type { AnyInvokeResult } from "../src/hooks/index.ts";
import {
  type Act,
  noTraffic,
  proxyOf,
  type Traffic,
  type Wire,
  wireOf,
  withoutSecretKeys,
} from "./support/boundary.ts";
import { jsonCopy, type Level, plainCopy } from "./support/data.ts";
import { documentsOf, grantsOf } from "./support/documents.ts";
import {
  type Hostile,
  hostileValues,
  type Place,
  places,
  plant,
  Watch,
} from "./support/hostile.ts";
import { houseOf } from "./support/houses.ts";
import { type Plan, plansOf, propose } from "./support/proposals.ts";
import { expectSome, share } from "./support/runs.ts";
import { jsonValues, texts } from "./support/schema-values.ts";
import { type World, worlds } from "./support/tables.ts";

const ends = [
  "proposes",
  "proposes",
  "proposes",
  "changes the payload",
  "tells",
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
const payloads = {
  message: { role: "user", content: [{ content_type: "text", text: "ahoy" }] },
  tool: { name: "add", args: { a: 1, constructor: [null, "b"] } },
};

interface Scene {
  readonly deeds: readonly Deed[];
  readonly hook: (typeof hooks)[number];
  readonly strict: boolean;
  readonly operation: unknown;
  readonly config: unknown;
}

function scenesOf({ slots }: World): fc.Arbitrary<Scene> {
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

/** What a plugin does. The same data in gives the same out, in whichever process. */
function actOf(world: World, deed: Deed, spoil?: (returned: unknown) => unknown): Act {
  return (payload, _context, view) => {
    const returned = endOf(world, deed, payload, view);
    return spoil === undefined ? returned : spoil(returned);
  };
}

function endOf(world: World, deed: Deed, payload: object, view: object | undefined): unknown {
  const proposal = () => {
    const made = propose(world.slots, view ?? {}, deed.plan);
    // A view goes back as it is: as a copy it would be another law's affair.
    return made === view ? made : withoutUnseenMaps(withoutSecretKeys(made), view);
  };
  switch (deed.end) {
    case "proposes":
      return { modifiedExtensions: proposal() };
    case "changes the payload":
      return { modifiedPayload: changedPayload(payload, deed) };
    case "tells":
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

/** Who is not handed a view cannot say anything of header maps across the boundary. */
function withoutUnseenMaps(proposal: unknown, view: object | undefined): unknown {
  if (view !== undefined || typeof proposal !== "object" || proposal === null) return proposal;
  const { http: _, ...rest } = proposal as Record<string, unknown>;
  return rest;
}

interface Played {
  readonly result: AnyInvokeResult;
  /** What the handlers were handed, as text. */
  readonly seen: readonly string[];
}

/** Plays a scene, each handler wrapped by `place`. */
async function play(
  world: World,
  envelope: Level,
  scene: Scene,
  place: (act: Act) => Act,
  spoil?: (returned: unknown) => unknown,
): Promise<Played> {
  const { definePlugin, createPluginManager } = houseOf(world);
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
    const entry = { handler, mode, priority, timeoutMs: null, ...(onError && { onError }) };
    const plugin = definePlugin({
      name: `plugin-${index}`,
      version: "1.0.0",
      capabilities: deed.grant,
      hooks: { [isTool ? "tool_pre_invoke" : scene.hook]: entry },
    });
    return { plugin, config: scene.config };
  });
  const manager = await createPluginManager({ plugins, strict: scene.strict });
  const point = isTool ? scene.hook : "cmf.tool_pre_invoke";
  const result = await manager.invoke(point, isTool ? payloads.tool : payloads.message, {
    extensions: envelope,
    request: "r-1",
    ...(scene.operation === undefined ? {} : { operation: scene.operation as Level }),
  });
  await manager.close();
  // Handlers of one phase run side by side and may be a turn apart.
  return { result, seen: seen.sort() };
}

/** JSON text. A hop without a time gets that of the merge, which is not the same twice. */
function timeless(value: unknown): string {
  return JSON.stringify(value, (key, item: unknown) =>
    key === "timestamp" && item !== undefined ? "then" : item,
  );
}

/** Everything of a result. */
function told(result: AnyInvokeResult): string {
  const { context, ...rest } = result;
  return timeless({ ...rest, request: context.request });
}

/** What stays the same where a result could not even be written: all but who says how. */
function outcome(result: AnyInvokeResult): unknown {
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

const across =
  (wire: Wire, traffic: Traffic = noTraffic()) =>
  (act: Act) =>
    proxyOf(wire, act, traffic);
const inProcess = (act: Act) => act;

describe.each(worlds)("$name", (world) => {
  const { slots, host } = world;
  const wire = wireOf(world);
  const documents = documentsOf(slots).map((document) => withoutSecretKeys(document));
  const scenes = scenesOf(world);

  it("L30: plugins behind the boundary see the same and come to the same as in process", async () => {
    let changed = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(documents, scenes, async (document, scene) => {
        const envelope = host.createExtensions(document);
        const traffic = noTraffic();
        const here = await play(world, envelope, scene, inProcess);
        const there = await play(world, envelope, scene, across(wire, traffic));
        expect(there.seen).toEqual(here.seen);
        // A result that is none is refused on the other side; the words for it are others.
        if (traffic.unwritten.length > 0) {
          expect(outcome(there.result)).toEqual(outcome(here.result));
          return;
        }
        expect(told(there.result)).toBe(told(here.result));
        expect(there.result.extensions === envelope).toBe(here.result.extensions === envelope);
        if (there.result.extensions !== envelope) changed += 1;
        if (there.result.errors.length > 0) refused += 1;
      }),
      share(0.5),
    );
    expectSome(changed);
    expectSome(refused);
  });

  const unwritable = hostileValues.filter(({ make }) => {
    try {
      wire.encodeResult({ metadata: { value: make(new Watch()) } });
      return false;
    } catch {
      return true;
    }
  });

  it("L30: what is no JSON data is refused with the same code, and nothing of it runs or crosses", async () => {
    const spoilt: fc.Arbitrary<readonly [Hostile, Place]> = fc.tuple(
      fc.constantFrom(...unwritable),
      places,
    );
    await fc.assert(
      fc.asyncProperty(documents, scenes, spoilt, async (document, scene, [hostile, place]) => {
        const envelope = host.createExtensions(document);
        const watch = new Watch();
        const spoil = (returned: unknown) => {
          const { modifiedExtensions } = (returned ?? {}) as { modifiedExtensions?: unknown };
          if (modifiedExtensions === undefined) return returned;
          const copy = plainCopy(modifiedExtensions);
          return { modifiedExtensions: plant(copy, hostile.make(watch), place) };
        };
        const here = await play(world, envelope, scene, inProcess, spoil);
        const there = await play(world, envelope, scene, across(wire), spoil);
        expect(outcome(there.result)).toEqual(outcome(here.result));
        expect(watch.ran).toBe(0);
      }),
      share(0.25),
    );
  });

  it("L30: sensitive headers stay in the host and as they were, and change nothing else", async () => {
    let stripped = 0;
    const secret = "s3cr3t";
    const spelt = ["authorization", "Cookie", "SET-COOKIE", " x-api-key ", "Proxy-Authorization"];
    const secrets = fc.dictionary(fc.constantFrom(...spelt), fc.constant(secret), { maxKeys: 3 });
    await fc.assert(
      fc.asyncProperty(documents, scenes, secrets, async (document, scene, extra) => {
        // What a plugin without a view says of headers is left out, so all are handed one.
        const deeds = scene.deeds.map((deed) => ({ ...deed, extensions: true }));
        const bare = host.createExtensions(document);
        const full = host.createExtensions(
          mapHeaders(world, jsonCopy(bare) as Level, (map) => ({ ...map, ...extra })),
        );
        const traffic = noTraffic();
        const here = await play(world, bare, { ...scene, deeds }, inProcess);
        const there = await play(world, full, { ...scene, deeds }, across(wire, traffic));
        for (const text of [...traffic.tasks, ...traffic.replies])
          expect(text).not.toContain(secret);
        expect(there.seen).toEqual(here.seen);
        if (JSON.stringify(full).includes(secret)) stripped += 1;
        const { extensions } = there.result;
        mapHeaders(world, full, (map, at) => {
          for (const name of Object.keys(extra)) {
            expect(headersAt(extensions, at)?.[name]).toBe(headersAt(full, at)?.[name]);
          }
          return map;
        });
        const left = { ...there.result, extensions: withoutSecretKeys(jsonCopy(extensions)) };
        if (traffic.unwritten.length > 0) {
          expect(outcome(left as AnyInvokeResult)).toEqual(outcome(here.result));
        } else expect(told(left as AnyInvokeResult)).toBe(told(here.result));
      }),
      share(0.5),
    );
    if (slots.names.includes("http")) expectSome(stripped);
  });
});

const headerMaps = ["headers", "request_headers", "response_headers"];

/** A document with each of its header maps changed. */
function mapHeaders(
  { slots }: World,
  document: object,
  change: (map: Level, at: string) => Level,
): Level {
  const { http, ...rest } = document as { readonly http?: Level | null };
  if (http === undefined || http === null || !slots.names.includes("http"))
    return document as Level;
  const maps = headerMaps.flatMap((at) =>
    typeof http[at] === "object" && http[at] !== null ? [[at, change(http[at] as Level, at)]] : [],
  );
  return { ...rest, http: { ...http, ...Object.fromEntries(maps) } };
}

function headersAt(extensions: object, at: string): Level | undefined {
  return (extensions as { readonly http?: Readonly<Record<string, Level>> }).http?.[at];
}
