/** Finds out what service handles can do by reading the source of their types. */
import { readFileSync } from "node:fs";
import ts from "typescript-5.9";

/** One function that a handle offers. */
export interface HandleCall {
  /** `get(id: string): Fact | undefined`: on one line, without `readonly` and without `Answer`. */
  readonly signature: string;
  readonly description: string;
}

/** Returns the calls of each memory node handle, by the name of its type. */
export function readHandles(): ReadonlyMap<string, readonly HandleCall[]> {
  return handlesIn(readFileSync("src/memory-node/handles.ts", "utf8"));
}

/** Returns the calls of each exported interface and each exported function type. */
export function handlesIn(source: string): ReadonlyMap<string, readonly HandleCall[]> {
  const file = ts.createSourceFile("handles.ts", source, ts.ScriptTarget.Latest, true);
  return new Map(file.statements.flatMap((statement) => handleIn(statement, file)));
}

function handleIn(
  node: ts.Statement,
  file: ts.SourceFile,
): readonly (readonly [name: string, calls: readonly HandleCall[]])[] {
  const isExported = ts.canHaveModifiers(node) && ts.getModifiers(node) !== undefined;
  if (!isExported) return [];
  const callOf = (described: ts.Node, typed: ts.Node): HandleCall => ({
    signature: signatureOf(typed, file),
    description: descriptionOf(described),
  });
  if (ts.isInterfaceDeclaration(node))
    return [[node.name.text, node.members.map((member) => callOf(member, member))]];
  if (ts.isTypeAliasDeclaration(node) && ts.isFunctionTypeNode(node.type))
    return [[node.name.text, [callOf(node, node.type)]]];
  return [];
}

const printer = ts.createPrinter({ removeComments: true });

function signatureOf(node: ts.Node, file: ts.SourceFile): string {
  const text = printer.printNode(ts.EmitHint.Unspecified, node, file);
  const line = text.replaceAll(/\s+/g, " ").replaceAll(/readonly (?=\w+\??:|\[)/g, "");
  return line
    .replace(/;$/, "")
    .replaceAll("; }", " }")
    .replace(/\bAnswer<(.*)>$/, "$1");
}

/** @throws Error for a call without a description */
function descriptionOf(node: ts.Node): string {
  const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const text = ts.getTextOfJSDocComment(comments.at(-1)?.comment)?.replaceAll(/\s+/g, " ");
  if (text === undefined) throw new Error(`${node.getText()} has no description.`);
  return text;
}
