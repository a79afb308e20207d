/** A stamp, by which the library knows its own objects, is read only from the object it was put on. */
import { expect, it } from "vitest";
import { createStamp } from "../../../src/core/data/intrinsics.ts";

it("is not found on a copy, an heir, a proxy, or what is no object", () => {
  const stamp = createStamp<{ readonly by: string }>();
  const other = createStamp<{ readonly by: string }>();
  const value = stamp.put({ a: 1 }, { by: "me" });
  expect(stamp.of(value)).toEqual({ by: "me" });
  expect(other.of(value)).toBeUndefined();
  for (const foreign of [
    { ...value },
    Object.create(value),
    new Proxy(value, {}),
    null,
    5,
    undefined,
  ]) {
    expect(stamp.of(foreign)).toBeUndefined();
  }
});
