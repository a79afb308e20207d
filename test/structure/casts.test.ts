/** How many casts the sources have. The bound is only ever lowered. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript-5.9";
import { expect, it } from "vitest";
import { root } from "../docs/support/pages.ts";

const castsPerThousandLines = 10;

interface Casts {
  readonly lines: number;
  readonly casts: number;
  /** Those through another type that no comment explains, as `file:line`. */
  readonly unexplained: readonly string[];
}

/** `as const` is not a cast: it claims nothing that the compiler does not know. */
function isCast(node: ts.Node): node is ts.AsExpression {
  return ts.isAsExpression(node) && !ts.isConstTypeReference(node.type);
}

function castsIn(path: string): Casts {
  const text = readFileSync(join(root, path), "utf8");
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const lines = text.split("\n");
  const found: ts.AsExpression[] = [];
  const visit = (node: ts.Node) => {
    if (isCast(node)) found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  const unexplained = found
    .filter(({ expression }) => isCast(expression))
    .flatMap((node) => {
      const first = source.getLineAndCharacterOfPosition(statementOf(node).getStart()).line;
      const above = lines[first - 1]?.trim() ?? "";
      return above.startsWith("//") || above.endsWith("*/") ? [] : [`${path}:${first + 1}`];
    });
  return { lines: lines.length - 1, casts: found.length, unexplained };
}

function statementOf(node: ts.Node): ts.Node {
  return ts.isStatement(node) || ts.isSourceFile(node.parent) ? node : statementOf(node.parent);
}

const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => castsIn(`src/${file}`));
const total = (count: (each: Casts) => number) => files.reduce((sum, each) => sum + count(each), 0);

it("casts are few", () => {
  const lines = total((each) => each.lines);
  expect(lines).toBeGreaterThan(1_000);
  const perThousand = (total((each) => each.casts) / lines) * 1_000;
  expect(perThousand).toBeLessThanOrEqual(castsPerThousandLines);
});

it("casts through another type have a comment that says why", () => {
  const unexplained = files.flatMap((each) => each.unexplained);
  expect(unexplained).toEqual([]);
});
