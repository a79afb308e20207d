/** Says what is wrong with a configuration: where, and what was expected. Never shows a value. */
import { en } from "zod/locales";
import { attempt } from "../data/index.ts";
import { valueAt } from "../data/intrinsics.ts";
import { formatPath } from "../errors/index.ts";
import { oneLine } from "../hooks/index.ts";
import { type Needles, needlesOf, withoutParts, withoutSecrets } from "../observe/index.ts";
import { readPlainArray } from "../schema/index.ts";
import { printedValues } from "./secrets.ts";

type Path = readonly (string | number)[];

/** Longer messages are not searched for secrets, and therefore not shown. */
const maxMessage = 20_000;
const maxShown = 200;

/** The message of an issue that has none. */
const nothingSaid = "Invalid input";

export interface Refused {
  readonly config: unknown;
  readonly secrets: Needles;
  /** The paths of objects whose unknown keys were reported already. */
  readonly reported: ReadonlySet<string>;
}

/** Returns what a schema's error says, one sentence per problem. */
export function faultsOf(error: unknown, refused: Refused): readonly string[] {
  const issues = issuesOf(error);
  if (issues === undefined) {
    const message = textOf(error, "message") ?? (typeof error === "string" ? error : "");
    const line = lineOf(message, refused.config, refused);
    return [`configSchema refused it${line === "" ? "" : `: ${line}`}`];
  }
  return issues.flatMap((issue) => {
    const path = pathOf(issue);
    if (issue.code === "unrecognized_keys" && refused.reported.has(formatPath(path))) return [];
    return [`${placeOf(path, refused.secrets)}: ${sentenceOf(issue, path, refused)}`];
  });
}

/** Returns a path as a string. Secrets are removed before any part is shortened or escaped. */
export function placeOf(path: Path, secrets: Needles): string {
  if (path.length === 0) return "configuration";
  return formatPath(
    path.map((part) => (typeof part === "string" ? withoutParts(part, secrets) : part)),
  );
}

type Issue = Readonly<Record<string, unknown>>;

/** Returns the issues of an error like zod's; `undefined` for any other error. */
function issuesOf(error: unknown): readonly Issue[] | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  return attempt(() => {
    const issues = readPlainArray((error as { issues?: unknown }).issues);
    if (issues === undefined || issues.length === 0) return undefined;
    // Copied, so that each is read once: an issue can be any object that the schema likes.
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

/** Returns the author's words for an issue, or else zod's. */
function sentenceOf(issue: Issue, path: Path, refused: Refused): string {
  const failing = valueAt(refused.config, path);
  const message = textOf(issue, "message") ?? nothingSaid;
  const byZod = zodMessage(issue, failing);
  const isOfAuthor = message !== byZod && message !== nothingSaid;
  const line = isOfAuthor ? lineOf(message, failing, refused) : "";
  return line || lineOf(byZod, undefined, refused) || nothingSaid;
}

/** Returns zod's English message, which contains no value. Issues of zod/mini come without one. */
function zodMessage(issue: Issue, input: unknown): string {
  // An issue of another schema may share a code with one of zod's, and nothing else.
  const text = attempt(() => en().localeError({ ...issue, input } as never));
  return typeof text === "string" ? text : nothingSaid;
}

/** Returns a message on one line, without secrets and without the values that failed. */
function lineOf(message: string, failing: unknown, { secrets }: Refused): string {
  if (message.length > maxMessage) return "";
  const printed = needlesOf(printedValues(failing));
  return oneLine(withoutSecrets(withoutParts(message, secrets), printed), maxShown);
}

const maxListed = 8;

/** Joins at most eight parts, and counts the rest. */
export function listed(parts: readonly string[]): string {
  const rest = parts.length - maxListed;
  const shown = parts.slice(0, maxListed).join("; ");
  return rest > 0 ? `${shown}; and ${rest} more` : shown;
}
