/**
 * Strict readers for data from operators and packages: UTF-8, base64, and JSON, in which a repeated
 * key is a mistake, not a choice.
 */
import { type ObjectNode, parse, type ValueNode } from "@humanwhocodes/momoa";
import { type FileFault, type FileRules, readSmallFile, textIn } from "./small-file.ts";

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

/** The value that was read, or a fault, worded to follow the file's name in a sentence. */
export type ReadJson =
  | { readonly value: unknown }
  | { readonly fault: string; readonly why?: undefined };

export async function readJsonFile(path: string, rules: FileRules): Promise<ReadJson | FileFault> {
  const file = await readSmallFile(path, rules);
  return "fault" in file ? file : jsonOf(file.bytes);
}

/** Parses the bytes of a JSON text. A byte order mark is a fault, because JSON has none. */
export function jsonOf(bytes: Uint8Array): ReadJson {
  const text = textIn(bytes);
  if (text === undefined) return { fault: "is not UTF-8" };
  if (text.startsWith("\uFEFF")) return { fault: "begins with a byte order mark" };
  try {
    return { value: parseStrictJson(text) };
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error;
    return { fault: `cannot be used: ${error.message}` };
  }
}

/**
 * Decodes base64 in its one canonical form: padded, in the standard alphabet, with no unused bits
 * set. Returns `undefined` for anything else, including other spellings of the same bytes.
 */
export function fromBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? new Uint8Array(bytes) : undefined;
}
