/** The rows, the session and the six plugins for guarded calls. */
import { addLabels, createExtensions, definePlugin, setHeader } from "glassine";

export interface Row {
  readonly id: number;
  readonly name: string;
  readonly city: string;
  readonly kind: string;
  readonly state: string;
}

function rowsOf(count: number): readonly Row[] {
  return Array.from({ length: count }, (_, i) => ({
    id: i,
    name: `name-${i}`,
    city: `city-${i % 50}`,
    kind: i % 2 === 0 ? "even" : "odd",
    state: "open",
  }));
}

/** Returns rows whose JSON text has about this many bytes. */
function rowsOfBytes(bytes: number): readonly Row[] {
  const one = JSON.stringify(rowsOf(100)).length / 100;
  return rowsOf(Math.round(bytes / one));
}

export const args = { rows: rowsOfBytes(1_000) };
export const sizes = { "1 KB": rowsOfBytes(1_000), "100 KB": rowsOfBytes(100_000) };
export type Size = keyof typeof sizes;

export const session = createExtensions({
  security: { labels: ["INTERNAL"], subject: { id: "ada", type: "user", roles: ["analyst"] } },
  http: { headers: { "x-tenant": "t-1", "x-trace": "trace-1" } },
});

const labeller = (name: string) =>
  definePlugin({
    name,
    version: "1.0.0",
    capabilities: ["append_labels"],
    hooks: {
      "cmf.tool_pre_invoke": (_message, _context, extensions) => ({
        modifiedExtensions: addLabels(extensions, `${name}-before`),
      }),
      "cmf.tool_post_invoke": (_message, _context, extensions) => ({
        modifiedExtensions: addLabels(extensions, `${name}-after`),
      }),
    },
  });

/** Two plugins add labels; the others set a header, read, count, and search. */
export function sixPlugins(seen: Seen) {
  const pattern = /\b\d{3}-\d{2}-\d{4}\b/;
  const search = (value: unknown): void => {
    if (typeof value === "string") {
      if (pattern.test(value)) seen.found += 1;
      return;
    }
    if (typeof value !== "object" || value === null) return;
    for (const key in value) search((value as Record<string, unknown>)[key]);
  };
  const count = (_message: object, _context: object) => {
    seen.count += 1;
  };
  const read = (extensions: {
    readonly security?: { readonly labels?: readonly string[] | undefined } | undefined;
  }) => {
    seen.labels = extensions.security?.labels ?? [];
  };
  return [
    labeller("first"),
    labeller("second"),
    definePlugin({
      name: "header",
      version: "1.0.0",
      capabilities: ["read_headers", "write_headers"],
      hooks: {
        "cmf.tool_pre_invoke": (_message, _context, extensions) => ({
          modifiedExtensions: setHeader(extensions, "x-seen", "yes"),
        }),
      },
    }),
    definePlugin({
      name: "reader",
      version: "1.0.0",
      capabilities: ["read_roles", "read_labels"],
      hooks: {
        "cmf.tool_pre_invoke": (_message, _context, extensions) => read(extensions),
        "cmf.tool_post_invoke": (_message, _context, extensions) => read(extensions),
      },
    }),
    definePlugin({
      name: "counter",
      version: "1.0.0",
      hooks: {
        "cmf.tool_pre_invoke": count,
        "cmf.tool_post_invoke": count,
      },
    }),
    definePlugin({
      name: "search",
      version: "1.0.0",
      hooks: {
        "cmf.tool_pre_invoke": (message) => search(message),
        "cmf.tool_post_invoke": (message) => search(message),
      },
    }),
  ];
}

/** What the plugins recorded. */
export interface Seen {
  count: number;
  found: number;
  labels: readonly string[];
}
