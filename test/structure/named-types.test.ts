// Only in test:all: it reads all sources with the compiler.
/** Messages name only types and classes that users can find: exported ones, and JavaScript's. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { slotNames } from "glassine";
import ts from "typescript-5.9";
import { expect, it } from "vitest";
import { root } from "../docs/support/pages.ts";

/** Names of products and units, an audit record type, and a Python class. */
const otherWords = [
  "ContractViolation",
  "GiB",
  "KiB",
  "MiB",
  "OpenAI",
  "OpenSSH",
  "SandboxedEnvironment",
];

const sourceOf = (path: string) =>
  ts.createSourceFile(path, readFileSync(join(root, path), "utf8"), ts.ScriptTarget.Latest, true);

/** Returns every name that an entry exports, including types. */
function exportedNames(): ReadonlySet<string> {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const entries = Object.values<{ types?: string }>(exports).flatMap(({ types }) => types ?? []);
  const names = new Set<string>();
  for (const entry of entries) {
    const path = entry.replace(/^\.\/dist/, "src").replace(/\.d\.ts$/, ".ts");
    ts.forEachChild(sourceOf(path), (statement) => {
      if (!ts.isExportDeclaration(statement) || statement.exportClause === undefined) return;
      ts.forEachChild(statement.exportClause, (item) => {
        if (ts.isExportSpecifier(item)) names.add(item.name.text);
      });
    });
  }
  return names;
}

/** Returns the sentences in a file: strings that contain a space, and all template strings. */
function sentencesIn(path: string): readonly string[] {
  const found: string[] = [];
  const visit = (node: ts.Node) => {
    if (ts.isTemplateExpression(node)) {
      found.push(
        [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join("…"),
      );
    } else if (ts.isStringLiteralLike(node) && node.text.includes(" ")) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(sourceOf(path));
  return found;
}

it("name what is exported, or part of JavaScript", () => {
  const exported = exportedNames();
  expect(exported.has("GlassineError") && exported.has("PluginItem")).toBe(true);
  const isKnown = (name: string) =>
    exported.has(name) || name in globalThis || otherWords.includes(name);
  const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" });
  const unknown = files
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".generated.ts"))
    .flatMap((file) =>
      sentencesIn(`src/${file}`).flatMap((sentence) =>
        [...sentence.matchAll(/\b[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)+\b/g)]
          .map(([name]) => name)
          .filter((name) => !isKnown(name))
          .map((name) => `src/${file}: ${name} in "${sentence}"`),
      ),
    );
  expect(unknown).toEqual([]);
});

it("do not ask for a PluginManifest if definePlugin must be called", () => {
  // That is the type of `definePlugin`'s argument; such an object is not a plugin.
  const files = readdirSync(join(root, "src/operate/discovery"), {
    recursive: true,
    encoding: "utf8",
  });
  const sentences = files
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => sentencesIn(`src/operate/discovery/${file}`));
  expect(sentences.length).toBeGreaterThan(50);
  expect(sentences.filter((sentence) => sentence.includes("PluginManifest"))).toEqual([]);
});

it("has a type for each standard slot at the root", () => {
  const exported = exportedNames();
  const typeOf = (slot: string) => `${slot[0]?.toUpperCase()}${slot.slice(1)}Slot`;
  const slots = Object.keys(slotNames);
  expect(slots.length).toBeGreaterThan(5);
  expect(slots.map(typeOf).filter((name) => !exported.has(name))).toEqual([]);
});
