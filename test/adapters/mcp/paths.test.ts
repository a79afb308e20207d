/** Every string of MCP's schemas is shown to a hook, or passes by an option. */

import { readFileSync } from "node:fs";
import { hookNames } from "glassine";
import { describe, expect, it } from "vitest";
import { mcpPaths } from "../../../tools/scripts/mcp-paths.ts";
import { textPlaces } from "../../../tools/scripts/mcp-schema-paths.ts";
import { verifies } from "../../support/verifies.ts";

interface Entry {
  readonly method: string;
  readonly part: string;
  readonly revisions: readonly string[];
  readonly seen_at: readonly string[];
  readonly paths: readonly string[];
}

const file = new URL("../../../spec/mcp-paths.json", import.meta.url);
const entries = JSON.parse(readFileSync(file, "utf8")) as readonly Entry[];

function keysOf(list: readonly Entry[]): readonly string[] {
  return list
    .flatMap(({ method, part, revisions, paths }) =>
      revisions.flatMap((revision) =>
        paths.map((path) => [revision, method, part, path].join(" ")),
      ),
    )
    .sort();
}

describe("the table of MCP's strings", () => {
  it("has every path of the schemas, once", () => {
    const places = textPlaces().map(({ revision, method, part, path }) =>
      [revision, method, part, path].join(" "),
    );
    expect(keysOf(entries)).toEqual(places.sort());
    expect(places.length).toBeGreaterThan(2000);
  });

  it("names a hook of the standard host for each, or what the host lets pass", () => {
    verifies("mcp:guard-paths");
    const known = new Set([...Object.keys(hookNames), "tokens"]);
    expect(entries.filter(({ seen_at }) => seen_at.length === 0)).toEqual([]);
    expect(entries.flatMap(({ seen_at }) => seen_at).filter((name) => !known.has(name))).toEqual(
      [],
    );
  });

  it("describes what a guard does", async () => {
    const measured = new Map(
      (await mcpPaths()).map(({ method, part, path, revisions, seenAt }) => [
        [method, part, path, revisions.join()].join(" "),
        seenAt,
      ]),
    );
    for (const { method, part, paths, revisions, seen_at } of entries) {
      for (const path of paths) {
        const key = [method, part, path, revisions.join()].join(" ");
        expect([key, measured.get(key)]).toEqual([key, seen_at]);
      }
    }
  }, 120_000);

  it("lets only tokens pass, and no descriptive text", () => {
    const passing = entries
      .filter(({ seen_at }) => seen_at.includes("tokens"))
      .flatMap(({ paths }) => paths)
      .map((path) => path.split(/[./]/).at(-1) ?? "");
    expect(
      passing.filter((name) => /description|title|src|text|message|instructions/i.test(name)),
    ).toEqual([]);
  });
});
