/** What a request is for: the tool, prompt, resource or model that it names, or its method. */
import { type ContentPart, matchesPattern } from "../messages.ts";

/** The kinds of targets, by the hook that shows them. */
const kinds = {
  "cmf.tool_pre_invoke": "tool",
  "cmf.prompt_pre_fetch": "prompt",
  "cmf.resource_pre_fetch": "resource",
  "cmf.mcp_request": "method",
  "cmf.llm_input": "model",
} as const;

/** A hook at which a request for something is shown. */
export type RequestPoint = keyof typeof kinds;
export type TargetKind = (typeof kinds)[RequestPoint];

export const requestPoints: readonly RequestPoint[] = Object.freeze(
  Object.keys(kinds) as RequestPoint[],
);

/** What a request is for. A name or server that the message does not state is `undefined`. */
export interface Target {
  readonly kind: TargetKind;
  readonly name: string | undefined;
  readonly server: string | undefined;
}

/** The parts of an envelope that name a target; every plugin sees them. */
interface Named {
  readonly llm?: { readonly model_id?: string | undefined } | undefined;
  readonly mcp?:
    | { readonly [kind in "tool" | "prompt" | "resource"]?: OfServer | undefined }
    | undefined;
}

interface OfServer {
  readonly server_id?: string | undefined;
}

/** These methods have hooks of their own, which check them; `cmf.mcp_request` shows the rest. */
const methodsWithOwnHook: readonly (string | undefined)[] = [
  "tools/call",
  "prompts/get",
  "resources/read",
  "sampling/createMessage",
];

/**
 * Returns what a message at a request hook is for. There is always a target: if the message names
 * nothing, it has no name, and no pattern allows it. The list is empty only for the rest of a
 * request that has a hook of its own.
 */
export function targetsOf(
  message: { readonly content: readonly ContentPart[] },
  point: RequestPoint,
  envelope: Named,
): readonly Target[] {
  const kind = kinds[point];
  if (kind === "model") return [{ kind, name: envelope.llm?.model_id, server: undefined }];
  const targets = message.content.flatMap((part) => targetOf(part, kind, envelope) ?? []);
  if (targets.length === 0) return [{ kind, name: undefined, server: undefined }];
  return targets.filter(({ name }) => kind !== "method" || !methodsWithOwnHook.includes(name));
}

function targetOf(part: ContentPart, kind: TargetKind, { mcp }: Named): Target | undefined {
  switch (part.content_type) {
    case "tool_call": {
      const { name, namespace } = part.content;
      return { kind, name, server: mcp?.tool?.server_id ?? namespace };
    }
    case "prompt_request": {
      const { name, server_id } = part.content;
      return { kind, name, server: mcp?.prompt?.server_id ?? server_id };
    }
    case "resource_ref":
      return { kind, name: part.content.uri, server: mcp?.resource?.server_id };
    default:
      return undefined;
  }
}

/**
 * Tests whether a name is in `patterns` or matches one: `*` is any run without `/`, `**` any run.
 */
export function nameMatcher(patterns: readonly string[]): (name: string) => boolean {
  const names = new Set(patterns.filter((pattern) => !pattern.includes("*")));
  const wild = patterns.filter((pattern) => pattern.includes("*"));
  return (name) => names.has(name) || wild.some((pattern) => matchesPattern(pattern, name));
}

/**
 * Like `nameMatcher`, for URIs to allow. A pattern with `*` matches no URI that a server could take
 * for another one, such as `file:///public/../etc`.
 */
export function allowedUris(patterns: readonly string[]): (uri: string) => boolean {
  const isListed = nameMatcher(patterns.filter((pattern) => !pattern.includes("*")));
  const matches = nameMatcher(patterns.filter((pattern) => pattern.includes("*")));
  return (uri) =>
    isListed(uri) || (matches(uri) && !ambiguous.some((pattern) => pattern.test(uri)));
}

const ambiguous: readonly RegExp[] = [
  // A dot segment, plain or percent-encoded. Some servers end a segment at a semicolon.
  /(?:^|[:/\\]|%2f|%5c)(?:\.|%2e){1,2}(?:[/\\?#;]|%2f|%5c|$)/i,
  // What the URL Standard reads as a slash, or leaves out.
  /[\p{Cc}\\]| $/u,
  // What a star in the host's place could match although the host ends or begins there.
  /^(?:https?|wss?|ftp):\/\/[^/]*[?#@]/i,
];

/**
 * Like `nameMatcher`, for URIs to refuse. It compares URIs and patterns as they are written and in
 * their normal form, so that another spelling of a URI is refused too.
 */
export function refusedUris(patterns: readonly string[]): (uri: string) => boolean {
  const matches = nameMatcher([...patterns, ...patterns.map((pattern) => normalForm(pattern))]);
  return (uri) =>
    matches(uri) || matches(normalForm(uri)) || matches(normalForm(uri, { withUser: false }));
}

/**
 * A URI as the URL Standard writes it, without the dot after a host, and with unreserved characters
 * decoded (RFC 3986 §6.2.2.2). A string that is not a URI stays as it is.
 */
function normalForm(uri: string, { withUser } = { withUser: true }): string {
  let url: URL;
  try {
    url = new URL(uri);
  } catch {
    return uri;
  }
  if (!withUser) {
    url.username = "";
    url.password = "";
  }
  url.hostname = url.hostname.replace(/\.$/, "");
  return url.href.replaceAll(/%[0-9a-f]{2}/gi, (code) => {
    const character = String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return /[\w.~-]/.test(character) ? character : code;
  });
}
