/** The laws of the test kit, as a host runs them on its own slots. */
// Only in test:all: it runs every law of the test kit.
import { defineHost } from "glassine/host";
import { describe, expect, it } from "vitest";
import { type Law, slotLaws } from "../src/testing/index.ts";
import { share } from "./support/runs.ts";
import { yardSlots } from "./support/tables.ts";

// With the standard slots, the table would have more capabilities than fit a mask.
const { dossier: _, ...slots } = yardSlots;

const hosts: readonly (readonly [string, readonly Law[]])[] = [
  ["the standard host", slotLaws()],
  ["a host of one's own", slotLaws(defineHost({ slots }))],
];

describe.each(hosts)("%s", (_name, laws) => {
  it.each(laws.map((law) => [law.id, law.text, law] as const))(
    "%s: %s",
    async (_id, _text, law) => {
      await law.check(share(0.5));
    },
  );
});

it("are numbered, each once", () => {
  for (const [, laws] of hosts) {
    const ids = laws.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every((id) => /^L[1-9][0-9]*$/.test(id))).toBe(true);
  }
});
