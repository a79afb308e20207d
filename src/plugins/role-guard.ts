import * as z from "zod/mini";
import { definePlugin, deny, type Plugin } from "../index.ts";
import { matchesPattern } from "../messages.ts";
import { filled } from "./option-types.ts";
import { readOptions } from "./read-options.ts";
import { targetsOf } from "./targets.ts";

/** Options of `roleGuard`. */
export interface RoleGuardOptions {
  /** By tool name or pattern: the roles that may call it. With an empty list, nobody may. */
  readonly tools: { readonly [pattern: string]: readonly string[] };
  /** What happens to a tool that no pattern matches. Default `"deny"`. */
  readonly otherwise?: "allow" | "deny" | undefined;
}

export const roleGuardOptions = z.strictObject({
  tools: z
    .record(filled, z.array(filled))
    .check(
      z.describe(
        "By tool name or pattern: the roles that may call it. With an empty list, nobody may.",
      ),
    ),
  otherwise: z
    ._default(z.enum(["allow", "deny"]), "deny")
    .check(z.describe("Whether to `allow` or `deny` a tool that no pattern matches.")),
});

/**
 * Lets only callers that have a role for a tool call it. If several patterns match a tool, the
 * caller needs a role for each of them, so the order of the patterns does not matter and no pattern
 * ever opens what another one closes.
 *
 * It sees the names of called tools and the caller's roles. It changes nothing.
 *
 * @throws GlassineError `options_invalid`
 * @example
 * ```ts
 * import { createPluginManager } from "glassine";
 * import { roleGuard } from "glassine/plugins";
 *
 * const guard = roleGuard({ tools: { "*": ["staff"], "delete_*": ["admin"] } });
 * const manager = await createPluginManager({ plugins: [guard] });
 * console.log(manager.plugins[0]?.name); // role-guard
 * ```
 */
export function roleGuard(options: RoleGuardOptions): Plugin<"read_roles"> {
  const { tools, otherwise } = readOptions("roleGuard", roleGuardOptions, options);
  const rules = Object.entries(tools);
  return definePlugin({
    name: "role-guard",
    version: "1.0.0",
    description: "Lets only callers with a role for a tool call it.",
    capabilities: ["read_roles"],
    hooks: {
      "cmf.tool_pre_invoke": {
        priority: 200,
        handler(message, _context, extensions) {
          const roles = extensions.security?.subject?.roles ?? [];
          for (const { name } of targetsOf(message, "cmf.tool_pre_invoke", extensions)) {
            const needed = rules.filter(
              ([pattern]) => name !== undefined && matchesPattern(pattern, name),
            );
            if (name === undefined || (needed.length === 0 && otherwise === "deny"))
              return deny({ code: "tool_not_allowed", reason: "No role may call this tool" });
            if (needed.some(([, each]) => !each.some((role) => roles.includes(role))))
              return deny({ code: "role_missing", reason: "The caller has no role for this tool" });
          }
          return undefined;
        },
      },
    },
  });
}
