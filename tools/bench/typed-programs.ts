/** Sample user programs, to measure what the compiler needs to check them. */

/** A plugin with two capabilities, three parameters, a denial and a label. */
export const plugin = `import { addLabels, definePlugin, deny } from "glassine";

export const scanner = definePlugin({
  name: "scanner",
  version: "1.0.0",
  capabilities: ["append_labels", "read_roles"],
  hooks: {
    message_pre_invoke(message, context, extensions) {
      if (extensions.security.subject?.roles.includes("guest")) return deny("no guests");
      return { modifiedExtensions: addLabels(extensions, "PII") };
    },
  },
});
`;

/** The same plugin with a manager and one `invoke`. */
export const program = `${plugin}
import { createExtensions, createPluginManager } from "glassine";

export const manager = await createPluginManager({ plugins: [scanner] });
export function check(text: string) {
  return manager.invoke(
    "message_pre_invoke",
    { role: "user", content: [{ content_type: "text", text }] },
    { extensions: createExtensions({ security: { labels: ["EU"] } }) },
  );
}
`;

/** A server of the MCP SDK with one tool. */
export const server = `import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import * as z from "zod";

export const server = new McpServer({ name: "tools", version: "1.0.0" });
server.registerTool(
  "add",
  { description: "Adds two numbers.", inputSchema: { a: z.number(), b: z.number() } },
  ({ a, b }) => ({ content: [{ type: "text", text: String(a + b) }] }),
);
`;

/** As users set them: strict, without types that are not imported. */
export const compilerOptions = {
  target: "es2023",
  module: "nodenext",
  lib: ["ES2023"],
  types: [],
  strict: true,
  skipLibCheck: true,
};
