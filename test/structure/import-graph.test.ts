import { readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { describe, expect, it } from "vitest";
import { root } from "../docs/support/pages.ts";
import { allRooms, checkPlan, checkRooms, circlesOf, roomOf } from "./check-rooms.ts";
import { type Plan, plan } from "./rooms.ts";
import { packageOf, readSource } from "./source-file.ts";
import { readTree } from "./source-tree.ts";

describe("the rooms of src/", () => {
  const files = readTree();
  const paths = files.map(({ path }) => path);
  const rooms = allRooms(plan);

  it("have each an index, and are all there", () => {
    expect(paths).toEqual(expect.arrayContaining(rooms.map((room) => `src/${room}/index.ts`)));
    expect(new Set(paths.map((path) => roomOf(path, plan)))).toEqual(new Set(["", ...rooms]));
  });

  it("are read whole: many files, and imports between most rooms", () => {
    expect(files.length).toBeGreaterThan(40);
    const pairs = files.flatMap((file) =>
      file.imports
        .filter(({ specifier }) => specifier.startsWith("../"))
        .map(({ specifier }) => `${roomOf(file.path, plan)} ${specifier}`),
    );
    expect(new Set(pairs).size).toBeGreaterThan(20);
    for (const name of Object.keys(plan.packages))
      expect(
        files.filter((file) => file.imports.some(({ specifier }) => packageOf(specifier) === name)),
      ).not.toEqual([]);
  });

  it("import one another in one direction, as the plan says", () => {
    const problems = checkRooms(files, plan);
    expect(problems, `\n${problems.join("\n")}\n`).toEqual([]);
  });

  it("have no files that import one another in a circle", () => {
    expect(circlesOf(files)).toEqual([]);
  });
});

it("what src imports is installed with the package, or is a peer; immer is written in", () => {
  const manifest = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
  const installed = { ...manifest.dependencies, ...manifest.peerDependencies, immer: "" };
  const imported = readTree().flatMap(({ imports }) =>
    imports
      .map(({ specifier }) => packageOf(specifier))
      .filter((name) => !name.startsWith(".") && !isBuiltin(name)),
  );
  expect(imported).toContain("yaml");
  expect([...new Set(imported)].filter((name) => !Object.hasOwn(installed, name))).toEqual([]);
});

describe("the plan", () => {
  it("has one direction", () => {
    expect(checkPlan(plan)).toEqual([]);
  });

  it("opens no file that nobody imports from another room", () => {
    expect(readTree().map(({ path }) => path)).toEqual(expect.arrayContaining([...plan.open]));
    const closed = checkRooms(readTree(), { ...plan, open: [] });
    for (const path of plan.open) {
      const name = path.split("/").at(-1);
      expect(closed.filter((problem) => problem.includes(`/${name}"`))).not.toEqual([]);
    }
  });

  it("lists no loader that is not there, or loads nothing", () => {
    const files = readTree();
    for (const path of plan.loaders)
      expect(files.find((file) => file.path === path)?.computedImports).not.toEqual([]);
  });

  it("is refused when a wing may import a later one, or one that is not there", () => {
    const turned: Plan = {
      ...plan,
      wings: {
        low: { rooms: ["a"], mayImport: ["high"] },
        high: { rooms: ["b"], mayImport: ["gone"] },
      },
      rooms: { small: ["low/b"] },
      outside: ["small"],
      doorsMayImport: ["lost"],
      packages: { zod: ["nowhere"] },
    };
    expect(checkPlan(turned)).toEqual([
      "low may import high, which is not a wing listed before it.",
      "high may import gone, which is not a wing listed before it.",
      "small may import low/b, which is not a wing or room.",
      "The doors may import lost, which is not a wing or room.",
      "zod is at home in nowhere, which is not a wing or room.",
    ]);
  });
});

describe("circles of files", () => {
  const circlesIn = (sources: Record<string, string>) =>
    circlesOf(Object.entries(sources).map(([path, text]) => readSource(`src/${path}.ts`, text)));

  it("are found through types, exports and other files", () => {
    const sources = {
      a: 'import type { B } from "./b.ts";',
      b: 'export * from "./c.ts";',
      c: 'import { a } from "./a.ts"; import "./d.ts";',
      d: 'type E = import("./e.ts").E;',
      e: 'import "./d.ts";',
      f: 'import "./a.ts"; import "./e.ts";',
    };
    expect(circlesIn(sources)).toEqual([
      ["src/d.ts", "src/e.ts"],
      ["src/a.ts", "src/b.ts", "src/c.ts"],
    ]);
  });

  it("are not made by two ways to one file", () => {
    const sources = { a: 'import "./b.ts"; import "./c.ts";', b: 'import "./c.ts";', c: "" };
    expect(circlesIn(sources)).toEqual([]);
  });
});

describe("the checker", () => {
  const check = (path: string, text: string, changes: Partial<Plan> = {}) =>
    checkRooms([readSource(`src/${path}`, text)], { ...plan, ...changes });

  it.each([
    ["core/envelope/view.ts", 'import { a } from "./walk.ts";'],
    ["core/envelope/view.ts", 'import { a } from "../slots/index.ts";'],
    ["core/envelope/view.ts", 'import type { A } from "../errors/index.ts";'],
    ["core/envelope/deep/view.ts", 'export * from "../walk.ts"; import "../../errors/index.ts";'],
    ["core/envelope/view.ts", 'import { freeze } from "../data/intrinsics.ts";'],
    ["core/slots/table.ts", 'import * as z from "zod"; import * as m from "zod/mini";'],
    ["providers/mcp/index.ts", 'import { a } from "../../core/host/index.ts";'],
    ["providers/mcp/index.ts", 'type A = import("../../core/plugins/index.ts").A;'],
    ["providers/mcp/index.ts", 'import { a } from "../rewrite/index.ts"; import "./wire.ts";'],
    [
      "testing/index.ts",
      'import "../core/slots/index.ts"; import "../providers/rewrite/index.ts";',
    ],
    ["index.ts", 'export { a } from "./core/host/index.ts";'],
    ["core/slots/table.ts", "const from = 1; // import '../plugins/index.ts'"],
    ["core/slots/table.ts", "const text = `import '../plugins/index.ts'`;"],
  ])("accepts %s with %s", (path, text) => {
    expect(check(path, text)).toEqual([]);
  });

  it.each([
    // Every way to import another module.
    ["core/envelope/view.ts", 'import { a } from "../hooks/index.ts";', "core/envelope may import"],
    ["core/envelope/view.ts", 'import "../hooks/index.ts";', "core/envelope may import"],
    ["core/envelope/view.ts", 'import type { A } from "../hooks/index.ts";', "may import core/err"],
    ["core/envelope/view.ts", 'export { a } from "../hooks/index.ts";', "may import core/errors,"],
    ["core/envelope/view.ts", 'export * from "../hooks/index.ts";', "may import core/errors,"],
    ["core/envelope/view.ts", 'export type * from "../hooks/index.ts";', "may import core/errors,"],
    ["core/envelope/view.ts", 'await import("../hooks/index.ts");', "may import core/errors,"],
    ["core/envelope/view.ts", "await import(`../hooks/index.ts`);", "may import core/errors,"],
    ["core/envelope/view.ts", 'type A = import("../hooks/index.ts").A;', "may import core/errors,"],
    [
      "core/envelope/view.ts",
      'type A = typeof import("../hooks/index.ts");',
      "may import core/err",
    ],
    [
      "core/envelope/view.ts",
      'import a = require("../hooks/index.ts");',
      "may import core/errors,",
    ],
    ["core/envelope/view.ts", 'const a = require("../hooks/index.ts");', "may import core/errors,"],
    ["core/envelope/view.ts", "await import(where);", "a computed path"],
    ["core/envelope/view.ts", "await import(`../${room}/index.ts`);", "a computed path"],
    // The rooms and their doors.
    ["core/errors/codes.ts", 'import "../data/index.ts";', "core/errors may import nothing."],
    ["core/envelope/merge.ts", 'import "../slots/table.ts";', "through src/core/slots/index.ts."],
    ["core/envelope/merge.ts", 'import "../slots/deep/index.ts";', "through src/core/slots/index"],
    ["core/host/define.ts", 'import "../../index.ts";', "the public entries are for users"],
    ["core/host/define.ts", 'import "../attic/a.ts";', "that is in no room."],
    ["core/host/define.ts", 'import "../../../test/support/a.ts";', "that leaves src/."],
    [
      "index.ts",
      'export { a } from "./providers/mcp/index.ts";',
      "A public entry may import core.",
    ],
    ["index.ts", 'export { a } from "./core/slots/table.ts";', "through src/core/slots/index.ts."],
    // The wings.
    ["core/host/define.ts", 'import "../../providers/mcp/index.ts";', "core/host may import core/"],
    ["core/host/define.ts", 'import "../../operate/cli/index.ts";', "core/host may import core/"],
    ["core/host/define.ts", 'import "../../redis/index.ts";', "core/host may import core/"],
    ["operate/cli/a.ts", 'import "../../providers/mcp/index.ts";', "operate/cli may import core,"],
    [
      "operate/trust/a.ts",
      'import "../cli/index.ts";',
      "may import core, operate/packages, operate/isolate.",
    ],
    [
      "providers/mcp/a.ts",
      'import "../../operate/trust/index.ts";',
      "may import core, providers/r",
    ],
    [
      "providers/mcp/a.ts",
      'import "../openai/index.ts";',
      "may import core, providers/rewrite, providers/guard, providers/model.",
    ],
    ["providers/rewrite/a.ts", 'import "../openai/index.ts";', "rewrite may import core."],
    ["providers/mcp/a.ts", 'import "../../core/host/a.ts";', "core/host is entered"],
    ["redis/a.ts", 'import "../providers/mcp/index.ts";', "redis may import core."],
    // Dependencies.
    ["operate/discovery/a.ts", 'import * as z from "zod";', "zod is at home in core, providers,"],
    ["core/messages/draft.ts", 'import { produce } from "immer";', "immer is at home in core/env"],
    ["core/slots/table.ts", 'import { valid } from "semver";', "is at home in core/plugins."],
    ["core/hooks/a.ts", 'import equal from "fast-deep-equal";', "fast-deep-equal is at home in"],
    ["core/hooks/a.ts", 'import * as z from "zod-to-anything";', "zod-to-anything has no home"],
    ["core/hooks/a.ts", 'import type { A } from "@modelcontextprotocol/sdk/types.js";', "no home"],
    ["core/hooks/a.ts", 'import { a } from "glassine";', "glassine has no home in src/."],
    ["core/hooks/a.ts", 'import fs from "node:fs";', "node:fs is at home in operate, gateway."],
    ["core/hooks/a.ts", 'import net from "node:net";', "node:net is at home in gateway."],
    ["core/hooks/a.ts", "await import(name);", "imports a computed path"],
    ["core/hooks/a.ts", 'import x from "constructor";', "constructor has no home in src/."],
    ["core/hooks/a.ts", '/// <reference types="node" />', "node has no home in src/."],
    // Files.
    ["helpers.ts", "", "is in no room of the plan."],
    ["attic/a.ts", "", "is in no room of the plan."],
    ["core/a.ts", "", "is in no room of the plan."],
    ["core/attic/a.ts", "", "is in no room of the plan."],
    ["constructor/a.ts", "", "is in no room of the plan."],
    ["core/slots/utils.ts", "", "is named for nothing"],
    ["core/slots/util/sort.ts", "", "is named for nothing"],
    ["core/slots/table.ts", "\n".repeat(501), "has 501 lines, 500 is the most"],
  ])("refuses %s with %s", (path, text, message) => {
    const problems = check(path, text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
    expect(problems[0]).toContain(path);
  });

  it("names file and line", () => {
    expect(check("core/slots/a.ts", '\n\nimport { a } from "../hooks/index.ts";')).toEqual([
      'src/core/slots/a.ts:3 imports "../hooks/index.ts": core/slots may import core/errors, core/data, core/schema.',
    ]);
  });

  it("does not let an open file turn the direction", () => {
    const open = ["src/core/envelope/merge.ts"];
    const text = 'import "../envelope/merge.ts";';
    expect(check("core/messages/a.ts", text, { open })).toEqual([]);
    expect(check("core/slots/a.ts", text, { open })).toHaveLength(1);
  });

  it("leaves the length of generated files alone", () => {
    const long = "\n".repeat(1000);
    expect(check("core/slots/generated/readers.ts", long)).toEqual([]);
    expect(check("core/slots/readers.generated.ts", long)).toEqual([]);
    expect(check("core/slots/table.ts", "\n".repeat(500))).toEqual([]);
  });
});
