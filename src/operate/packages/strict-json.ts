/** JSON of operators and packages, where a key that is said twice is a mistake and not a choice. */
import { type ObjectNode, parse, type ValueNode } from "@humanwhocodes/momoa";

/** What `parseStrictJson` found wrong. Its message names the place. */
export class StrictJsonError extends Error {
  override readonly name = "StrictJsonError";
}

/** Levels of objects and arrays in each other. */
const maxDepth = 64;

/**
 * The data of a JSON text. A key that an object has twice, `__proto__` as a key and more than 64
 * levels are refused.
 *
 * @throws StrictJsonError
 */
export function parseStrictJson(text: string): unknown {
  expectShallow(text);
  let body: ValueNode;
  try {
    ({ body } = parse(text, { mode: "json" }));
  } catch (error) {
    throw new StrictJsonError(faultIn(text, error as Partial<ErrorPlace>));
  }
  checkKeys(body);
  return JSON.parse(text);
}

/** Where the parser stopped: it counts from 1, and has a sentence of its own about tokens. */
interface ErrorPlace {
  readonly message: string;
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

/** Quotes nothing of the text, which may have a secret where it is wrong. */
function faultIn(text: string, error: Partial<ErrorPlace>): string {
  const { line, column, offset = text.length, message = "" } = error;
  if (text.trim() === "") return "it is not JSON: it is empty";
  const place = line === undefined ? "" : ` at line ${line}, column ${column}`;
  const [before, rest] = [text.slice(0, offset).trimEnd(), text.slice(offset)];
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

/** The parser recurses: what is deeper than it may be never gets there. */
function expectShallow(text: string): void {
  let depth = 0;
  let isInText = false;
  for (let at = 0; at < text.length; at++) {
    const unit = text[at];
    if (isInText) {
      if (unit === "\\") at += 1;
      else if (unit === '"') isInText = false;
    } else if (unit === '"') isInText = true;
    else if (unit === "{" || unit === "[") {
      depth += 1;
      if (depth > maxDepth) throw new StrictJsonError(`it has more than ${maxDepth} levels`);
    } else if (unit === "}" || unit === "]") depth -= 1;
  }
}

function checkKeys(node: ValueNode): void {
  if (node.type === "Array") for (const { value } of node.elements) checkKeys(value);
  if (node.type === "Object") checkObject(node);
}

function checkObject({ members }: ObjectNode): void {
  const seen = new Set<string>();
  for (const { name, value } of members) {
    const key = name.type === "String" ? name.value : name.name;
    const { line, column } = name.loc.start;
    const where = `at line ${line}, column ${column}`;
    if (key === "__proto__") throw new StrictJsonError(`it has the key "__proto__" ${where}`);
    if (seen.has(key))
      throw new StrictJsonError(
        `it has the key ${JSON.stringify(key.slice(0, 64))} twice ${where}`,
      );
    seen.add(key);
    checkKeys(value);
  }
}
