/** Patterns in the options of stock plugins that match nothing, most likely. */
import { literally, seemsForeign } from "../../providers/mcp/wiring.ts";
import type { GatewayConfig } from "../config/index.ts";
import { splitName } from "../router/index.ts";

type Options = Readonly<Record<string, object | undefined>>;

interface Patterns {
  readonly tools: readonly unknown[];
  readonly others: readonly unknown[];
}

const noPatterns: Patterns = { tools: [], others: [] };

/** Where stock plugins have patterns in their options. What is not of this form is refused elsewhere. */
const patternsOf: Readonly<Record<string, (options: Options) => Patterns>> = {
  "allow-list": ({ tools, prompts, resources }) => ({
    tools: Object.keys(tools ?? {}),
    others: [prompts ?? [], resources ?? []].flat(),
  }),
  "role-guard": ({ tools }) => ({ tools: Object.keys(tools ?? {}), others: [] }),
  "egress-guard": ({ allow, refuse }) => {
    const { tools = [], ...others } = { ...(allow ?? refuse) } as Record<string, unknown>;
    return { tools: [tools].flat(), others: Object.values(others).flat() };
  },
};

export function unmatchedPatterns({ plugins, servers }: GatewayConfig): readonly string[] {
  const names = Object.keys(servers);
  const isPrefixed = (tool: unknown) =>
    typeof tool === "string" && names.includes(splitName(tool)?.server ?? "");
  const foreign = (isTool: boolean) => (pattern: unknown) =>
    typeof pattern === "string" && seemsForeign(pattern, isTool);
  return plugins.flatMap((entry, index) => {
    if (typeof entry === "string" || !("use" in entry)) return [];
    const { use, options } = entry;
    const { tools, others } = patternsOf[use]?.((options ?? {}) as Options) ?? noPatterns;
    const place = `plugins[${index}] (${use})`;
    const isForeign = tools.some(foreign(true)) || others.some(foreign(false));
    // Values may be secrets, so they are not quoted.
    return [
      ...(isForeign
        ? [`${place} has names that look like regular expressions or globs. ${literally}`]
        : []),
      ...(names.length > 1 && tools.some(isPrefixed)
        ? [
            `${place} has tools with the name of a server before theirs, and plugins see the names that the servers know: leave the server out.`,
          ]
        : []),
    ];
  });
}
