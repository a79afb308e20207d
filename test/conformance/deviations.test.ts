import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { deviations } from "./deviations.ts";

const page = readFileSync(new URL("../../spec/vectors/README.md", import.meta.url), "utf8");

describe("the deviations", () => {
  it("are those that spec/vectors/README.md shows", () => {
    const shown = [...page.matchAll(/^\| `(\w+)\.json` \| `(\w+)` \| (.+) \|$/gm)];
    const listed = Object.entries(deviations).flatMap(([op, cases]) =>
      Object.entries(cases).map(([name, reason]) => [op, name, reason]),
    );
    expect(shown.map(([, op, name, reason]) => [op, name, reason])).toEqual(listed);
  });
});
