/** How the sources are written: few casts, and objects and declarations in their plain form. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript-5.9";
import { expect, it } from "vitest";
import { root } from "../docs/support/pages.ts";

/** May be lowered, but never raised. */
const castsPerThousandLines = 10;

interface Idioms {
  readonly lines: number;
  readonly casts: number;
  /** Casts of casts (`x as A as B`) that no comment explains, as `file:line`. */
  readonly unexplained: readonly string[];
  /** `{ ...{ a } }`, `[...[a]]` and `const [a, b] = [c, d]`, as `file:line`. */
  readonly packed: readonly string[];
}

/** `as const` is not a cast: it claims nothing that the compiler does not know. */
function isCast(node: ts.Node): node is ts.AsExpression {
  return ts.isAsExpression(node) && !ts.isConstTypeReference(node.type);
}

/** Whether `node` packs several things into one line at the reader's expense. */
function isPacked(node: ts.Node): boolean {
  if (ts.isSpreadAssignment(node)) return ts.isObjectLiteralExpression(node.expression);
  if (ts.isSpreadElement(node)) return ts.isArrayLiteralExpression(node.expression);
  if (!ts.isVariableDeclaration(node) || !ts.isArrayBindingPattern(node.name)) return false;
  const { initializer } = node;
  if (initializer === undefined || !ts.isArrayLiteralExpression(initializer)) return false;
  return initializer.elements.length > 1 && !initializer.elements.some(ts.isSpreadElement);
}

function idiomsIn(path: string): Idioms {
  const text = readFileSync(join(root, path), "utf8");
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const lines = text.split("\n");
  const found: ts.AsExpression[] = [];
  const lineOf = (node: ts.Node) => source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
  const packed: string[] = [];
  const visit = (node: ts.Node) => {
    if (isCast(node)) found.push(node);
    if (isPacked(node)) packed.push(`${path}:${lineOf(node)}`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  const unexplained = found
    .filter(({ expression }) => isCast(expression))
    .flatMap((node) => {
      const line = lineOf(statementOf(node));
      const above = lines[line - 2]?.trim() ?? "";
      return above.startsWith("//") || above.endsWith("*/") ? [] : [`${path}:${line}`];
    });
  return { lines: lines.length - 1, casts: found.length, unexplained, packed };
}

function statementOf(node: ts.Node): ts.Node {
  return ts.isStatement(node) || ts.isSourceFile(node.parent) ? node : statementOf(node.parent);
}

const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => idiomsIn(`src/${file}`));
const total = (count: (each: Idioms) => number) =>
  files.reduce((sum, each) => sum + count(each), 0);

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

it("fields, items and declarations are written one by one", () => {
  const packed = files.flatMap((each) => each.packed);
  expect(packed).toEqual([]);
});
