/** The hidden data of a view: the view that it edits, and the size of its envelope. */
import { createExtensions, filterExtensions, setCustom, withSlots } from "glassine";
import { describe, expect, it } from "vitest";
import { brandOf, type Slots, sizeOf } from "../../../src/core/envelope/filter.ts";
import type { EnvelopeBrand } from "../../../src/core/envelope/index.ts";

const grant = ["append_labels"] as const;

it("an edit keeps its view alive, but no earlier edit", () => {
  const view = filterExtensions(createExtensions({}), []);
  const edited = setCustom(view, "a", 1);
  expect(brandOf(edited)?.editOf).toBe(view);
  expect(brandOf(setCustom(edited, "b", 2))?.editOf).toBe(undefined);
});

it("what envelopes of a host share is one object", () => {
  const [one, other] = [{}, { agent: { turn: 1 } }].map((made) => brandOf(createExtensions(made)));
  expect(other?.kind).toBe(one?.kind);
});

describe("the brand of a view", () => {
  const envelope = createExtensions({ custom: { text: "four" } });

  it("has the size of its envelope, including hidden parts", () => {
    for (const document of [{}, { agent: { input: "hidden" } }, { custom: { a: [1, 2] } }]) {
      const made = createExtensions(document);
      const { nodes, units } = brandOf(made) ?? {};
      expect(nodes).toBeGreaterThan(0);
      const view = filterExtensions(made, []);
      expect(brandOf(view)).toMatchObject({ nodes, units });
      const { slots } = (brandOf(made) as EnvelopeBrand).kind;
      expect(sizeOf(slots, view as Slots)).toEqual({ nodes, units });
    }
  });

  it.each([
    ["more text in as many values", { custom: { text: "longer" } }],
    ["more values with as much text", { custom: { text: "fou", n: 1 } }],
  ])("differs for an envelope that has %s", (_, document) => {
    const one = brandOf(filterExtensions(envelope, grant));
    const other = brandOf(createExtensions(document));
    const differs = [other?.nodes !== one?.nodes, other?.units !== one?.units];
    expect(differs.filter(Boolean)).toHaveLength(1);
    const { nodes, units } = other ?? {};
    const view = filterExtensions(createExtensions(document), grant);
    expect(brandOf(view)).toMatchObject({ nodes, units });
  });

  it("is shared by views of an envelope, of its unchanged copies, and of others of its size", () => {
    const like = createExtensions({ custom: { text: "five" } });
    const views = [envelope, envelope, withSlots(envelope, {}), like].map((made) =>
      brandOf(filterExtensions(made, grant)),
    );
    expect(views[0]?.kind.mask).toBeTypeOf("number");
    for (const mark of views) expect(mark).toBe(views[0]);
  });
});
