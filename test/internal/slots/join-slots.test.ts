import { expect, it } from "vitest";
import * as z from "zod";
import { joinSlots } from "../../../src/core/slots/index.ts";

it("two tables become one, which nobody can change", () => {
  const plain = {
    tier: "immutable",
    read: "everyone",
    description: "Of a test.",
    schema: z.object({ a: z.string().optional() }),
  };
  const both = joinSlots({ a: plain } as never, { b: plain } as never);
  expect(both).toEqual({ a: plain, b: plain });
  expect(Object.isFrozen(both)).toBe(true);
});
