/** Puts four stock plugins and one from this folder in front of the real server-everything. */
import { createRequire } from "node:module";
import { defineConfig } from "glassine/gateway";

const server = createRequire(import.meta.url).resolve(
  "@modelcontextprotocol/server-everything/dist/index.js",
);

export default defineConfig({
  servers: { everything: { command: "node", args: [server, "stdio"] } },
  identity: { local: { id: "ada", type: "user", roles: ["analyst"] } },
  plugins: [
    { use: "secret-scanner", options: { action: "redact" } },
    { use: "pii" },
    { use: "role-guard", options: { tools: { "*": ["analyst"], "get-env": ["admin"] } } },
    { use: "egress-guard", options: { labels: ["PII"], allow: { tools: ["get-*"] } } },
    "./footnote.ts",
  ],
});
