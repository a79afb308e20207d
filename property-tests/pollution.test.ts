// A process of its own: it compares every intrinsic with what it was.
/** Law of the realm: no input changes shared built-ins. */
// Only in test:all: it runs each law in a polluted realm.
import fc from "fast-check";
import { deny } from "glassine";
import { createMessage, freezePayload } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { plainCopy } from "./support/data.ts";
import { documentsOf, grantsOf } from "./support/documents.ts";
import { functionsOf } from "./support/host-functions.ts";
import { hostiles, largeValues, places, plant, Watch } from "./support/hostile.ts";
import { outcomeOf } from "./support/outcome.ts";
import { plansOf, propose } from "./support/proposals.ts";
import { realmText } from "./support/realm.ts";
import { share } from "./support/runs.ts";
import { jsonValues, texts } from "./support/schema-values.ts";
import { worlds } from "./support/tables.ts";

const before = realmText();
const point = "cmf.tool_pre_invoke";
/** Keys that lead to prototypes, as data and as text. */
const poisons = fc
  .tuple(
    fc.constantFrom(
      ["__proto__"],
      ["constructor", "prototype"],
      ["__proto__", "__proto__"],
      ["prototype"],
    ),
    fc.constantFrom("admin", "then", "get", "labels", "toString", "0"),
    jsonValues,
  )
  .map(([path, key, value]) => {
    const inner = JSON.stringify({ [key]: value });
    return [...path].reverse().reduce((text, part) => `{${JSON.stringify(part)}:${text}}`, inner);
  });

describe.each(worlds)("$name", (world) => {
  const { slots, host } = world;

  it("L40: no read, merge, decoding, declaration or run changes an intrinsic", () => {
    const { definePlugin, createPluginManager } = functionsOf(world);
    // A large value alone is the same case each time, so it is tried once.
    const tried = new Set<unknown>();
    return fc.assert(
      fc.asyncProperty(
        documentsOf(slots),
        grantsOf(slots),
        plansOf(slots, 1),
        poisons,
        fc.option(hostiles, { freq: 2 }),
        places,
        texts,
        async (document, grant, plan, poison, hostile, place, text) => {
          const evil = () => (hostile === null ? JSON.parse(poison) : hostile.make(new Watch()));
          const alone = evil();
          const isNew = !tried.has(alone);
          const envelope = host.createExtensions(document);
          const view = host.filterExtensions(envelope, grant);
          const returned = plant(propose(slots, view, plan), evil(), place);
          const manifest = {
            name: "evil",
            version: "1.0.0",
            capabilities: grant,
            hooks: {
              [point]: {
                handler: (_payload: unknown) => ({
                  modifiedExtensions: returned,
                  modifiedPayload: evil(),
                  metadata: evil(),
                }),
                extensions: false,
                onError: "ignore",
              },
            },
          };
          const planted = plant(plainCopy(document), evil(), place);
          for (const tried of [
            () => host.createExtensions(planted),
            () => host.decodeExtensions(poison),
            () => host.decodeExtensions(`{"custom":${poison}}`),
            () => host.mergeExtensions(envelope, returned, grant),
            () => isNew && freezePayload(evil()),
            () => isNew && createMessage(evil()),
            () => deny({ code: "no", reason: text, details: evil() }),
            () => isNew && definePlugin(evil()),
            () => definePlugin({ ...manifest, [text]: evil(), [poison]: 1 }),
          ]) {
            outcomeOf(tried);
          }
          const manager = await createPluginManager({ plugins: [definePlugin(manifest)] });
          await manager.invoke(point, { role: "user", content: [] }, { extensions: envelope });
          expect(realmText() === before).toBe(true);
          if (largeValues.has(alone)) tried.add(alone);
        },
      ),
      share(0.5),
    );
  });
});
