/** Reads JSON of operators and packages, in which a repeated key is a mistake, not a choice. */
import { type ObjectNode, parse, type ValueNode } from "@humanwhocodes/momoa";

/** What `parseStrictJson` found wrong. Its message names the place. */
export class StrictJsonError extends Error {
  override readonly name = "StrictJsonError";
}

/** The most levels of nested objects and arrays. */
const maxDepth = 64;

/**
 * Parses a JSON text. Refuses a repeated key in an object, `__proto__` as a key and more than 64
 * levels.
 *
 * @throws StrictJsonError
 */
export function parseStrictJson(text: string): unknown {
  try {
    checkKeys(parse(text, { mode: "json" }).body, 1);
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof StrictJsonError) throw error;
    // The parser is recursive, so far too deep a text exhausts the stack.
    if (error instanceof RangeError) throw tooDeep();
    throw new StrictJsonError(faultIn(text, error as Partial<ErrorPlace>));
  }
}

/** The parser's error: where it stopped, counted from 1, with its own message about tokens. */
interface ErrorPlace {
  readonly message: string;
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

/** Never quotes the text, which may have a secret where it is wrong. */
function faultIn(text: string, error: Partial<ErrorPlace>): string {
  const { line, column, offset = text.length, message = "" } = error;
  if (text.trim() === "") return "it is not JSON: it is empty";
  const place = line === undefined ? "" : ` at line ${line}, column ${column}`;
  const before = text.slice(0, offset).trimEnd();
  const rest = text.slice(offset);
  const hint =
    /^\s*[}\]]/.test(rest) && before.endsWith(",")
      ? ": remove the comma in front"
      : /^\/[/*]|^#/.test(rest)
        ? ": JSON has no comments"
        : message.includes("end of input")
          ? ": it ends too early"
          : "";
  return `it is not JSON${place}${hint}`;
}

function tooDeep(): StrictJsonError {
  return new StrictJsonError(`it has more than ${maxDepth} levels`);
}

/** @param depth the level of `node`, if it is an object or an array */
function checkKeys(node: ValueNode, depth: number): void {
  if (node.type !== "Array" && node.type !== "Object") return;
  if (depth > maxDepth) throw tooDeep();
  if (node.type === "Object") checkNames(node);
  const children = node.type === "Array" ? node.elements : node.members;
  for (const { value } of children) checkKeys(value, depth + 1);
}

function checkNames({ members }: ObjectNode): void {
  const seen = new Set<string>();
  for (const { name } of members) {
    const key = name.type === "String" ? name.value : name.name;
    const { line, column } = name.loc.start;
    const where = `at line ${line}, column ${column}`;
    if (key === "__proto__")
      throw new StrictJsonError(`it has the key "__proto__" ${where}: remove it`);
    if (seen.has(key))
      throw new StrictJsonError(
        `it has the key ${JSON.stringify(key.slice(0, 64))} twice ${where}`,
      );
    seen.add(key);
  }
}
