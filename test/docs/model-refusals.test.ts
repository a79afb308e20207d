import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { setByTheProgram } from "../../src/providers/ai-sdk/middleware.ts";
import { refusals } from "../../src/providers/model/refusals.ts";

it("has each refusal of the guard, with its status, on the page about it", () => {
  const page = readFileSync("docs/guard-a-model.md", "utf8");
  const rows = [...page.matchAll(/^\| `([a-z_]+)` +\| (\d{3}) +\|/gm)];
  const listed = rows.map(([, code, status]) => [code, Number(status)]);
  const known = Object.entries(refusals).map(([code, [status]]) => [code, status]);
  expect(listed.sort()).toEqual(known.sort());
});

it("has what the middleware of the AI SDK lets pass by default on the page about it", () => {
  const page = readFileSync("docs/ai-sdk.md", "utf8");
  const [line = ""] = page.match(/^A list in `allow` replaces the default.*$/m) ?? [];
  const [, ...listed] = [...line.matchAll(/`([^`]+)`/g)].map(([, entry]) => entry);
  expect(listed).toEqual(setByTheProgram);
});
