/** The limits of payloads while a host's call runs, and those of calls in it. */
import { expect, it } from "vitest";
import {
  payloadLimits,
  payloadLimitsInForce,
  underPayloadLimits,
} from "../../../src/core/data/index.ts";

const { nodes } = payloadLimits;
const nodesInForce = () => payloadLimitsInForce().nodes;

it("limits in force are those of the outer call where the inner one gives none", () => {
  const inner = () => [
    underPayloadLimits(undefined, nodesInForce),
    underPayloadLimits({ nodes: 6 }, nodesInForce),
    nodesInForce(),
  ];
  expect(underPayloadLimits({ nodes: 5 }, inner)).toEqual([5, 6, 5]);
  expect(nodesInForce()).toBe(nodes);
});

it("limits in force are as before when the work throws", () => {
  const fail = () => {
    throw new Error("boom");
  };
  expect(() => underPayloadLimits({ nodes: 5 }, fail)).toThrow("boom");
  expect(nodesInForce()).toBe(nodes);
});
