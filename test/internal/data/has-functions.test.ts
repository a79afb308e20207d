/** How the library recognizes a manager, a transport, a store or a logger. */

import { expect, it } from "vitest";
import { hasFunctions } from "../../../src/core/data/index.ts";

const noop = () => undefined;

class Transport {
  start(): void {}
  send(): void {}
}

it.each([
  ["an object", { start: noop, send: noop }],
  ["an instance whose class has them", new Transport()],
  ["a function that has them", Object.assign(() => 1, { start: noop, send: noop })],
])("finds functions on %s", (_, value) => {
  expect(hasFunctions(value, ["start", "send"])).toBe(true);
});

it.each([
  ["null", null],
  ["nothing", undefined],
  ["an object that lacks one", { start: noop }],
  ["an object with something else in its place", { start: noop, send: "noop" }],
  ["a function without them", noop],
])("finds none on %s", (_, value) => {
  expect(hasFunctions(value, ["start", "send"])).toBe(false);
});

it("finds none on a string, although its prototype has methods", () => {
  expect(hasFunctions("text", ["trim"])).toBe(false);
});
