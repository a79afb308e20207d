/** Which mode of judging a stream is at least as strict as another. */
import { expect, it } from "vitest";
import { isAsStrict } from "../../../src/core/hooks/index.ts";

const small = { window: 5 };
const large = { window: 9 };

it.each([
  ["buffer", ["buffer", "sentence", small, large, "pass"]],
  ["sentence", ["sentence", "pass"]],
  [large, [small, large, { window: 9 }, "pass"]],
  [small, [small, "pass"]],
  ["pass", ["pass"]],
] as const)("%j lets out no more than %j, and more than the others", (mode, others) => {
  const all = ["buffer", "sentence", small, large, { window: 9 }, "pass"] as const;
  const found = all.filter((other) => isAsStrict(mode, other));
  const expected = all.filter((other) =>
    others.some((each) => JSON.stringify(each) === JSON.stringify(other)),
  );
  expect(found).toEqual(expected);
});
