/** Laws of reading a foreign value: what a reader returns, and that it handles every value. */
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { createPluginManager, definePlugin, deny } from "glassine";
import { createMessage, freezePayload } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { admit, extensionsLimits } from "../src/core/data/index.ts";
import { readPlain } from "../src/core/schema/index.ts";
import { isObject, jsonCopy, plainCopy } from "./support/data.ts";
import { documentsOf, grantsOf } from "./support/documents.ts";
import { hostiles, largeValues, places, plant, refusedHostiles, Watch } from "./support/hostile.ts";
import { outcomeOf } from "./support/outcome.ts";
import { plansOf, propose } from "./support/proposals.ts";
import { characters, keys, mapOf } from "./support/schema-values.ts";
import { standard, type World, worlds } from "./support/tables.ts";

const anything = fc.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
});

interface Stranger {
  readonly value: unknown;
  readonly watch: Watch;
}

/** Reported by name: printing a hostile value would run its code. */
const stranger = (name: string, value: unknown, watch: Watch): Stranger =>
  Object.assign({ value, watch }, { [fc.toStringMethod]: () => name });

/** A foreign value and its watch. */
function strangersFor({ slots }: World) {
  const planted = fc
    .tuple(documentsOf(slots), hostiles, places)
    .map(([document, hostile, place]) => {
      const watch = new Watch();
      return stranger(hostile.name, plant(plainCopy(document), hostile.make(watch), place), watch);
    });
  const alone = hostiles.map((hostile) => {
    const watch = new Watch();
    return stranger(hostile.name, hostile.make(watch), watch);
  });
  const slotted = fc
    .tuple(fc.constantFrom(...slots.names), anything)
    .map(([slot, value]) => ({ value: { [slot]: value } as unknown, watch: new Watch() }));
  return fc.oneof(
    planted,
    alone,
    slotted,
    anything.map((value) => ({ value, watch: new Watch() })),
  );
}

/** Any JSON value as `JSON.parse` returns it: any key is data, and there is negative zero. */
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    fc.oneof(
      fc.string({ unit: characters }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom<unknown>(-0, 0, true, false, null, Number.MAX_VALUE, "\u2028\n"),
    ),
    fc.array(tie("json"), { maxLength: 4 }),
    mapOf(fc.oneof(fc.constantFrom("__proto__", "-0", "then"), keys), tie("json"), 4),
  ),
}));

/** The same with 0 for -0, and without keys that the function refuses. */
function expected(value: unknown, isPlugin: boolean): unknown {
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map((item) => expected(item, isPlugin));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !isPlugin || key !== "__proto__")
      .map(([key, item]) => [key, expected(item, isPlugin)]),
  );
}

const { createExtensions, decodeExtensions, mergeExtensions } = standard;
/** Every function that reads free-form data, and its result. */
const doors: readonly (readonly [string, "host" | "plugin", (value: object) => unknown])[] = [
  ["createExtensions", "host", (v) => createExtensions({ custom: { v } as never }).custom?.v],
  [
    "decodeExtensions",
    "host",
    (v) => decodeExtensions(JSON.stringify({ custom: { v } })).extensions.custom?.v,
  ],
  ["freezePayload", "host", (v) => freezePayload({ v }).v],
  ["readPlain", "plugin", (v) => (readPlain({ v }) as { v: unknown }).v],
  [
    "mergeExtensions",
    "plugin",
    (v) => mergeExtensions(createExtensions({}), { custom: { v } }, []).extensions.custom?.v,
  ],
];

describe.each(doors)("%s", (_, from, take) => {
  it("L22: a JSON value is read unchanged, except for the sign of zero", () => {
    fc.assert(
      fc.property(json, (value) => {
        const wanted = expected(value, from === "plugin");
        const given = from === "plugin" ? wanted : value;
        const kept = plainCopy(take(given as object));
        expect(JSON.stringify(kept)).toBe(JSON.stringify(wanted));
        expect(isDeepStrictEqual(kept, wanted)).toBe(true);
      }),
    );
  });
});

describe.each(worlds)("$name", (world) => {
  const { slots, host } = world;
  const documents = documentsOf(slots);
  const grants = grantsOf(slots);

  it("L21: reading an envelope again returns the same object", () => {
    fc.assert(
      fc.property(documents, (document) => {
        const envelope = host.createExtensions(document);
        expect(host.createExtensions(envelope)).toBe(envelope);
      }),
    );
  });

  it("L21: reading a view, or a copy of it, over the view returns the view", () => {
    fc.assert(
      fc.property(
        documents,
        grants,
        fc.constantFrom("plugin", "host"),
        (document, grant, origin) => {
          const view = host.filterExtensions(host.createExtensions(document), grant);
          const options = {
            origin,
            limits: extensionsLimits,
            shapeCode: "extensions_shape",
            strict: true,
          } as const;
          for (const value of [view, plainCopy(view), structuredClone(view), jsonCopy(view)]) {
            const admitted = admit(slots.envelope.read, value, options, view, "partial");
            expect(admitted.ok && admitted.value).toBe(view);
          }
        },
      ),
    );
  });

  it("L24: creating or decoding from any value returns an envelope, or throws an error with a listed code", () => {
    fc.assert(
      fc.property(strangersFor(world), fc.boolean(), ({ value, watch }, strict) => {
        outcomeOf(() => host.createExtensions(value));
        outcomeOf(() => host.decodeExtensions(value, { strict }));
        expect(watch.ran).toBe(0);
      }),
    );
  });

  it("L24: decoding any string returns an envelope, or throws an error with a listed code", () => {
    const broken = fc
      .tuple(
        documents,
        fc.nat(),
        fc.constantFrom("", "{", "}", ",", '"', "1e999", "-0", "null", "\\ud800"),
      )
      .map(([document, place, token]) => {
        const text = JSON.stringify(document);
        const index = place % (text.length + 1);
        return text.slice(0, index) + token + text.slice(index + 1);
      });
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), broken), fc.boolean(), (text, strict) => {
        const outcome = outcomeOf(() => host.decodeExtensions(text, { strict }));
        if (outcome.ok) host.encodeExtensions(outcome.value.extensions);
      }),
    );
  });

  it("L24: merging any value returns an envelope, or throws an error with a listed code", () => {
    fc.assert(
      fc.property(
        documents,
        grants,
        strangersFor(world),
        fc.boolean(),
        (document, grant, stranger, strict) => {
          const envelope = host.createExtensions(document);
          outcomeOf(() => host.mergeExtensions(envelope, stranger.value, grant, { strict }));
          expect(stranger.watch.ran).toBe(0);
        },
      ),
    );
  });

  it("L24: a hostile value anywhere in a proposal refuses it, and none of its code runs", () => {
    fc.assert(
      fc.property(
        documents,
        grants,
        plansOf(slots),
        refusedHostiles,
        places,
        (document, grant, plan, bad, place) => {
          const envelope = host.createExtensions(document);
          const watch = new Watch();
          const view = host.filterExtensions(envelope, grant);
          const returned = plant(propose(slots, view, plan), bad.make(watch), place);
          const outcome = outcomeOf(() => host.mergeExtensions(envelope, returned, grant));
          expect([bad.name, outcome.ok ? "accepted" : outcome.code]).toEqual([
            bad.name,
            expect.stringMatching(/^snapshot_/),
          ]);
          expect(watch.ran).toBe(0);
        },
      ),
    );
  });
});

it("L24: creating a plugin, manager, message or denial from any value succeeds, or throws an error with a listed code", () => {
  const [world] = worlds as readonly [World];
  const fields = ["name", "version", "capabilities", "hooks", "dependsOn", "description", "other"];
  const settings = ["handler", "mode", "priority", "onError", "timeoutMs", "conditions", "extra"];
  const options = ["plugins", "limits", "payloadPolicy", "timeoutMs", "strict", "onHandlerError"];
  const handler = (_payload: unknown) => {};
  const manifest = { name: "any", version: "1.0.0", hooks: { evaluate: { handler } } };
  // A large value alone is the same case each time, so it is tried once.
  const tried = new Set<unknown>();
  const someKey = fc.constantFrom(...fields, ...settings, ...options, "code", "reason", "details");
  return fc.assert(
    fc.asyncProperty(strangersFor(world), someKey, async ({ value, watch }, key) => {
      const any = value as never;
      const isNew = !tried.has(value);
      if (isNew) outcomeOf(() => definePlugin(any));
      outcomeOf(() => definePlugin({ ...manifest, [key]: value } as never));
      outcomeOf(() =>
        definePlugin({ ...manifest, hooks: { evaluate: { handler, [key]: value } } }),
      );
      outcomeOf(() => deny({ code: "no", reason: "no", [key]: value }));
      if (isNew) outcomeOf(() => createMessage(any));
      if (isNew) outcomeOf(() => freezePayload(any));
      const plugin = definePlugin(manifest);
      for (const input of [
        { plugins: [value] },
        { plugins: [{ plugin, [key]: value }] },
        { plugins: [plugin], [key]: value },
      ]) {
        await createPluginManager(input as never).catch((error) => {
          outcomeOf(() => {
            throw error;
          });
        });
      }
      expect(watch.ran).toBe(0);
      if (largeValues.has(value)) tried.add(value);
    }),
  );
});
