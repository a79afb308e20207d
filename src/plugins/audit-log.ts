import * as z from "zod/mini";
import { redactText } from "../audit.ts";
import { definePlugin, GlassineError, type Plugin } from "../index.ts";
import type { ContentPart, Message } from "../messages.ts";
import { readOptions } from "./read-options.ts";

/** Options of `auditLog`. */
export interface AuditLogOptions {
  /** Whether a message is refused if its line is not accepted. Default true. */
  readonly required?: boolean | undefined;
  /** Whether lines have the subject's id and type. Default true. */
  readonly subject?: boolean | undefined;
}

/** The services that `auditLog` takes after its options. */
export interface AuditLogServices {
  /** Called with each line. It accepts a line by returning, or with a promise that resolves. */
  readonly write: (line: AuditLine) => unknown;
}

/** One message that passed. No field contains a value from the message. */
export interface AuditLine {
  /** The time, as an ISO date. */
  readonly time: string;
  /** The request's id, the same before and after the operation. */
  readonly request: string;
  /** The hook that it passed, such as `cmf.tool_pre_invoke`. */
  readonly hook: string;
  /** The kinds of its parts. */
  readonly kinds: readonly string[];
  /** The tools, prompts and resources that it names, each on one line and without credentials. */
  readonly names: readonly string[];
  /** The labels of the envelope at that moment. */
  readonly labels: readonly string[];
  readonly subject?: { readonly id?: string; readonly type?: string };
  /** Whether the message reports a failure. */
  readonly is_error: boolean;
}

export const auditLogOptions = z.strictObject({
  required: z
    ._default(z.boolean(), true)
    .check(z.describe("Whether a message is refused if its line is not accepted.")),
  subject: z
    ._default(z.boolean(), true)
    .check(z.describe("Whether lines have the subject's id and type.")),
});

/**
 * Writes a line for each message that passed the guards, before and after the operation: names,
 * labels and kinds, never values. A request that was refused or failed has at most its first line,
 * from before the operation; why it was refused is in the manager's audit trail, which has a line
 * for each denial.
 *
 * It sees messages, labels and the subject, and changes nothing. It runs last in sequence or, with
 * `required: false`, in mode `audit`. Streamed answers are not held back for it.
 *
 * @throws GlassineError `options_invalid`
 * @example
 * ```ts
 * import { createPluginManager } from "glassine";
 * import { type AuditLine, auditLog } from "glassine/plugins";
 *
 * const lines: AuditLine[] = [];
 * const log = auditLog({}, { write: (line) => lines.push(line) });
 * const manager = await createPluginManager({ plugins: [log] });
 * const content = { tool_call_id: "1", name: "search", arguments: { q: "tides" } };
 * const part = { content_type: "tool_call", content } as const;
 * await manager.invoke("cmf.tool_pre_invoke", { role: "assistant", content: [part] });
 * console.log(lines[0]?.hook, lines[0]?.names); // cmf.tool_pre_invoke [ 'search' ]
 * ```
 */
export function auditLog(options: AuditLogOptions, services: AuditLogServices): Plugin {
  const { required, subject: withSubject } = readOptions("auditLog", auditLogOptions, options);
  const write = services?.write;
  if (typeof write !== "function")
    throw new GlassineError(
      "options_invalid",
      "auditLog needs a function `write` that takes its lines.",
    );

  const settings = required
    ? ({ mode: "sequential", priority: 1_000_000 } as const)
    : ({ mode: "audit" } as const);
  async function handler(message: Message, context: At, extensions: Seen): Promise<void> {
    const { labels = [], subject } = extensions.security ?? {};
    await write({
      time: new Date().toISOString(),
      request: context.request,
      hook: context.hook,
      kinds: [...new Set(message.content.map((part) => part.content_type))],
      names: [...new Set(message.content.flatMap(namesOf))].map((name) => redactText(name, [])),
      labels,
      ...(withSubject && subject !== undefined && { subject: idOf(subject) }),
      is_error: message.content.some(isError),
    });
  }
  return definePlugin({
    name: "audit",
    version: "1.0.0",
    description: "Writes a line for each message that passed, without its values.",
    capabilities: withSubject ? ["read_labels", "read_subject"] : ["read_labels"],
    hooks: {
      message_pre_invoke: { ...settings, handler },
      message_post_invoke: { ...settings, stream: "pass", handler },
    },
  });
}

interface At {
  readonly hook: string;
  readonly request: string;
}

interface Seen {
  readonly security?:
    | { readonly labels?: readonly string[]; readonly subject?: Who | undefined }
    | undefined;
}

interface Who {
  readonly id?: string | undefined;
  readonly type?: string | undefined;
}

function idOf({ id, type }: Who) {
  return { ...(id !== undefined && { id }), ...(type !== undefined && { type }) };
}

function namesOf(part: ContentPart): readonly string[] {
  switch (part.content_type) {
    case "tool_call":
    case "prompt_request":
      return [part.content.name];
    case "tool_result":
      return [part.content.tool_name];
    case "prompt_result":
      return [part.content.prompt_name];
    case "resource":
    case "resource_ref":
      return [part.content.uri];
    default:
      return [];
  }
}

function isError(part: ContentPart): boolean {
  const isResult = part.content_type === "tool_result" || part.content_type === "prompt_result";
  return isResult && part.content.is_error === true;
}
