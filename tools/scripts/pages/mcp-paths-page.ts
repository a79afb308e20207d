/** docs/mcp-paths.md: which hook sees which string of an MCP message. */
import type { McpPath } from "../mcp-paths.ts";
import { code, either, generatedFrom, page } from "./markdown.ts";

const intro = `# Strings in MCP messages

This page lists where a guard shows each string that a message of MCP 2025-11-25 or 2026-07-28 can contain.
The list is measured: every place in the schemas of the SDKs gets a string, the message passes a guard with all hooks, and what each hook sees is recorded.
The tests fail for a place that no hook sees and that the option [\`pass\`](mcp.md#what-may-pass-unseen) does not name.
[spec/mcp-paths.json](../spec/mcp-paths.json) has the same data, place by place.

- A section holds for both versions of MCP, unless it names one. Messages with the same strings share a section.
- \`…\` stands for everything below, \`[]\` for each item of a list, \`*\` for a field of any name, and parentheses for the kind of an item, such as \`(form)\`. \`(the name)\` is the name of a field, as opposed to its value.
- A place with two hooks is shown at each of them.
- _tokens_ are values that only the protocol reads, such as ids and cursors. They pass unseen if \`pass\` names them, as it does by default; otherwise they are shown like the rest of their message.
- If no plugin listens to a hook, what only that hook shows passes unchanged, except fields of calls, prompts and resources that MCP does not define: those are refused.`;

/** A place in the tree of paths. */
interface Node {
  readonly below: Map<string, Node>;
  /** Where the strings at this place and below it are shown. */
  readonly seen: Set<string>;
}

export function mcpPathsPage(paths: readonly McpPath[]): string {
  const methods = [...new Set(paths.map(({ method }) => method))].sort();
  return page([
    generatedFrom("the schemas of MCP's SDKs and a guard"),
    intro,
    ...[...sectionsOf(methods, paths)].map(
      ([body, sharing]) => `## ${sharing.join(", ")}\n\n${body}`,
    ),
  ]);
}

/** Methods whose messages have the same strings share a section. */
function sectionsOf(
  methods: readonly string[],
  paths: readonly McpPath[],
): ReadonlyMap<string, readonly string[]> {
  const sections = new Map<string, readonly string[]>();
  for (const method of methods) {
    const body = bodyOf(method, paths);
    sections.set(body, [...(sections.get(body) ?? []), method]);
  }
  return sections;
}

function bodyOf(method: string, paths: readonly McpPath[]): string {
  const own = paths.filter((path) => path.method === method);
  const revisions = [...new Set(own.flatMap((path) => path.revisions))].sort();
  const parts = [...new Set(own.map(({ part }) => part))];
  const rows = parts.flatMap((part) => {
    const found = new Map<string, string[]>();
    const inPart = own.filter((path) => path.part === part);
    for (const [where, path] of collapsed(treeOf(inPart))) {
      found.set(where, [...(found.get(where) ?? []), path]);
    }
    return [...found].map(([where, list]) => `- ${part}, ${where}: ${list.map(code).join(", ")}`);
  });
  const only = revisions.length > 1 ? "" : `Only in ${revisions[0]}:\n\n`;
  return `${only}${rows.join("\n")}`;
}

function treeOf(paths: readonly McpPath[]): Node {
  const root: Node = { below: new Map(), seen: new Set() };
  for (const { path, seenAt } of paths) {
    let node = root;
    const where = shownAs(seenAt);
    node.seen.add(where);
    for (const step of stepsOf(path)) {
      const next = node.below.get(step) ?? { below: new Map(), seen: new Set() };
      node.below.set(step, next);
      next.seen.add(where);
      node = next;
    }
  }
  return root;
}

function shownAs(seenAt: readonly string[]): string {
  return seenAt[0] === "tokens" ? "_tokens_" : either(seenAt, "and");
}

/** Splits `a.b[](c).d` into steps with their separators. MCP's own names contain dots. */
function stepsOf(path: string): readonly string[] {
  return path.match(/io\.modelcontextprotocol\/[\w-]+|\[\]| ?\([^)]*\)|\.?[^.[( ]+/g) ?? [path];
}

/** Returns the places, with one line for a subtree that is shown at the same hooks. */
function collapsed(node: Node, before = ""): readonly (readonly [string, string])[] {
  return [...node.below].flatMap(([step, next]) => {
    const path = before + (before.endsWith(".") && step.startsWith(".") ? step.slice(1) : step);
    const [where = ""] = next.seen;
    if (next.seen.size > 1) return collapsed(next, path);
    return [[where, next.below.size === 0 ? path : `${path}…`] as const];
  });
}
