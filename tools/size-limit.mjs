/** The most that parts of this package may add to a bundle. ES modules, because of top-level await. */
import { readFileSync } from "node:fs";

const { name: self, exports } = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url)),
);
const pathOf = (key) => exports[key].default.replace("./", "../");

/** What a program usually imports; as gzip, like the goals of tools/bench/report.md. */
const programs = [
  { name: "deny alone", import: "{ deny }", limit: "10 kB" },
  { name: "definePlugin alone", import: "{ definePlugin }", limit: "37 kB" },
  { name: "createPluginManager alone", import: "{ createPluginManager }", limit: "98 kB" },
  {
    name: "a guard, and what defines and runs its plugins",
    import: {
      [pathOf(".")]: "{ createPluginManager, definePlugin, deny }",
      [pathOf("./mcp")]: "{ createGuard }",
    },
    limit: "129.2 kB",
  },
].map((program) => ({ path: pathOf("."), gzip: true, ...program }));

/** Whole entries, by their names in package.json. */
const limits = {
  ".": "98 kB",
  "./messages": "44 kB",
  "./audit": "39 kB",
  "./labels": "39 kB",
  "./remote": "51 kB",
  "./host": "120 kB",
  "./anthropic": "50 kB",
  "./bedrock": "64 kB",
  "./google": "47 kB",
  "./ai-sdk": "72 kB",
  "./mcp": "70 kB",
  "./http": "70 kB",
  "./openai": "66 kB",
  "./memory-node": "125 kB",
  "./node": "220 kB",
  "./testing": "118 kB",
  "./plugins": "85 kB",
  "./redis": "20 kB",
};

/** Packages that are optional, and modules that Node.js has. */
const ignored = {
  "./node": ["node:*"],
  "./testing": ["fast-check", "node:*"],
  "./plugins": ["@cedar-policy/cedar-wasm/nodejs", "@marcbachmann/cel-js"],
};

const entryOf = (key, more) => ({
  name: key.replace(".", self),
  path: pathOf(key),
  import: "*",
  limit: limits[key],
  ...(ignored[key] && { ignore: ignored[key] }),
  ...more,
});

const entries = [
  ...programs,
  ...Object.keys(limits).map((key) => entryOf(key)),
  entryOf("./ai-sdk", {
    name: "glassine/ai-sdk, the documents alone",
    import:
      "{ contentStream, fromContent, fromModelMessages, fromPrompt, notAllowed, toContent, toModelMessages, toPrompt, toStreamParts }",
    limit: "53 kB",
  }),
  entryOf("./node", {
    name: "glassine/node, the audit sinks alone",
    import: "{ fileAuditSink, streamAuditSink }",
    limit: "20 kB",
  }),
];

const modifyEsbuildConfig = (config) => ({ ...config, format: "esm" });

// biome-ignore lint/style/noDefaultExport: size-limit reads the default export.
export default entries.map((entry) => ({ ...entry, modifyEsbuildConfig }));
