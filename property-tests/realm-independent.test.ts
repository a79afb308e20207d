// A process of its own: it patches the realm.
/**
 * Law of the patched realm: replaced prototypes and globals do not affect what is read from a
 * plugin, and are not called. The laws that a run relies on (L10 to L20) are tested by comparing
 * with the same step in an untouched realm.
 */
import fc from "fast-check";
import { definePlugin, filterExtensions, type Mode, setHeader } from "glassine";
import { expect, it } from "vitest";
import { extensionsLimits, unionOf } from "../src/core/data/index.ts";
import type { Slots } from "../src/core/envelope/index.ts";
import { merge } from "../src/core/envelope/index.ts";
import { bytesOf, call, type FullView, hook, managerOf, start } from "./support/dispatch.ts";
import { hostiles, places, plant, Watch } from "./support/hostile.ts";
import { mergeCasesOf } from "./support/merge-cases.ts";
import { patch, patchLists } from "./support/patches.ts";
import { share } from "./support/runs.ts";
import { labels } from "./support/schema-values.ts";
import { worlds } from "./support/tables.ts";

const [standardWorld] = worlds as readonly [(typeof worlds)[number]];
const { slots } = standardWorld;

/** Without those that run their own code when read, since they use the patches too. */
const still = hostiles.filter(({ name }) => !name.startsWith("global of a context"));

it("L39: a merge has the same result under any patches, and calls none of them", () => {
  fc.assert(
    fc.property(
      mergeCasesOf(standardWorld),
      fc.option(fc.tuple(still, places), { freq: 3 }),
      patchLists,
      fc.boolean(),
      fc.boolean(),
      ({ current, view, grant, returned }, spoilt, patches, strict, growOnly) => {
        const given =
          spoilt === null ? returned : plant(returned, spoilt[0].make(new Watch()), spoilt[1]);
        const mask = slots.capabilities.mask(grant);
        const input = { slots, view: view as Slots, proposal: undefined, strictDelegation: strict };
        const all = { ...input, returned: given, mask, strict, growOnly, limits: extensionsLimits };
        const now = current as Slots;
        const expected = merge(now, all);
        const patched = patch(patches);
        let outcome: unknown;
        let thrown: unknown;
        try {
          outcome = merge(now, all);
        } catch (error) {
          thrown = error;
        }
        const called = patched.restore();
        expect(called).toEqual([]);
        expect(thrown).toBeUndefined();
        expect(timeless(outcome)).toBe(timeless(expected));
      },
    ),
    // V8 discards compiled code with each patch.
    share(0.5),
  );
});

it("L39: a union of label sets is the same under any patches, and calls none of them", () => {
  const sets = fc.uniqueArray(labels, { maxLength: 5 }).map((set) => Object.freeze(set.sort()));
  fc.assert(
    fc.property(sets, sets, patchLists, (one, two, patches) => {
      const expected = unionOf(one, two);
      const patched = patch(patches);
      let joined: unknown;
      try {
        joined = unionOf(one, two);
      } finally {
        expect(patched.restore()).toEqual([]);
      }
      expect(joined).toEqual(expected);
    }),
  );
});

it("L39: the text of a refusal is the same under any patches, and calls none of them", () => {
  const view = filterExtensions(start, ["write_headers"]);
  const names = fc.constantFrom("two words", "line\nbreak", "it's so", 'the "name"', "\u202eeman");
  fc.assert(
    fc.property(names, patchLists, (name, patches) => {
      const refusal = () => {
        try {
          setHeader(view, name, "v");
          return undefined;
        } catch (error) {
          return (error as Error).message;
        }
      };
      const expected = refusal();
      const patched = patch(patches);
      let said: string | undefined;
      try {
        said = refusal();
      } finally {
        expect(patched.restore()).toEqual([]);
      }
      expect(said).toBe(expected);
      expect(said).toContain("header");
    }),
  );
});

// What the handlers use themselves, out of reach of patches.
const { assign, create } = Object;
const { from } = Array;
const bare = (parts: object): object => assign(create(null), parts);

const returns = {
  nothing: () => undefined,
  label: (name: string, { security }: FullView) => {
    const { length } = security.labels;
    const grown = from(bare({ length: length + 1 }) as { length: number }, (_, at) =>
      at < length ? security.labels[at] : name,
    );
    return bare({ modifiedExtensions: bare({ security: bare({ labels: grown }) }) });
  },
  shrink: () => bare({ modifiedExtensions: bare({ security: bare({ labels: [] }) }) }),
  forge: () => bare({ modifiedExtensions: bare({ request: bare({ request_id: "forged" }) }) }),
  custom: (name: string) => bare({ modifiedExtensions: bare({ custom: bare({ [name]: 1 }) }) }),
  payload: (name: string) => bare({ modifiedPayload: bare({ name, args: bare({ a: 1 }) }) }),
  metadata: (name: string) => bare({ metadata: bare({ name }) }),
  garbage: () => bare({ continueProcessing: true }),
  number: () => 1,
};
const specs = fc.array(
  fc.record({
    returns: fc.constantFrom(...(Object.keys(returns) as (keyof typeof returns)[])),
    mode: fc.constantFrom<Mode>("sequential", "sequential", "transform", "audit", "concurrent"),
    onError: fc.constantFrom("ignore" as const, "fail" as const),
    waits: fc.boolean(),
  }),
  { minLength: 1, maxLength: 5 },
);

/** No logger, and a host's own that calls what may be patched, as the console does. */
const logs = fc.constantFrom(undefined, (text: string) => [...text.split(" ")].map(String).join());

it("L39: labels, order and outcome of a run stay the same when a plugin patches the realm during it, and no patch is called", () =>
  fc.assert(
    fc.asyncProperty(specs, patchLists, fc.boolean(), logs, async (list, patches, strict, log) => {
      let patched: ReturnType<typeof patch> | undefined;
      const playing = async (isPatched: boolean): Promise<() => Promise<string>> => {
        const patching = definePlugin({
          name: "patches",
          version: "1.0.0",
          hooks: {
            [hook]: {
              priority: 1,
              handler: (_payload) => {
                if (isPatched) patched = patch(patches);
              },
            },
          },
        });
        const plugins = list.map(({ returns: what, mode, onError, waits }, index) => {
          const name = `plugin-${index}`;
          const act = returns[what];
          const atOnce = (_p: object, _c: object, view: FullView) => act(name, view);
          const later = async (_p: object, _c: object, view: FullView) => {
            await undefined;
            return act(name, view);
          };
          return definePlugin({
            name,
            version: "1.0.0",
            capabilities: ["append_labels"],
            hooks: { [hook]: { handler: (waits ? later : atOnce) as never, mode, onError } },
          });
        });
        const logger = log === undefined ? {} : { error: log, warn: log };
        const manager = await managerOf([patching, ...plugins], { strict, logger });
        const wishes = { extensions: start, request: "r-1" };
        return async () => {
          const result = await manager.invoke(hook, call, wishes);
          const called = patched?.restore() ?? [];
          patched = undefined;
          if (log === undefined) expect(called).toEqual([]);
          return bytesOf(result);
        };
      };
      const untouched = await playing(false);
      const touched = await playing(true);
      const expected = await untouched();
      try {
        expect(await touched()).toBe(expected);
      } finally {
        patched?.restore();
      }
    }),
  ));

function timeless(outcome: unknown): string {
  return JSON.stringify(outcome).replaceAll(/20\d\d-\d\d-\d\dT[\d:.]+Z/g, "(then)");
}
