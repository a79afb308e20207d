/** Says what is wrong with a configuration: where, and what was expected. Never a value. */
import { attempt } from "../data/index.ts";
import { hasOwn } from "../data/intrinsics.ts";
import { formatPath } from "../errors/index.ts";
import { oneLine } from "../hooks/index.ts";
import { type Needles, needlesOf, withoutParts, withoutSecrets } from "../observe/index.ts";
import { kindOfValue } from "./config-schema.ts";
import { quoteName, readPlainArray } from "./read-plain.ts";
import { printedValues } from "./secrets.ts";

type Path = readonly (string | number)[];

/** Longer messages are not looked through for secrets, and so not shown. */
const maxMessage = 20_000;
const maxShown = 200;

export interface Refused {
  readonly config: unknown;
  readonly secrets: Needles;
  /** The paths of objects whose unknown keys were reported already. */
  readonly reported: ReadonlySet<string>;
}

/** What the error of a schema says, one sentence a problem. */
export function faultsOf(error: unknown, refused: Refused): readonly string[] {
  const issues = issuesOf(error);
  if (issues === undefined) {
    const message = textOf(error, "message") ?? (typeof error === "string" ? error : undefined);
    return [`configSchema refused it${reasonOf(message, refused.config, refused)}`];
  }
  return issues.flatMap((issue) => {
    const path = pathOf(issue);
    if (issue.code === "unrecognized_keys" && refused.reported.has(formatPath(path))) return [];
    return [`${placeOf(path, refused.secrets)}: ${sentenceOf(issue, path, refused)}`];
  });
}

/** A path, as text. What is secret goes before a part of it is cut short or escaped. */
export function placeOf(path: Path, secrets: Needles): string {
  if (path.length === 0) return "configuration";
  return formatPath(
    path.map((part) => (typeof part === "string" ? withoutParts(part, secrets) : part)),
  );
}

/** A name in quotes, unless it is secret. */
export function nameOf(name: string, secrets: Needles): string {
  return quoteName(withoutParts(name, secrets));
}

type Issue = Readonly<Record<string, unknown>>;

/** The issues of an error as zod makes it; `undefined` for any other error. */
function issuesOf(error: unknown): readonly Issue[] | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  return attempt(() => {
    const issues = readPlainArray((error as { issues?: unknown }).issues);
    if (issues === undefined || issues.length === 0) return undefined;
    // Read once: an issue may be anything that the schema likes.
    return issues.map((issue) => ({ ...(issue as object) }));
  });
}

function pathOf({ path }: Issue): Path {
  const parts = readPlainArray(path) ?? [];
  return parts.map((part) =>
    typeof part === "string" || typeof part === "number" ? part : `(${typeof part})`,
  );
}

function textOf(value: unknown, key: string): string | undefined {
  const text = attempt(() => (value as Record<string, unknown> | null | undefined)?.[key]);
  return typeof text === "string" ? text : undefined;
}

/** What an author's own message adds. All values of what failed are taken out of it. */
function reasonOf(message: string | undefined, failing: unknown, { secrets }: Refused): string {
  if (message === undefined || message === "Invalid input") return "";
  if (message.length > maxMessage) return "";
  const printed = needlesOf(printedValues(failing));
  const safe = withoutSecrets(withoutParts(message, secrets), printed);
  const line = oneLine(safe, maxShown);
  return line === "" ? "" : `: ${line}`;
}

/** In our own words where the code is known: a message may have the input in it. */
function sentenceOf(issue: Issue, path: Path, refused: Refused): string {
  const failing = valueAt(refused.config, path);
  const { code } = issue;
  const known = typeof code === "string" && hasOwn(sentences, code) ? sentences[code] : undefined;
  const sentence = known?.(issue, failing, refused.secrets);
  if (sentence !== undefined) return sentence;
  const message = typeof issue.message === "string" ? issue.message : undefined;
  return `is not accepted${reasonOf(message, failing, refused)}`;
}

function valueAt(config: unknown, path: Path): unknown {
  let value = config;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

type Sentence = (issue: Issue, failing: unknown, secrets: Needles) => string | undefined;

const sentences: Readonly<Record<string, Sentence>> = {
  invalid_type: ({ expected }, failing) =>
    typeof expected === "string" && /^[A-Za-z ]{1,40}$/.test(expected)
      ? `expected ${expected === "nonoptional" ? "a value" : expected}, got ${kindOfValue(failing)}`
      : undefined,
  too_small: ({ minimum, inclusive, origin, exact }) =>
    sizeOf(minimum, inclusive === false ? "more than" : "at least", origin, exact),
  too_big: ({ maximum, inclusive, origin, exact }) =>
    sizeOf(maximum, inclusive === false ? "less than" : "at most", origin, exact),
  invalid_format: ({ format }) =>
    typeof format === "string" && /^[A-Za-z0-9_-]{1,40}$/.test(format)
      ? `expected a string of the format ${format}`
      : undefined,
  not_multiple_of: ({ divisor }) =>
    typeof divisor === "number" ? `expected a multiple of ${divisor}` : undefined,
  invalid_value: ({ values }, _, secrets) => oneOf(values, secrets),
  invalid_union: ({ options }, _, secrets) =>
    oneOf(options, secrets) ?? "fits none of the forms that are allowed",
  invalid_key: () => "has a key that is not allowed",
  invalid_element: () => "has an element that is not allowed",
  unrecognized_keys: ({ keys }, _, secrets) => {
    const names = readPlainArray(keys)?.filter((key) => typeof key === "string") ?? [];
    return names.length === 0
      ? undefined
      : `unknown key ${listed(names.map((key) => nameOf(key, secrets)))}`;
  },
};

const units: Readonly<Record<string, string>> = {
  string: " characters",
  array: " items",
  set: " items",
  map: " entries",
  file: " bytes",
};

function sizeOf(
  bound: unknown,
  relation: string,
  origin: unknown,
  exact: unknown,
): string | undefined {
  if (typeof bound !== "number" && typeof bound !== "bigint") return undefined;
  const unit = typeof origin === "string" && hasOwn(units, origin) ? units[origin] : "";
  return `expected ${exact === true ? "exactly" : relation} ${bound}${unit}`;
}

function oneOf(given: unknown, secrets: Needles): string | undefined {
  const values = readPlainArray(given);
  if (values === undefined || values.length === 0) return undefined;
  const shown = values.map((value) =>
    typeof value === "string"
      ? nameOf(value, secrets)
      : typeof value === "object"
        ? kindOfValue(value)
        : String(value),
  );
  return `expected one of ${listed(shown)}`;
}

const maxListed = 8;

/** At most eight of them, the rest counted. */
export function listed(parts: readonly string[], separator = ", "): string {
  const rest = parts.length - maxListed;
  const shown = parts.slice(0, maxListed).join(separator);
  return rest > 0 ? `${shown}${separator}and ${rest} more` : shown;
}
