import * as z from "zod/mini";
import {
  type Capability,
  createExtensions,
  definePlugin,
  deny,
  filterExtensions,
  type Plugin,
  removeHeader,
  setHeader,
} from "../index.ts";
import { filled, isAccepted } from "./option-types.ts";
import { readOptions } from "./read-options.ts";

/** Where a header's value comes from. */
export type HeaderSource =
  | "subject.id"
  | "subject.type"
  | "subject.roles"
  | "subject.permissions"
  | "subject.teams"
  | `claims.${string}`;

/** Options of `headerWriter`. */
export interface HeaderWriterOptions {
  /** By name: a string, or where the value comes from. Lists are joined with commas. */
  readonly headers: { readonly [name: string]: string | { readonly from: HeaderSource } };
  /** What happens if a value is missing. Default `"deny"`; `"remove"` removes the header. */
  readonly missing?: "deny" | "remove" | undefined;
}

const needed = {
  "subject.id": "read_subject",
  "subject.type": "read_subject",
  "subject.roles": "read_roles",
  "subject.permissions": "read_permissions",
  "subject.teams": "read_teams",
} as const satisfies Record<string, Capability>;
const subjectSources = Object.keys(needed) as (keyof typeof needed)[];

const emptyView = filterExtensions(createExtensions({}), ["write_headers"]);
const isWritable = (name: string, value: string) =>
  isAccepted(() => setHeader(emptyView, name, value));

export const headerWriterOptions = z.strictObject({
  headers: z
    .record(
      z
        .string()
        .check(z.refine((name) => isWritable(name, ""), "must be a header that plugins may write")),
      z.union([
        z
          .string()
          .check(
            z.refine((value) => isWritable("x", value), "must be a value that a header can have"),
          ),
        z.strictObject({
          from: z.union([z.enum(subjectSources), z.templateLiteral(["claims.", filled])]),
        }),
      ]),
    )
    .check(
      z.refine(
        (headers) =>
          new Set(Object.keys(headers).map((name) => name.toLowerCase())).size ===
          Object.keys(headers).length,
        "must have each header once, in whatever case",
      ),
      z.describe("By name: a string, or where the value comes from. Lists are joined with commas."),
    ),
  missing: z
    ._default(z.enum(["deny", "remove"]), "deny")
    .check(
      z.describe("Whether to `deny` the request or `remove` the header if a value is missing."),
    ),
});

/**
 * Writes headers to what is sent upstream: fixed ones, and ones that say who is asking. Headers
 * that the request already has under these names are replaced.
 *
 * It sees headers and the subject's fields that it writes; it changes headers. A value that a
 * header cannot have, such as a role with a comma in it or an id with blanks around it, counts as
 * missing. If the host's transport does not send plugins' headers, as over stdio, none are written.
 *
 * @throws GlassineError `options_invalid`
 * @example
 * ```ts
 * import { headerWriter } from "glassine/plugins";
 *
 * const writer = headerWriter({
 *   headers: { "x-gateway": "glassine", "x-user": { from: "subject.id" } },
 * });
 * console.log(writer.capabilities); // [ 'read_subject', 'write_headers' ]
 * ```
 */
export function headerWriter(options: HeaderWriterOptions): Plugin {
  const { headers, missing } = readOptions("headerWriter", headerWriterOptions, options);
  const fields = Object.entries(headers).map(([name, value]) => ({
    name,
    ...(typeof value === "string" ? { value, from: "" } : { value: undefined, from: value.from }),
  }));
  const capabilities = new Set<Capability>(["write_headers"]);
  for (const { from } of fields) if (from !== "") capabilities.add(capabilityFor(from));

  return definePlugin({
    name: "header-writer",
    version: "1.0.0",
    description: "Writes headers to what is sent upstream.",
    capabilities: [...capabilities],
    hooks: {
      message_pre_invoke(_message, _context, extensions) {
        let next = extensions;
        for (const { name, value, from } of fields) {
          const written = value ?? readSubject(from, extensions.security?.subject);
          const isKnown = written !== undefined && isWritable(name, written);
          if (!isKnown && missing === "deny") {
            const reason = `There is no value for the header ${name}`;
            return deny({ code: "header_value_missing", reason });
          }
          next = isKnown ? setHeader(next, name, written) : removeHeader(next, name);
        }
        return next === extensions ? undefined : { modifiedExtensions: next };
      },
    },
  });
}

function capabilityFor(from: string): Capability {
  const source = subjectSources.find((each) => each === from);
  return source === undefined ? "read_claims" : needed[source];
}

/** What the plugin can see of a subject. */
type Subject = Readonly<Record<string, unknown>> | undefined;

function readSubject(from: string, subject: Subject): string | undefined {
  const name = from.slice(from.indexOf(".") + 1);
  const holder = from.startsWith("claims.") ? subject?.claims : subject;
  const found = ownValue(holder, name);
  // A server takes the blanks around a value away, which could make another subject's id of it.
  if (typeof found === "string") return /^\S(?:.*\S)?$/s.test(found) ? found : undefined;
  if (!Array.isArray(found) || found.length === 0) return undefined;
  const isListed = found.every((each) => typeof each === "string" && !/[,\s]/.test(each));
  return isListed ? found.join(",") : undefined;
}

/** Reads only own properties, so that `constructor` is a key only if somebody wrote it. */
function ownValue(holder: unknown, name: string): unknown {
  if (typeof holder !== "object" || holder === null) return undefined;
  return Object.getOwnPropertyDescriptor(holder, name)?.value;
}
