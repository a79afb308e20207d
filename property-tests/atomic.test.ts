/** Law of refusal: all of a result is applied, or nothing. */
import { describe, it } from "vitest";
import { checkLaw, mergeLaws } from "./support/laws.ts";
import { worlds } from "./support/tables.ts";

describe.each(worlds)("$name", (world) => {
  it("L20: a refused proposal leaves everything as it was, and in strict mode an ignored change refuses all of it", () =>
    checkLaw(mergeLaws(world), "L20"));
});
