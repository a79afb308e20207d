/** A plugin in another process sees the same, and has the same results, as one in process. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AnyInvokeResult } from "../src/core/hooks/index.ts";
import type { Level as CompiledLevel } from "../src/core/schema/index.ts";
import type { Node } from "../src/core/slots/index.ts";
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
import { expectSome, share } from "./support/runs.ts";
import { everythingOf, outcome, payloads, play, scenesOf } from "./support/scenes.ts";
import { standard, type World, worlds } from "./support/tables.ts";

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

  it("L30: plugins across the process boundary see the same, and have the same results, as in process", async () => {
    let changed = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(documents, scenes, async (document, scene) => {
        const envelope = host.createExtensions(document);
        const traffic = noTraffic();
        const here = await play(world, envelope, scene, inProcess);
        const there = await play(world, envelope, scene, across(wire, traffic));
        expect(there.seen).toEqual(here.seen);
        // An invalid result is refused on the other side, with another message.
        if (traffic.unwritten.length > 0) {
          expect(outcome(there.result)).toEqual(outcome(here.result));
          return;
        }
        expect(everythingOf(there.result)).toBe(everythingOf(here.result));
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

  it("L30: what is not JSON data is refused with the same code, and none of it runs or crosses", async () => {
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

  it("L30: sensitive headers stay in the host unchanged, and affect nothing else", async () => {
    let stripped = 0;
    const secret = "s3cr3t";
    const spelt = ["authorization", "Cookie", "SET-COOKIE", " x-api-key ", "Proxy-Authorization"];
    const secrets = fc.dictionary(fc.constantFrom(...spelt), fc.constant(secret), { maxKeys: 3 });
    await fc.assert(
      fc.asyncProperty(documents, scenes, secrets, async (document, scene, extra) => {
        // What a plugin without a view says about headers is left out, so all receive one.
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
        } else expect(everythingOf(left as AnyInvokeResult)).toBe(everythingOf(here.result));
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

/** What a plugin may do to one header, whatever its implementation calls the map. */
interface HeaderDeed {
  readonly name: string;
  /** `undefined` removes it. */
  readonly value: string | undefined;
}

/** An implementation of one generation, or of both, with what it knows of `http`. */
const generations = {
  older: ["headers"],
  newer: ["request_headers", "response_headers", "method"],
  both: ["headers", "request_headers", "response_headers", "method"],
} as const;
type Generation = keyof typeof generations;
const anyGeneration = fc.constantFrom<Generation>("older", "newer", "both");

/** The header maps of `http` as an implementation of a generation sees them, and what it does. */
function doneBy(generation: Generation, http: Level | undefined, deed: HeaderDeed): Level {
  const known = generations[generation].filter((field) => http?.[field] !== undefined);
  const seen = Object.fromEntries(known.map((field) => [field, http?.[field]]));
  const [first] = generations[generation];
  const maps = ["headers", "request_headers"].filter((at) => at in seen || at === first);
  const changed = maps.map((at) => [at, withDeed((seen[at] ?? {}) as Level, deed)]);
  return { ...seen, ...Object.fromEntries(changed) };
}

function withDeed(map: Level, { name, value }: HeaderDeed): Level {
  const isIt = (key: string) => key.toLowerCase() === name.toLowerCase();
  const spelling = Object.keys(map).find(isIt) ?? name;
  const rest = Object.entries(map).filter(([key]) => !isIt(key));
  return Object.fromEntries(value === undefined ? rest : [...rest, [spelling, value]]);
}

describe("other implementations", () => {
  const [world] = worlds as readonly [World];
  const wire = wireOf(world);
  const contextOf = (capabilities: readonly string[]) => ({
    plugin: { name: "far-away", version: "1.0.0" },
    hook: "cmf.tool_pre_invoke",
    capabilities,
    config: undefined,
    operation: undefined,
    request: "r-1",
    signal: new AbortController().signal,
    state: new Map(),
  });
  const taskOf = (turn: Parameters<Wire["encodeTask"]>[0]) =>
    JSON.parse(wire.encodeTask(turn)) as { readonly extensions: Record<string, Level> };

  /** How the host reads an answer. */
  const resultOf = (
    envelope: Level,
    grant: readonly string[],
    answer: (seen: Level) => unknown,
  ) => {
    const capabilities = world.host.resolveCapabilities(grant);
    const view = world.host.filterExtensions(envelope, grant);
    const turn = { payload: payloads.message, context: contextOf(capabilities), extensions: view };
    const reply = JSON.stringify({ modified_extensions: answer(taskOf(turn).extensions) });
    const { result, dropped } = wire.decodeResult(reply, turn);
    const { modifiedExtensions } = result as { readonly modifiedExtensions: unknown };
    const options = { view, strict: true };
    const merged = world.host.mergeExtensions(envelope, modifiedExtensions, grant, options);
    return { ...merged, dropped };
  };

  it("L30: another implementation sets and removes headers like the in-process helpers, whatever it calls the map", () => {
    const names = ["X-A", "x-b", "Accept", "7", "constructor", "Authorization"];
    const recased = (name: string) => fc.constantFrom(name, name.toUpperCase(), name.toLowerCase());
    const values = fc.constantFrom("1", "2", "a b");
    const spelt = fc.tuple(...names.map((name) => recased(name)));
    const map = fc
      .tuple(
        spelt,
        fc.subarray([...names.keys()]),
        fc.array(values, { minLength: 6, maxLength: 6 }),
      )
      .map(([spellings, places, texts]) =>
        Object.fromEntries(places.map((at) => [spellings[at] as string, texts[at] as string])),
      );
    const https = fc.record(
      { headers: map, request_headers: map, response_headers: map, method: fc.constant("GET") },
      { requiredKeys: [] },
    );
    const deeds: fc.Arbitrary<HeaderDeed> = fc.record({
      name: fc.constantFrom("X-A", "x-b", "Accept", "7", "constructor", "X-New").chain(recased),
      // A new one: repeating what a map already contains has no effect.
      value: fc.constantFrom("new", "", undefined),
    });
    let changed = 0;
    fc.assert(
      fc.property(fc.option(https), deeds, anyGeneration, (http, deed, generation) => {
        const envelope = standard.createExtensions({ http } as never);
        const grant = ["write_headers"] as const;
        const view = standard.filterExtensions(envelope, grant);
        const { name, value } = deed;
        const { setHeader, removeHeader } = standard;
        const here = standard.mergeExtensions(
          envelope,
          value === undefined ? removeHeader(view, name) : setHeader(view, name, value),
          grant,
          { view },
        );
        const there = resultOf(envelope as Level, grant, (seen) => ({
          http: doneBy(generation, seen.http as Level | undefined, deed),
        }));
        // An empty map of the other generation cannot be expressed.
        fc.pre(there.dropped.length === 0);
        expect(there.extensions.http).toEqual(here.extensions.http);
        expect(there.rejections).toEqual([]);
        if (here.extensions !== envelope) changed += 1;
      }),
    );
    expectSome(changed);
  });

  it("L30: another implementation that returns what it was shown, with empty fields spelled out, changes nothing", () => {
    const { slots, host } = world;
    let filled = 0;
    fc.assert(
      fc.property(
        documentsOf(slots),
        grantsOf(slots),
        anyGeneration,
        fc.boolean(),
        (document, grant, generation, nulls) => {
          const envelope = host.createExtensions(document);
          const echo = (seen: Level): Level => {
            const whole = writtenOut(slots.nodes, slots.envelope.level, seen, nulls);
            const http = whole.http as Level | undefined;
            const out = JSON.stringify(whole) === JSON.stringify(seen) ? 0 : 1;
            filled += out;
            if (http === undefined || http === null) return whole;
            const known = generations[generation].filter((field) => http[field] !== undefined);
            return { ...whole, http: Object.fromEntries(known.map((at) => [at, http[at]])) };
          };
          const { extensions, rejections } = resultOf(envelope, grant, echo);
          expect(extensions).toBe(envelope);
          expect(rejections).toEqual([]);
        },
      ),
    );
    expectSome(filled);
  });
});

/** A document with default empty values, and optionally with null for absent ones. */
function writtenOut(
  nodes: readonly Node[],
  { fields }: CompiledLevel,
  seen: Level,
  nulls: boolean,
): Level {
  const entries = nodes.flatMap((node, index): [string, unknown][] => {
    const { optional, fallback } = fields[index] as CompiledLevel["fields"][number];
    const { shape, level } = node.compiled;
    const value = seen[node.key];
    if (value !== undefined) {
      const inner = () => writtenOut(node.fields, level as CompiledLevel, value as Level, nulls);
      return [[node.key, level === undefined ? value : inner()]];
    }
    if (shape === "headers") return [[node.key, {}]];
    const empty = fallback?.();
    const isEmpty = typeof empty === "object" && Object.keys(empty as object).length === 0;
    if (isEmpty) return [[node.key, empty]];
    return optional && nulls && shape !== "set" ? [[node.key, null]] : [];
  });
  return Object.fromEntries(entries);
}
