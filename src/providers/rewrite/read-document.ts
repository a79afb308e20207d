/**
 * Reads a provider's document. It is copied once, so that no object of the caller is kept and none
 * of its code runs later, and checked for what an adapter needs; anything else is allowed. Hidden
 * properties of an SDK's return values, such as the id of the HTTP request, are not part of it.
 */
import * as z from "zod/mini";
import {
  admit,
  areWithin,
  kindNamed,
  kindOf,
  type Limits,
  type Origin,
  payloadLimitsInForce,
} from "../../core/data/index.ts";
import { createStamp } from "../../core/data/intrinsics.ts";
import {
  type ErrorCode,
  formatProblems,
  GlassineError,
  type Problem,
} from "../../core/errors/index.ts";
import { compileSchema, jsonValue } from "../../core/schema/index.ts";
import { valueAt } from "./json.ts";

const anyJson = compileSchema(jsonValue(), { closed: false, shownWhole: true });

/** What is known about a copy, which cannot change: what it was checked with and read as. */
interface Notes {
  schema?: z.ZodMiniType;
  reading?: { readonly reader: object; readonly limits: Limits; readonly result: object };
}
const copies = createStamp<Notes>();

/** Adapters' own copies. They are already frozen, so they get no stamp. */
const ownCopies = new WeakSet<object>();

/** Marks an adapter's own copy of plain data, which the caller cannot reach: it is used as is. */
export function ownDocument(copy: object): void {
  ownCopies.add(copy);
}

/** Returns what `read` returns. If nobody can change the document, `read` is only called once. */
export function readOnce<Result extends object>(
  reader: object,
  document: object,
  read: () => Result,
): Result {
  const notes = copies.of(document);
  const limits = payloadLimitsInForce();
  const known = notes?.reading;
  // The same reader always returns the same type.
  if (known?.reader === reader && areWithin(known.limits, limits)) return known.result as Result;
  const result = read();
  if (notes !== undefined) notes.reading = { reader, limits, result };
  return result;
}

/**
 * Returns a deep-frozen copy of a document that the library built from its own data.
 *
 * @throws GlassineError `document_invalid` if it exceeds a limit
 */
export function writtenDocument(document: object, what: string): object {
  const limits = payloadLimitsInForce();
  return copyOf(document, what, "document_invalid", limits, "parsed") as object;
}

/** Like `readDocument`, but reuses `previous`, an earlier copy, wherever nothing differs. */
export function readDocumentAgain<Schema extends z.ZodMiniType>(
  schema: Schema,
  value: unknown,
  what: string,
  previous: object | undefined,
): z.output<Schema> {
  return readDocument(schema, value, what, undefined, undefined, previous);
}

/**
 * Returns a deep-frozen copy of a document, typed by `schema`. Fields that the schema does not know
 * stay; nothing is coerced or filled in.
 *
 * @throws GlassineError with every problem and its path; `document_invalid` unless `code` differs
 */
export function readDocument<Schema extends z.ZodMiniType>(
  schema: Schema,
  value: unknown,
  what: string,
  code: ErrorCode = "document_invalid",
  limits: Limits = payloadLimitsInForce(),
  previous?: object,
): z.output<Schema> {
  const copy = copyOf(value, what, code, limits, "library", previous);
  const notes = copies.of(copy);
  if (notes?.schema === schema) return copy as z.output<Schema>;
  const problems = faultsOf(schema, copy);
  if (problems === undefined) {
    if (notes !== undefined) notes.schema = schema;
    return copy as z.output<Schema>;
  }
  throw unreadable(
    what,
    code,
    problems.map((problem) => ({ ...problem, code })),
    typeof value === "string" ? " It is a string: parse it first, as with JSON.parse." : "",
  );
}

/** Returns what the schema does not accept, or `undefined`. */
function faultsOf(schema: z.ZodMiniType, copy: unknown): readonly Found[] | undefined {
  try {
    const { error } = z.safeParse(schema, copy);
    return error && problemsIn(error.issues, copy);
  } catch {
    // zod passes the issues of a list as arguments of one call: too many overflow the stack.
    return [{ path: [], expected: "fewer faults", received: "more" }];
  }
}

function copyOf(
  value: unknown,
  what: string,
  code: ErrorCode,
  limits: Limits,
  origin: Origin,
  before?: object,
): unknown {
  const isObject = typeof value === "object" && value !== null;
  if (isObject && (copies.of(value) !== undefined || ownCopies.has(value))) return value;
  const received = kindOf(value);
  if (received === "a promise") {
    const problem = { path: [], code, expected: "plain data", received };
    throw unreadable(what, code, [problem], " Await it first.");
  }
  const reading = { origin, limits, shapeCode: code, strict: true } as const;
  const previous = copies.of(before) === undefined ? undefined : before;
  const admitted = admit(anyJson.read, value, reading, previous, "open");
  if (!admitted.ok) throw unreadable(what, code, admitted.problems);
  const copy = admitted.value;
  if (!isObject || copy === previous) return copy;
  return Object.freeze(copies.put(copy as object, {}));
}

function unreadable(
  what: string,
  code: ErrorCode,
  problems: readonly Problem[],
  wayOut = "",
): GlassineError {
  const text = `The ${what} is not readable. ${formatProblems(problems)}.${wayOut}`;
  return new GlassineError(code, text, { problems });
}

type Found = Omit<Problem, "code">;

/** How many problems are reported, the same number as for any other value. */
const mostProblems = 100;

/** Returns the first problems of a list, which may be as long as the document. */
function problemsIn(issues: readonly z.core.$ZodIssue[], copy: unknown): readonly Found[] {
  return issues
    .slice(0, mostProblems)
    .flatMap((issue) => problemsOf(issue, copy))
    .slice(0, mostProblems);
}

/** Each option of a union has its own problems. Only those of the nearest option are reported. */
function problemsOf(issue: z.core.$ZodIssue, copy: unknown): readonly Found[] {
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const nearest = issue.errors.reduce((best, each) =>
      depthOf(each) > depthOf(best) ? each : best,
    );
    const below = (option: readonly z.core.$ZodIssue[]) =>
      problemsIn(
        option.slice(0, mostProblems).map((inner) => inside(issue, inner)),
        copy,
      );
    if (depthOf(nearest) > 0) return below(nearest);
    return [anyOf(issue.errors.flatMap(below))];
  }
  const path = issue.path.map((key) => (typeof key === "number" ? key : String(key)));
  const kind = kindOf(valueAt(copy, path));
  const isOther = issue.code === "invalid_value" && kind === "a string";
  return [
    {
      path,
      expected: expectedBy(issue),
      received: isOther ? "a string that does not match" : kind,
    },
  ];
}

function inside(outer: z.core.$ZodIssue, inner: z.core.$ZodIssue): z.core.$ZodIssue {
  return { ...inner, path: [...outer.path, ...inner.path] };
}

/** Names all options, for a value at which every one of them fails. */
function anyOf(options: readonly Found[]): Found {
  const expected = [...new Set(options.map((option) => option.expected))].join(" or ");
  return { ...(options[0] as Found), expected };
}

/** How deep an option failed. The one that fails deepest is probably the one that was meant. */
function depthOf(issues: readonly z.core.$ZodIssue[]): number {
  return issues.reduce((most, { path }) => Math.max(most, path.length), 0);
}

/** Worded here, because zod's messages may quote the value. */
function expectedBy(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return kindNamed(issue.expected);
    case "invalid_value":
      return issue.values.length === 1
        ? String(issue.values[0])
        : `one of ${issue.values.map(String).join(", ")}`;
    default:
      return "a value that fits";
  }
}
