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
