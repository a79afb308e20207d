import { describe, expect, it } from "vitest";
import { checkPlan, checkRooms, roomOf } from "./check-rooms.ts";
import { type Plan, plan } from "./rooms.ts";
import { readSource } from "./source-file.ts";
import { readTree } from "./source-tree.ts";

describe("the rooms of src/", () => {
  const files = readTree();
  const rooms = Object.keys(plan.rooms);

  it("have each an index, and are all there", () => {
    const indexes = files
      .map(({ path }) => path)
      .filter((path) => /^src\/[^/]+\/index\.ts$/.test(path));
    // Adapters have an entry each, and so no index of their own.
    const expected = rooms
      .filter((room) => room !== "adapters")
      .map((room) => `src/${room}/index.ts`);
    expect(indexes).toEqual(expect.arrayContaining(expected));
    expect(new Set(files.map(({ path }) => roomOf(path)))).toEqual(new Set(["", ...rooms]));
  });

  it("are read whole: many files, and imports between most rooms", () => {
    expect(files.length).toBeGreaterThan(40);
    const pairs = files.flatMap((file) =>
      file.imports
        .filter(({ specifier }) => specifier.startsWith("../"))
        .map(({ specifier }) => `${roomOf(file.path)} ${specifier}`),
    );
    expect(new Set(pairs).size).toBeGreaterThan(20);
    for (const name of Object.keys(plan.packages))
      expect(
        files.filter((file) => file.imports.some(({ specifier }) => specifier === name)),
      ).not.toEqual([]);
  });

  it("import one another in one direction, as the plan says", () => {
    const problems = checkRooms(files, plan);
    expect(problems, `\n${problems.join("\n")}\n`).toEqual([]);
  });
});

describe("the plan", () => {
  it("has one direction", () => {
    expect(checkPlan(plan)).toEqual([]);
  });

  it("lists no side door that nobody uses", () => {
    const used = readTree().map(({ path }) => path);
    for (const { from, to } of plan.sideDoors)
      expect(used).toEqual(expect.arrayContaining([from, to]));
  });

  it("lists no loader that is not there, or loads nothing", () => {
    const files = readTree();
    for (const path of plan.loaders)
      expect(files.find((file) => file.path === path)?.computedImports).not.toEqual([]);
  });

  it("is refused when a room may import a later one, or one that is not there", () => {
    const turned: Plan = {
      ...plan,
      rooms: {
        low: { mayImport: ["high"] },
        high: { mayImport: ["low"], mayImportTypes: ["gone"] },
      },
      door: { mayImport: ["low", "lost"] },
      packages: { zod: ["nowhere"] },
    };
    expect(checkPlan(turned)).toEqual([
      "low may import high, which is not a room listed before it.",
      "high may import gone, which is not a room listed before it.",
      "The door may import lost, which is not a room.",
      "zod is at home in nowhere, which is not a room.",
    ]);
  });
});

describe("the checker", () => {
  const check = (path: string, text: string, changes: Partial<Plan> = {}) =>
    checkRooms([readSource(path, text)], { ...plan, ...changes });

  it.each([
    ["src/filter/view.ts", 'import { a } from "./walk.ts";'],
    ["src/filter/view.ts", 'import { a } from "../slots/index.ts";'],
    ["src/filter/view.ts", 'import type { A } from "../errors/index.ts";'],
    ["src/filter/deep/view.ts", 'export * from "../walk.ts"; import "../../errors/index.ts";'],
    ["src/slots/table.ts", 'import * as z from "zod"; import * as m from "zod/mini";'],
    ["src/adapters/mcp/index.ts", 'import type { A } from "../../host/index.ts";'],
    ["src/adapters/mcp/index.ts", 'type A = import("../../plugins/index.ts").A;'],
    ["src/adapters/mcp/index.ts", 'import { a } from "../adapter.ts"; import "./wire.ts";'],
    ["src/index.ts", 'export { a } from "./host/index.ts";'],
    ["src/slots/table.ts", "const from = 1; // import '../plugins/index.ts'"],
    ["src/slots/table.ts", "const text = `import '../plugins/index.ts'`;"],
  ])("accepts %s with %s", (path, text) => {
    expect(check(path, text)).toEqual([]);
  });

  it.each([
    // Every way there is to name another module.
    ["src/filter/view.ts", 'import { a } from "../hooks/index.ts";', "filter may import errors,"],
    ["src/filter/view.ts", 'import "../hooks/index.ts";', "filter may import errors,"],
    ["src/filter/view.ts", 'import type { A } from "../hooks/index.ts";', "filter may import"],
    ["src/filter/view.ts", 'export { a } from "../hooks/index.ts";', "filter may import errors,"],
    ["src/filter/view.ts", 'export * from "../hooks/index.ts";', "filter may import errors,"],
    ["src/filter/view.ts", 'export type * from "../hooks/index.ts";', "filter may import"],
    ["src/filter/view.ts", 'await import("../hooks/index.ts");', "filter may import errors,"],
    ["src/filter/view.ts", "await import(`../hooks/index.ts`);", "filter may import errors,"],
    ["src/filter/view.ts", 'type A = import("../hooks/index.ts").A;', "filter may import"],
    ["src/filter/view.ts", 'type A = typeof import("../hooks/index.ts");', "filter may import"],
    ["src/filter/view.ts", 'import a = require("../hooks/index.ts");', "filter may import"],
    ["src/filter/view.ts", 'const a = require("../hooks/index.ts");', "filter may import"],
    ["src/filter/view.ts", "await import(where);", "a computed path"],
    ["src/filter/view.ts", "await import(`../${room}/index.ts`);", "a computed path"],
    // The rooms and their doors.
    ["src/errors/codes.ts", 'import "../admit/index.ts";', "errors may import nothing."],
    ["src/messages/part.ts", 'import "../extensions/index.ts";', "messages may import errors,"],
    ["src/merge/tiers.ts", 'import "../slots/table.ts";', "through src/slots/index.ts."],
    ["src/merge/tiers.ts", 'import "../slots/deep/index.ts";', "through src/slots/index.ts."],
    ["src/host/define.ts", 'import "../index.ts";', "the public door is for users"],
    ["src/host/define.ts", 'import "../adapters/mcp/index.ts";', "host may import errors,"],
    ["src/host/define.ts", 'import "../../test/support/a.ts";', "that leaves src/."],
    ["src/index.ts", 'export { a } from "./adapters/mcp/index.ts";', "index.ts may import errors,"],
    ["src/index.ts", 'export { a } from "./slots/table.ts";', "through src/slots/index.ts."],
    // Adapters: types only from above, and each alone.
    [
      "src/adapters/mcp/index.ts",
      'import { a } from "../../host/index.ts";',
      "only types from host",
    ],
    ["src/adapters/mcp/index.ts", 'import { type A } from "../../host/index.ts";', "only types"],
    ["src/adapters/mcp/index.ts", 'import type { A } from "../../host/a.ts";', "host is entered"],
    ["src/adapters/mcp/index.ts", 'import "../../merge/index.ts";', "adapters may import"],
    ["src/adapters/mcp/index.ts", 'import "../openai/index.ts";', "adapters/openai stands alone"],
    ["src/adapters/adapter.ts", 'import "./openai/index.ts";', "adapters/openai stands alone"],
    // Dependencies.
    ["src/filter/view.ts", 'import * as z from "zod";', "zod is at home in audit, slots, admit,"],
    ["src/merge/draft.ts", 'import { produce } from "immer";', "immer is at home in extensions."],
    [
      "src/slots/table.ts",
      'import { match } from "ts-pattern";',
      "ts-pattern is at home in hooks,",
    ],
    ["src/hooks/a.ts", 'import equal from "fast-deep-equal";', "fast-deep-equal is at home in"],
    ["src/hooks/a.ts", 'import * as z from "zod-to-anything";', "zod-to-anything has no home"],
    ["src/hooks/a.ts", 'import type { A } from "@modelcontextprotocol/sdk/types.js";', "no home"],
    ["src/hooks/a.ts", 'import { a } from "glassine";', "glassine has no home in src/."],
    ["src/hooks/a.ts", 'import fs from "node:fs";', "node:fs is at home in packages,"],
    ["src/hooks/a.ts", 'import net from "node:net";', "node:net has no home in src/."],
    ["src/hooks/a.ts", "await import(name);", "imports a computed path"],
    ["src/hooks/a.ts", 'import x from "constructor";', "constructor has no home in src/."],
    ["src/hooks/a.ts", '/// <reference types="node" />', "node has no home in src/."],
    // Files.
    ["src/helpers.ts", "", "is in no room of the plan."],
    ["src/attic/a.ts", "", "is in no room of the plan."],
    ["src/constructor/a.ts", "", "is in no room of the plan."],
    ["src/slots/utils.ts", "", "is named for nothing"],
    ["src/slots/util/sort.ts", "", "is named for nothing"],
    ["src/slots/table.ts", "\n".repeat(351), "has 351 lines, 350 is the most"],
  ])("refuses %s with %s", (path, text, message) => {
    const problems = check(path, text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
    expect(problems[0]).toContain(path);
  });

  it("names file and line", () => {
    expect(check("src/filter/view.ts", '\n\nimport { a } from "../hooks/index.ts";')).toEqual([
      'src/filter/view.ts:3 imports "../hooks/index.ts": filter may import errors, admit, slots, extensions.',
    ]);
  });

  it("lets a listed side door pass, for the file it is listed for", () => {
    const sideDoors = [{ from: "src/merge/tiers.ts", to: "src/slots/table.ts", because: "test" }];
    const text = 'import { a } from "../slots/table.ts";';
    expect(check("src/merge/tiers.ts", text, { sideDoors })).toEqual([]);
    expect(check("src/merge/other.ts", text, { sideDoors })).toHaveLength(1);
  });

  it("does not let a side door turn the direction", () => {
    const sideDoors = [{ from: "src/slots/table.ts", to: "src/merge/tiers.ts", because: "test" }];
    expect(check("src/slots/table.ts", 'import "../merge/tiers.ts";', { sideDoors })).toHaveLength(
      1,
    );
  });

  it("leaves the length of generated files alone", () => {
    const long = "\n".repeat(1000);
    expect(check("src/slots/generated/readers.ts", long)).toEqual([]);
    expect(check("src/slots/readers.generated.ts", long)).toEqual([]);
    expect(check("src/slots/table.ts", "\n".repeat(350))).toEqual([]);
  });
});
