/** Headers that the gateway's own port does not take, but Envoy may. */
import { expect, it } from "vitest";
import { excessOf } from "../../../support/growth.ts";
import { identifierOf, requestOf } from "./support.ts";

const identifier = await identifierOf({ anonymous: true });

it.each([
  ["32 KiB of all", Array.from({ length: 10 }, (_, i) => [`x-h${i}`, "a".repeat(4000)]), 431],
  ["control characters", [["x-a", "a\u0001b"]], 400],
] as const)("%s are refused", async (_name, headers, status) => {
  const request = requestOf(headers as readonly (readonly [string, string])[]);
  const refusal = await identifier.identify(request, undefined);
  expect(refusal).toMatchObject({ status });
});

it("looks through what Connection names in time that grows with its length", async () => {
  const input = (count: number) => {
    const names = Array.from({ length: count }, (_, at) => `x-${at}`);
    const headers = new Headers(names.map((name) => [`${name}-own`, "1"]));
    headers.set("connection", names.join(","));
    return headers;
  };
  const run = (headers: Headers) => Object.keys(identifier.headersToShow(headers)).length;
  expect(run(input(2))).toBe(2);
  expect(await excessOf({ input, run }, { longTime: 100, largest: 32_768 })).toBeUndefined();
});
