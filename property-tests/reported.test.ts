/** Law of reports: what a plugin proposes is in the result, or the change is reported. */
import fc from "fast-check";
import { describe, it } from "vitest";
import { at } from "../src/testing/data.ts";
import { documentsOf, grantsOf } from "../src/testing/documents.ts";
import { broken } from "../src/testing/laws/law.ts";
import { type Part, partsOf } from "../src/testing/parts.ts";
import { containerAt } from "../src/testing/proposals.ts";
import { worlds } from "./support/tables.ts";

/** What a field may be proposed as: its default, which is what a new level has anyway, or more. */
function proposalsOf({ node }: Part): readonly unknown[] {
  const fallback = node.fallback?.();
  return typeof fallback === "string" ? [fallback, "other"] : [fallback ?? "other"];
}

describe.each(worlds)("$name", ({ slots, host }) => {
  const growing = slots.nodes.filter(({ grows }) => grows !== undefined).map(({ key }) => key);
  const fields = partsOf(slots).filter(
    ({ path, node }) =>
      path.length > 1 && node.compiled.shape === "scalar" && !growing.includes(path[0] ?? ""),
  );
  const changes = fc
    .subarray(fields, { minLength: 1, maxLength: 3 })
    .chain((parts) =>
      fc.tuple(
        ...parts.map((part) => fc.tuple(fc.constant(part), fc.constantFrom(...proposalsOf(part)))),
      ),
    );

  it("L72: a value that is proposed for a field is in the result, or the change is reported", () => {
    fc.assert(
      fc.property(documentsOf(slots), grantsOf(slots), changes, (document, grant, proposed) => {
        const envelope = host.createExtensions(document);
        const returned: Record<string, unknown> = {};
        for (const [{ path }, value] of proposed)
          containerAt(returned, path.slice(0, -1))[String(path.at(-1))] = value;
        const merged = (() => {
          try {
            return host.mergeExtensions(envelope, returned, grant);
          } catch {
            // A value that does not fit the schema refuses all of it.
            return undefined;
          }
        })();
        if (merged === undefined) return;
        const reported = merged.rejections.map(({ path }) => `${path}.`);
        for (const [{ path }, value] of proposed) {
          const name = path.join(".");
          if (Object.is(at(merged.extensions, path), value)) continue;
          if (reported.some((above) => `${name}.`.startsWith(above))) continue;
          broken(`With [${grant}] ${name} was proposed as ${fc.stringify(value)}, and is lost.`);
        }
      }),
    );
  });
});
