/** The most that each entry may add to a bundle. ES modules, because of top-level await. */
const entries = [
  {
    name: "deny alone",
    path: "../dist/index.js",
    import: "{ deny }",
    limit: "10 kB",
    gzip: true,
  },
  {
    name: "definePlugin alone",
    path: "../dist/index.js",
    import: "{ definePlugin }",
    limit: "37 kB",
    gzip: true,
  },
  {
    name: "createPluginManager alone",
    path: "../dist/index.js",
    import: "{ createPluginManager }",
    limit: "98 kB",
    gzip: true,
  },
  {
    name: "a guard, and what defines and runs its plugins",
    path: "../dist/index.js",
    import: {
      "../dist/index.js": "{ createPluginManager, definePlugin, deny }",
      "../dist/providers/mcp/index.js": "{ createGuard }",
    },
    limit: "129 kB",
    gzip: true,
  },
  {
    name: "glassine",
    path: "../dist/index.js",
    import: "*",
    limit: "98 kB",
  },
  {
    name: "glassine/messages",
    path: "../dist/messages.js",
    import: "*",
    limit: "44 kB",
  },
  {
    name: "glassine/audit",
    path: "../dist/audit.js",
    import: "*",
    limit: "39 kB",
  },
  {
    name: "glassine/labels",
    path: "../dist/labels.js",
    import: "*",
    limit: "39 kB",
  },
  {
    name: "glassine/remote",
    path: "../dist/remote.js",
    import: "*",
    limit: "51 kB",
  },
  {
    name: "glassine/host",
    path: "../dist/host.js",
    import: "*",
    limit: "120 kB",
  },
  {
    name: "glassine/anthropic",
    path: "../dist/providers/anthropic/index.js",
    import: "*",
    limit: "50 kB",
  },
  {
    name: "glassine/ai-sdk, the documents alone",
    path: "../dist/providers/ai-sdk/index.js",
    import:
      "{ contentStream, fromContent, fromModelMessages, fromPrompt, notAllowed, toContent, toModelMessages, toPrompt, toStreamParts }",
    limit: "53 kB",
  },
  {
    name: "glassine/bedrock",
    path: "../dist/providers/bedrock/index.js",
    import: "*",
    limit: "64 kB",
  },
  {
    name: "glassine/google",
    path: "../dist/providers/google/index.js",
    import: "*",
    limit: "47 kB",
  },
  {
    name: "glassine/ai-sdk",
    path: "../dist/providers/ai-sdk/index.js",
    import: "*",
    limit: "72 kB",
  },
  {
    name: "glassine/mcp",
    path: "../dist/providers/mcp/index.js",
    import: "*",
    limit: "70 kB",
  },
  {
    name: "glassine/http",
    path: "../dist/providers/http/index.js",
    import: "*",
    limit: "70 kB",
  },
  {
    name: "glassine/openai",
    path: "../dist/providers/openai/index.js",
    import: "*",
    limit: "66 kB",
  },
  {
    name: "glassine/memory-node",
    path: "../dist/memory-node/index.js",
    import: "*",
    limit: "125 kB",
  },
  {
    name: "glassine/node",
    path: "../dist/node/index.js",
    import: "*",
    limit: "220 kB",
    // For Node.js alone: it names built-in modules without "node:".
    ignore: ["node:*"],
  },
  {
    name: "glassine/node, the audit sinks alone",
    path: "../dist/node/index.js",
    import: "{ fileAuditSink, streamAuditSink }",
    limit: "20 kB",
    ignore: ["node:*"],
  },
  {
    name: "glassine/testing",
    path: "../dist/testing/index.js",
    import: "*",
    limit: "118 kB",
    ignore: ["fast-check", "node:*"],
  },
  {
    name: "glassine/plugins",
    path: "../dist/plugins/index.js",
    import: "*",
    limit: "85 kB",
    ignore: ["@cedar-policy/cedar-wasm/nodejs", "@marcbachmann/cel-js"],
  },
  {
    name: "glassine/redis",
    path: "../dist/redis/index.js",
    import: "*",
    limit: "20 kB",
  },
];

const modifyEsbuildConfig = (config) => ({ ...config, format: "esm" });

// biome-ignore lint/style/noDefaultExport: size-limit reads the default export.
export default entries.map((entry) => ({ ...entry, modifyEsbuildConfig }));
