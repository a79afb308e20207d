// Only in test:all: it reads all sources with the compiler.
/** The events that the gateway's sources log are those of its table, which docs/gateway-reference.md shows. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript-5.9";
import { expect, it } from "vitest";
import { envoyNotes } from "../../src/gateway/envoy/index.ts";
import { logEvents } from "../../src/gateway/observe/index.ts";
import { root } from "../docs/support/pages.ts";
import { verifies } from "../support/verifies.ts";

const levels: readonly string[] = ["info", "warn", "error"];

/** What follows a prefix, as in `server_${kind}`, by the prefix. */
const suffixes: Readonly<Record<string, readonly string[]>> = {
  envoy_: Object.keys(envoyNotes),
  server_: notesIn("transports/child-back.ts").concat(notesIn("transports/supervised.ts")),
};

function sourceOf(file: string): ts.SourceFile {
  const text = readFileSync(join(root, "src/gateway", file), "utf8");
  return ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
}

function callsIn(node: ts.Node): readonly ts.CallExpression[] {
  const found: ts.CallExpression[] = [];
  const visit = (each: ts.Node) => {
    if (ts.isCallExpression(each)) found.push(each);
    ts.forEachChild(each, visit);
  };
  visit(node);
  return found;
}

/** Returns the name of the function or method that is called. */
function calledBy({ expression }: ts.CallExpression): string {
  return ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText();
}

/** Returns the kinds that a file passes to its `onNote`. */
function notesIn(file: string): string[] {
  const notes = callsIn(sourceOf(file)).filter((call) => calledBy(call) === "onNote");
  return notes.flatMap(({ arguments: [kind] }) => stringsIn(kind));
}

/** Returns the strings that an expression may be; a name stands for what it was declared as. */
function stringsIn(node: ts.Node | undefined): readonly string[] {
  if (node === undefined) return [];
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isTemplateExpression(node))
    return (suffixes[node.head.text] ?? ["?"]).map((suffix) => `${node.head.text}${suffix}`);
  if (ts.isConditionalExpression(node))
    return [node.condition, node.whenTrue, node.whenFalse].flatMap(stringsIn);
  if (ts.isBinaryExpression(node)) return [node.left, node.right].flatMap(stringsIn);
  return ts.isIdentifier(node) ? stringsIn(declarationOf(node)) : [];
}

function declarationOf({ text, parent }: ts.Identifier): ts.Expression | undefined {
  for (let block: ts.Node = parent; block !== undefined; block = block.parent) {
    if (!ts.isBlock(block)) continue;
    for (const statement of block.statements) {
      if (!ts.isVariableStatement(statement)) continue;
      const found = statement.declarationList.declarations.find(
        ({ name }) => ts.isIdentifier(name) && name.text === text,
      );
      if (found !== undefined) return found.initializer;
    }
  }
  return undefined;
}

/** Returns what a call logs, each as `level event`. */
function loggedBy(call: ts.CallExpression): readonly string[] {
  const { expression, arguments: given } = call;
  if (calledBy(call) === "onNote" && given.length === 3) {
    const [level, event] = given;
    return pairs(stringsIn(level), stringsIn(event));
  }
  const isAccess = ts.isPropertyAccessExpression(expression);
  if (!isAccess && !ts.isElementAccessExpression(expression)) return [];
  if (!/\blog(?:\(\))?$/.test(expression.expression.getText())) return [];
  const at = isAccess ? [expression.name.text] : stringsIn(expression.argumentExpression);
  return pairs(at, stringsIn(given[0]));
}

function pairs(at: readonly string[], events: readonly string[]): readonly string[] {
  return at
    .filter((level) => levels.includes(level))
    .flatMap((level) => events.map((event) => `${level} ${event}`));
}

const files = readdirSync(join(root, "src/gateway"), { recursive: true, encoding: "utf8" });
const logged = files
  .filter((file) => file.endsWith(".ts") && !file.endsWith("gateway-log.ts"))
  .flatMap((file) => callsIn(sourceOf(file)).flatMap(loggedBy));

it("are logged at the levels that the table has, and all of them are logged", () => {
  verifies("cli:gateway-log");
  const listed = Object.entries(logEvents).flatMap(([event, { levels: at }]) => pairs(at, [event]));
  expect(logged.length).toBeGreaterThan(40);
  expect([...new Set(logged)].sort()).toEqual(listed.sort());
});

it("are not logged where no name of an event can be read", () => {
  const passesOn = (call: ts.CallExpression) =>
    /\blog(?:\(\))?(?:\.(?:info|warn|error)|\[[^\]]+\])$/.test(call.expression.getText()) &&
    loggedBy(call).length === 0;
  const unread = files
    .filter((file) => file.endsWith(".ts") && !file.endsWith("gateway-log.ts"))
    .flatMap((file) =>
      callsIn(sourceOf(file))
        .filter(passesOn)
        .map(() => file),
    );
  // Passes on what routes note, which is read there.
  expect(unread).toEqual(["run/model-routes.ts"]);
});
