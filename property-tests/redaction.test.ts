/** Law of side outputs: no secret of a request gets into what is logged about it. */
import process from "node:process";
import { inspect } from "node:util";
import fc from "fast-check";
import { addLabels, deny, setHeader } from "glassine";
import { afterAll, describe, expect, it } from "vitest";
import type { AnyInvokeResult } from "../src/core/hooks/index.ts";
import { plainCopy } from "./support/data.ts";
import type { FullView } from "./support/dispatch.ts";
import { documentsOf } from "./support/documents.ts";
import { functionsOf } from "./support/host-functions.ts";
import { hostiles, places, plant, Watch } from "./support/hostile.ts";
import { outcomeOf } from "./support/outcome.ts";
import { expectSome } from "./support/runs.ts";
import { jsonValues, keys, mapOf, type Words } from "./support/schema-values.ts";
import { worlds } from "./support/tables.ts";

const canary = "s3cr3t";
const secrets = fc.nat(999).map((n) => `${canary}-${n}`);
const sensitive = fc
  .tuple(
    fc.constantFrom("authorization", "cookie", "set-cookie", "x-api-key", "proxy-authorization"),
    fc.infiniteStream(fc.boolean()),
  )
  .map(([name, upper]) =>
    [...name].map((c) => (upper.next().value ? c.toUpperCase() : c)).join(""),
  );
const { nested } = fc.letrec<{ nested: unknown }>((tie) => ({
  nested: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    secrets,
    fc.array(tie("nested"), { maxLength: 2 }),
    mapOf(fc.oneof(sensitive, keys), tie("nested"), 2),
  ),
}));
/** Documents whose strings from the caller are all secret: header values, claims, ids, labels. */
const words: Words = {
  texts: secrets,
  labels: secrets,
  keys,
  headers: mapOf(sensitive, secrets),
  json: nested,
};

const hook = "tool_pre_invoke";
const ends = ["label", "header", "garbage", "hostile", "throws", "shrinks", "denies", "hangs"];
const acts = fc.record({
  end: fc.constantFrom(...ends),
  onError: fc.constantFrom("fail", "ignore"),
  mode: fc.constantFrom("sequential", "audit", "concurrent", "fire_and_forget"),
  hostile: hostiles,
  place: places,
});
type Act = typeof acts extends fc.Arbitrary<infer T> ? T : never;

/** Returns what it received, including secrets, in many wrong ways. */
const handlerOf =
  ({ end, hostile, place }: Act) =>
  (payload: object, _context: unknown, view: FullView): unknown => {
    const copy = plainCopy(view) as object;
    switch (end) {
      case "label":
        return { modifiedExtensions: addLabels(view, JSON.stringify(view)) };
      case "header":
        return { modifiedExtensions: setHeader(view, JSON.stringify(view), "\n") };
      case "garbage":
        return { ...payload, [JSON.stringify(payload)]: payload };
      case "hostile":
        return { modifiedExtensions: plant(copy, hostile.make(new Watch()), place) };
      case "throws":
        throw new Error(JSON.stringify([payload, view]), { cause: view });
      case "shrinks":
        return { modifiedExtensions: { security: { labels: [] }, [JSON.stringify(payload)]: 1 } };
      case "hangs":
        return new Promise(() => {});
      default:
        return deny("no");
    }
  };

/** All of a result except data: payload, extensions, and metadata from plugins. */
function sideOf({ errors, rejections, executions, violation, context }: AnyInvokeResult) {
  return { errors, rejections, executions, violation, context };
}

const all = { showHidden: true, depth: 12, getters: true } as const;
const warnings: unknown[] = [];
const note = (warning: unknown) => warnings.push(warning);
process.on("warning", note);
afterAll(() => process.off("warning", note));

describe.each(worlds)("$name", (world) => {
  const { slots, host } = world;
  const { definePlugin, createPluginManager } = functionsOf(world);
  const documents = documentsOf(slots, words);

  it("L42: no secret of a request appears in errors, records, warnings, or an inspected manager or context", () => {
    let secret = 0;
    return fc
      .assert(
        fc.asyncProperty(
          documents,
          fc.array(acts, { maxLength: 4 }),
          mapOf(keys, nested, 3),
          mapOf(sensitive, secrets, 2),
          fc.boolean(),
          async (document, list, args, headers, strict) => {
            if (JSON.stringify(document).includes(canary)) secret += 1;
            const contexts: unknown[] = [];
            const plugins = list.map((act, index) => {
              const run = handlerOf(act);
              const handler = (payload: object, context: unknown, view: FullView) => {
                contexts.push(inspect(context, { ...all, getters: false }));
                return run(payload, context, view);
              };
              return definePlugin({
                name: `plugin-${index}`,
                version: "1.0.0",
                capabilities: slots.capabilities.names,
                hooks: {
                  [hook]: { handler, mode: act.mode, onError: act.onError, timeoutMs: 1 },
                },
              });
            });
            const manager = await createPluginManager({
              plugins,
              strict,
              onHandlerError: () => {},
            });
            const hasHttp = slots.names.includes("http");
            const payload = { name: "add", args, ...(hasHttp ? { headers } : {}) };
            const extensions = host.createExtensions(document);
            const result = await manager.invoke(hook, payload, { extensions });
            const report = await manager.close();
            const side = [sideOf(result), report, manager, plugins, contexts];
            expect(inspect(side, all)).not.toContain(canary);
            expect(inspect(warnings, all)).not.toContain(canary);
          },
        ),
      )
      .then(() => expectSome(secret));
  });

  it("L42: no error for a document, a payload or a proposal contains a secret", () => {
    fc.assert(
      fc.property(documents, hostiles, places, jsonValues, (document, hostile, place, value) => {
        const spoilt = plant(plainCopy(document), hostile.make(new Watch()), place);
        const odd = plant(plainCopy(document), value, place);
        const envelope = host.createExtensions(document);
        const { names } = slots.capabilities;
        for (const attempt of [
          () => host.createExtensions(spoilt),
          () => host.createExtensions(odd),
          () => host.decodeExtensions(odd, { strict: true }),
          () => host.decodeExtensions(JSON.stringify(document).slice(0, -1)),
          () => host.mergeExtensions(envelope, spoilt, names, { strict: true }),
          () => host.mergeExtensions(envelope, odd, names, { strict: true }),
        ]) {
          const outcome = outcomeOf(attempt as () => unknown);
          if (outcome.ok) continue;
          const { error } = outcome;
          expect(inspect([error, error.stack, error.data], all)).not.toContain(canary);
        }
      }),
    );
  });
});
