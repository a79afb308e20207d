// Only in test:all: it makes many packages.
/** What a plugin depends on, as discovery compares it with an entry of a lock. */
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commandServices, runJson } from "../cli/support/run.ts";
import { freshFolder, isLinux, type Tree, writeTree } from "../packages/hash-support.ts";
import { verifies } from "../support/verifies.ts";
import { discover } from "./support.ts";

/** The package.json of a package. */
const json = (name: string, more: object = {}): string =>
  `${JSON.stringify({ name, version: "1.0.0", ...more })}\n`;

/** A package of that name: `NAME/package.json` and a module. That of `guard` is a plugin. */
function files(at: string, name: string, more: object = {}): Tree {
  const fields = name === "guard" ? { glassine: { plugin: "./index.js" }, ...more } : more;
  return { [`${at}/package.json`]: json(name, fields), [`${at}/index.js`]: `// ${name}\n` };
}

/** A root with these files. The plugin is `node_modules/guard`. */
function rootOf(...trees: readonly Tree[]): string {
  const root = freshFolder();
  for (const tree of trees) writeTree(root, tree);
  return root;
}

const guard = "node_modules/guard";

/** Compares the plugin with an entry that trusts no dependency. No code of it runs. */
async function closureAt(root: string) {
  const lock = `[[plugins]]
id = "guard"
package = "guard"
version = "1.0.0"
entry_point = "index.js:default"
distribution_hash = "sha256:${"0".repeat(64)}"
`;
  writeTree(root, { "plugins.lock": lock });
  const { drift, rejected } = await discover(root, { env: {} });
  const actualOf = (wanted: string) =>
    drift.flatMap(({ kind, actual = "" }) => (kind === wanted ? [actual] : []));
  return {
    members: actualOf("dependency_mismatch"),
    foreign: actualOf("foreign_package").map((path) => relative(root, resolve(root, guard, path))),
    rejected: rejected.map(({ code, reason }) => `${code}: ${reason}`).join(),
  };
}

/** Without a fault of its own, the plugin is refused because nobody signed it. */
const sound = expect.stringMatching(/^unsigned: /);

/** The members as the lockfile has them, without the hash. */
async function membersAt(root: string): Promise<readonly string[]> {
  return (await closureAt(root)).members.map((text) => text.replace("==", "@").split(" ")[0] ?? "");
}

async function foreignAt(root: string): Promise<readonly string[]> {
  return (await closureAt(root)).foreign;
}

describe("the closure of a plugin", () => {
  describe("members", () => {
    verifies("closure:members", "closure:names");

    it("include direct and transitive dependencies", async () => {
      const root = rootOf(
        files(guard, "guard", { dependencies: { "is-odd": "*", "@acme/log": "*" } }),
        files("node_modules/is-odd", "is-odd", { dependencies: { "is-number": "*" } }),
        files("node_modules/is-number", "is-number", { dependencies: { "is-odd": "*" } }),
        files(`${guard}/node_modules/@acme/log`, "@acme/log"),
        files("node_modules/unrelated", "unrelated"),
      );
      expect(await membersAt(root)).toEqual(["@acme/log@1.0.0", "is-number@1.0.0", "is-odd@1.0.0"]);
      expect(await closureAt(root)).toMatchObject({ foreign: [], rejected: sound });
    });

    it("include packages that a bundled package finds beside it", async () => {
      const root = rootOf(
        files(guard, "guard", { dependencies: { "is-odd": "*" }, bundleDependencies: ["is-odd"] }),
        files(`${guard}/node_modules/is-odd`, "is-odd", { dependencies: { "is-number": "*" } }),
        files(`${guard}/node_modules/is-number`, "is-number"),
      );
      expect(await membersAt(root)).toEqual(["is-number@1.0.0", "is-odd@1.0.0"]);
      const before = await closureAt(root);
      writeFileSync(join(root, guard, "node_modules/is-number/index.js"), "evil();\n");
      const after = await closureAt(root);
      expect(after.members[0]).not.toBe(before.members[0]);
      expect(after.members[1]).toBe(before.members[1]);
    });

    it("hashes a member without its own node_modules", async () => {
      const tree = [
        files(guard, "guard", { dependencies: { "is-odd": "*" } }),
        files("node_modules/is-odd", "is-odd", {
          dependencies: { "is-number": "*" },
          bundleDependencies: ["is-number"],
        }),
      ];
      const nested = rootOf(
        ...tree,
        files("node_modules/is-odd/node_modules/is-number", "is-number"),
      );
      const beside = rootOf(...tree, files("node_modules/is-number", "is-number"));
      const texts = async (root: string) => (await closureAt(root)).members;
      expect(await texts(nested)).toEqual(await texts(beside));
    });

    it("include optional dependencies and peers of dependencies if installed", async () => {
      const tree = [
        files(guard, "guard", { dependencies: { a: "*" }, optionalDependencies: { gone: "*" } }),
        files("node_modules/a", "a", { peerDependencies: { b: "*", lost: "*" } }),
      ];
      const root = rootOf(...tree, files("node_modules/b", "b"));
      expect(await membersAt(root)).toEqual(["a@1.0.0", "b@1.0.0"]);
      expect((await closureAt(root)).rejected).toEqual(sound);
    });

    it("are named as they are imported", async () => {
      const root = rootOf(
        files(guard, "guard", { dependencies: { alias: "npm:real@1" } }),
        files("node_modules/alias", "real"),
      );
      expect(await membersAt(root)).toEqual(["alias@1.0.0"]);
    });

    it("changes when two dependencies are exchanged", async () => {
      const root = rootOf(
        files(guard, "guard", { dependencies: { a: "*", b: "*" } }),
        files("node_modules/a", "a"),
        files("node_modules/b", "b"),
      );
      const before = (await closureAt(root)).members;
      const at = (name: string) => join(root, "node_modules", name);
      renameSync(at("a"), at("c"));
      renameSync(at("b"), at("a"));
      renameSync(at("c"), at("b"));
      expect((await closureAt(root)).members).not.toEqual(before);
    });

    it("include both packages when import and require resolve differently", async () => {
      const root = rootOf(
        files(guard, "guard", { dependencies: { a: "*" } }),
        files("node_modules/a", "a"),
        files("node_modules/node_modules/a", "a", { version: "2.0.0" }),
      );
      expect(await membersAt(root)).toEqual(["a@1.0.0", "a@2.0.0"]);
    });
  });

  describe("what the host provides", () => {
    verifies("closure:provided");

    it("leaves out the host and declared peers, and lists them", async () => {
      const root = rootOf(
        files(guard, "guard", {
          dependencies: { glassine: "*", a: "*" },
          peerDependencies: { zod: "*" },
        }),
        files("node_modules/a", "a", { peerDependencies: { zod: "*", glassine: "*" } }),
        files("node_modules/zod", "zod"),
        files("node_modules/glassine", "glassine"),
      );
      expect(await membersAt(root)).toEqual(["a@1.0.0"]);
      expect((await closureAt(root)).rejected).toEqual(sound);
      const options = { services: commandServices, cwd: root };
      const { document } = await runJson(["plugins", "describe", "guard"], options);
      expect(document.provided_by_host).toEqual(["glassine", "zod"]);
    });

    it("include a dependency's own copy of a peer of the plugin", async () => {
      const root = rootOf(
        files(guard, "guard", { dependencies: { a: "*" }, peerDependencies: { zod: "*" } }),
        files(`${guard}/node_modules/a`, "a", { dependencies: { zod: "*" } }),
        files(`${guard}/node_modules/a/node_modules/zod`, "zod", { version: "3.0.0" }),
        files("node_modules/zod", "zod", { version: "4.0.0" }),
      );
      expect(await membersAt(root)).toEqual(["a@1.0.0", "zod@3.0.0"]);
      expect(await foreignAt(root)).toEqual([]);
    });
  });

  describe("what is missing", () => {
    verifies("closure:missing");

    it("names the missing dependency and the package that asks for it", async () => {
      const root = rootOf(
        files(guard, "guard", { dependencies: { a: "*" }, optionalDependencies: { c: "*" } }),
        files("node_modules/a", "a", { dependencies: { b: "*" } }),
      );
      expect((await closureAt(root)).rejected).toMatch(
        /the package 'b', which a needs, is not installed/,
      );
    });
  });
});

describe("foreign packages", () => {
  verifies("closure:foreign", "closure:not-foreign");

  describe("are reported", () => {
    const tree = [
      files(guard, "guard", { dependencies: { a: "*" }, peerDependencies: { zod: "*" } }),
      files("node_modules/a", "a"),
      files("node_modules/zod", "zod"),
      files("node_modules/glassine", "glassine"),
    ];

    it.each([
      [`${guard}/node_modules/glassine`],
      [`${guard}/node_modules/zod`],
      [`${guard}/node_modules/evil`],
      [`${guard}/node_modules/@acme/evil`],
      [`${guard}/node_modules/.evil`],
      [`${guard}/dist/node_modules/glassine`],
      ["node_modules/a/node_modules/evil"],
      ["node_modules/a/lib/node_modules/glassine"],
    ])("a folder %s", async (path) => {
      const name = path.split("node_modules/").at(-1) as string;
      expect(await foreignAt(rootOf(...tree, files(path, name)))).toEqual([path]);
    });

    it.each([
      `${guard}/node_modules/evil.js`,
      `${guard}/node_modules/glassine.js`,
      `${guard}/node_modules/@acme`,
      `${guard}/dist/node_modules/glassine.js`,
      `${guard}/dist/node_modules/glassine.json`,
      `${guard}/dist/node_modules/glassine.node`,
      "node_modules/a.js",
      "node_modules/a.node",
      `${guard}/node_modules/a.json`,
    ])("a file %s", async (path) => {
      expect(await foreignAt(rootOf(...tree, { [path]: "evil();\n" }))).toEqual([path]);
    });

    it.runIf(isLinux)("a link that leads out of the plugin's folder", async () => {
      const root = rootOf(...tree, files("elsewhere", "glassine"));
      mkdirSync(join(root, guard, "node_modules"));
      symlinkSync("../../../elsewhere", join(root, guard, "node_modules/glassine"));
      expect(await foreignAt(root)).toEqual([`${guard}/node_modules/glassine`]);
    });

    it.runIf(isLinux)("a member under the name of another package", async () => {
      const root = rootOf(...tree);
      mkdirSync(join(root, guard, "node_modules"));
      symlinkSync("../../a", join(root, guard, "node_modules/evil"));
      expect(await foreignAt(root)).toEqual([`${guard}/node_modules/evil`]);
    });

    it("a copy that hides the one that is asked for elsewhere", async () => {
      const root = rootOf(...tree, files(`${guard}/node_modules/a/node_modules/a`, "a"));
      rmSync(join(root, "node_modules/a"), { recursive: true });
      writeTree(root, files(`${guard}/node_modules/a`, "a"));
      expect(await foreignAt(root)).toEqual([`${guard}/node_modules/a/node_modules/a`]);
    });
  });

  describe("are not reported", () => {
    it("for files of installers", async () => {
      const root = rootOf(files(guard, "guard"), {
        [`${guard}/node_modules/.bin/tool`]: "",
        [`${guard}/node_modules/.package-lock.json`]: "{}",
      });
      expect(await foreignAt(root)).toEqual([]);
    });

    it("for packages inside the tests of a dependency", async () => {
      const root = rootOf(
        files(guard, "guard", { dependencies: { a: "*" } }),
        files("node_modules/a", "a"),
        files("node_modules/a/test/node_modules/fixture", "fixture"),
      );
      expect(await foreignAt(root)).toEqual([]);
    });

    it.runIf(isLinux)("for a link to the copy that the host itself uses", async () => {
      const root = rootOf(
        files(guard, "guard", { peerDependencies: { glassine: "*" } }),
        files("node_modules/glassine", "glassine"),
      );
      mkdirSync(join(root, guard, "node_modules"));
      symlinkSync("../../glassine", join(root, guard, "node_modules/glassine"));
      expect(await foreignAt(root)).toEqual([]);
    });

    it.runIf(isLinux)("for what npm installed in a linked project", async () => {
      verifies("closure:not-foreign");
      const project = (at: string) => [
        files(at, "guard", {
          dependencies: { a: "*" },
          devDependencies: { vitest: "*" },
          peerDependencies: { glassine: "*" },
        }),
        ...["a", "vitest", "vite", "glassine"].map((name) =>
          files(`${at}/node_modules/${name}`, name),
        ),
        files(`${at}/node_modules/a/node_modules/glassine`, "glassine"),
      ];
      const linked = rootOf(...project("guard"), { [guard]: { link: "../guard" } });
      expect(await foreignAt(linked)).toEqual([`${guard}/node_modules/a/node_modules/glassine`]);
      expect(await foreignAt(rootOf(...project(guard)))).toHaveLength(4);
    });
  });
});

describe("a closure that is refused", () => {
  verifies("closure:refused");

  it.each(["../evil", "..", "a/b", "/etc", "a\\b", "", "@acme", "a\0b"])(
    "a dependency of the name %j",
    async (name) => {
      const root = rootOf(files(guard, "guard", { dependencies: { [name]: "*" } }));
      expect((await closureAt(root)).rejected).toMatch(/^unsupported_file: .*package\.json/);
    },
  );

  it("a dependency without a package.json that can be read", async () => {
    const root = rootOf(files(guard, "guard", { dependencies: { a: "*" } }), {
      "node_modules/a/index.js": "",
    });
    expect((await closureAt(root)).rejected).toMatch(/^unsupported_file: /);
  });

  it.runIf(isLinux)("a dependency with a link that leads out", async () => {
    const root = rootOf(
      files(guard, "guard", { dependencies: { a: "*" } }),
      files("node_modules/a", "a"),
      { "node_modules/a/lib.js": { link: "../../secret.js" }, "secret.js": "" },
    );
    expect((await closureAt(root)).rejected).toMatch(/^unsafe_symlink: .*"lib\.js"/);
  });

  it("more than 1,000 dependencies", async () => {
    const names = Array.from({ length: 1001 }, (_, at) => `d${at}`);
    const asking = (some: readonly string[]) => Object.fromEntries(some.map((name) => [name, "*"]));
    const root = rootOf(
      ...names.map((name) => ({ [`node_modules/${name}/package.json`]: json(name) })),
      files(guard, "guard", { dependencies: asking(names.slice(0, 600)) }),
      files("node_modules/d0", "d0", { dependencies: asking(names.slice(600)) }),
    );
    expect((await closureAt(root)).rejected).toMatch(/^package_too_large: /);
  });

  it.each(["dependencies", "optionalDependencies", "peerDependencies", "bundleDependencies"])(
    "more than 1,000 names in %s, even if none is installed",
    async (field) => {
      const names = Array.from({ length: 1001 }, (_, at) => [`d${at}`, "*"]);
      const root = rootOf(files(guard, "guard", { [field]: Object.fromEntries(names) }));
      expect((await closureAt(root)).rejected).toMatch(/^package_too_large: /);
    },
  );

  it("more than 20,000 names in all of them together, even if none is installed", async () => {
    const asking = (count: number, first: string) => ({
      dependencies: Object.fromEntries(Array.from({ length: count }, (_, at) => [first + at, "*"])),
    });
    const root = rootOf(
      files(guard, "guard", asking(20, "d")),
      ...Array.from({ length: 20 }, (_, at) =>
        files(`node_modules/d${at}`, `d${at}`, asking(1000, `d${at}-`)),
      ),
    );
    expect((await closureAt(root)).rejected).toMatch(/^package_too_large: /);
  });
});

/** Packages by name, each with the names of its dependencies, which all come later. */
type Graph = ReadonlyMap<string, readonly string[]>;

const names = ["guard", "a", "@s/b", "c-d", "e.f", "g_h"];

const graphs: fc.Arbitrary<Graph> = fc
  .tuple(...names.map((_, at) => fc.subarray(names.slice(at + 1))))
  .map((edges) => new Map(names.map((name, at) => [name, edges[at] as string[]])));

function asPackage(graph: Graph, at: string, name: string): Tree {
  const needed = graph.get(name) as readonly string[];
  return files(at, name, { dependencies: Object.fromEntries(needed.map((each) => [each, "*"])) });
}

/** As old npm did: each package has its own copies of what it needs. */
function nested(graph: Graph, at = guard, name = "guard"): Tree {
  const below = (graph.get(name) as readonly string[]).map((each) =>
    nested(graph, `${at}/node_modules/${each}`, each),
  );
  return Object.assign({}, asPackage(graph, at, name), ...below);
}

function neededIn(graph: Graph, name = "guard"): ReadonlySet<string> {
  const needed = new Set([name]);
  for (const each of needed) for (const next of graph.get(each) ?? []) needed.add(next);
  return needed;
}

/** As npm and yarn do: all of them in one folder. */
function hoisted(graph: Graph, folder: string): Tree {
  const others = [...neededIn(graph)].filter((name) => name !== "guard");
  const trees = others.map((name) => asPackage(graph, `${folder}/${name}`, name));
  return Object.assign({}, asPackage(graph, guard, "guard"), ...trees);
}

/** As pnpm does: each in a folder of the store, beside links to what it needs. */
function stored(graph: Graph): Tree {
  const store = (name: string) => `node_modules/.pnpm/${name.replace("/", "+")}@1.0.0/node_modules`;
  const tree: Record<string, Tree[string]> = {};
  const up = (from: string) => "../".repeat(from.split("/").length - 1);
  for (const name of neededIn(graph)) {
    Object.assign(tree, asPackage(graph, `${store(name)}/${name}`, name));
    for (const each of graph.get(name) as readonly string[]) {
      const from = `${store(name)}/${each}`;
      tree[from] = { link: `${up(from)}${store(each)}/${each}` };
    }
  }
  tree[guard] = { link: `../${store("guard")}/guard` };
  return tree;
}

describe("installers", () => {
  verifies("closure:nesting");

  it.runIf(isLinux)(
    "the same packages have the same closure however they nest",
    async () => {
      await fc.assert(
        fc.asyncProperty(graphs, async (graph) => {
          const layouts = [
            nested(graph),
            hoisted(graph, "node_modules"),
            hoisted(graph, `${guard}/node_modules`),
            stored(graph),
          ];
          const found: unknown[] = [];
          for (const layout of layouts) {
            const root = rootOf(layout);
            const { members, ...faults } = await closureAt(root);
            expect(faults).toEqual({ foreign: [], rejected: sound });
            found.push([...new Set(members)]);
            rmSync(root, { recursive: true });
          }
          for (const each of found) expect(each).toEqual(found[0]);
        }),
        { numRuns: 25 },
      );
    },
    120_000,
  );
});
