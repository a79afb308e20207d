// The graph of src/ as data. import-graph.test.ts checks every import against it, even of types.

/** Rooms from bottom to top: each may import those before it. */
interface Wing {
  readonly rooms: readonly string[];
  /** Other wings and small rooms that each of its rooms may import. */
  readonly mayImport: readonly string[];
  /** Rooms that do not import one another. */
  readonly apart?: readonly string[];
}

export interface Plan {
  readonly wings: Readonly<Record<string, Wing>>;
  /** Small rooms beside the wings, and the wings and rooms that each may import. */
  readonly rooms: Readonly<Record<string, readonly string[]>>;
  /** The public entries of the core, which are files of `src/` itself. */
  readonly doors: readonly string[];
  /** Rooms that import only the public entries. */
  readonly outside: readonly string[];
  /** The wings and rooms that the public entries may import. */
  readonly doorsMayImport: readonly string[];
  /** Files that other rooms may import directly instead of through the room's index. */
  readonly open: readonly string[];
  /** Files that load modules named only at run time: plugins and optional peers. */
  readonly loaders: readonly string[];
  /** The wings and rooms that may import each dependency. */
  readonly packages: Readonly<Record<string, readonly string[]>>;
  readonly maxLines: number;
  /** Generated files, which may be of any length. */
  readonly generated: RegExp;
}

export const plan: Plan = {
  wings: {
    core: {
      rooms: [
        "errors",
        "data",
        "schema",
        "slots",
        "envelope",
        "messages",
        "labels",
        "hooks",
        "observe",
        "plugins",
        "remote",
        "host",
      ],
      mayImport: [],
    },
    providers: {
      rooms: [
        "rewrite",
        "guard",
        "model",
        "openai",
        "anthropic",
        "google",
        "bedrock",
        "ai-sdk",
        "mcp",
        "http",
      ],
      mayImport: ["core"],
      apart: ["openai", "anthropic", "google", "bedrock", "ai-sdk", "mcp", "http"],
    },
    operate: { rooms: ["packages", "isolate", "trust", "discovery", "cli"], mayImport: ["core"] },
    gateway: {
      rooms: [
        "config",
        "identity",
        "transports",
        "definitions",
        "router",
        "models",
        "envoy",
        "observe",
        "run",
        "command",
      ],
      mayImport: ["core", "providers", "operate", "node", "redis", "plugins"],
    },
  },
  rooms: {
    redis: ["core"],
    "memory-node": [],
    plugins: [],
    testing: ["core", "providers/rewrite", "providers/guard"],
    node: ["core", "operate"],
  },
  doors: ["index", "messages", "audit", "labels", "remote", "host"].map((name) => `src/${name}.ts`),
  outside: ["memory-node", "plugins"],
  doorsMayImport: ["core"],
  // In this order: the intrinsics as they were before any plugin ran, the check for plugins that a
  // guard would skip, the groups of messages that may pass, the judging of provider answers, the
  // reader of media types, the reader of server-sent events, four files of the gateway for its
  // commands, the names of the kinds of isolation (without starting any), the reader of CPEX
  // configurations, the server that offers a plugin to CPEX hosts, the reader of guests not yet
  // trusted, and the loader of QuickJS.
  open: [
    "src/core/data/intrinsics.ts",
    "src/providers/mcp/wiring.ts",
    "src/providers/mcp/methods.ts",
    "src/providers/http/judge-response.ts",
    "src/providers/http/media-type.ts",
    "src/providers/http/event-reader.ts",
    "src/gateway/run/missing-peers.ts",
    "src/gateway/run/open-gateway.ts",
    "src/gateway/run/parts.ts",
    "src/gateway/run/skipped.ts",
    "src/operate/isolate/kinds.ts",
    "src/operate/isolate/cpex/cpex-file.ts",
    "src/operate/isolate/cpex/cpex-server.ts",
    "src/operate/isolate/cpex/wheels.ts",
    "src/operate/isolate/quickjs/library.ts",
  ],
  loaders: [
    "src/operate/discovery/import-module.ts",
    "src/operate/cli/import-host.ts",
    "src/operate/packages/peer.ts",
    "src/gateway/config/import-file.ts",
    "src/operate/isolate/load.ts",
  ],
  packages: {
    zod: [
      "core",
      "providers",
      "memory-node",
      "plugins",
      "testing",
      "operate/trust",
      "operate/cli",
      "operate/isolate",
      "operate/packages",
      "gateway/config",
      "gateway/definitions",
      "gateway/models",
      "gateway/command",
    ],
    "fast-check": ["testing"],
    immer: ["core/envelope"],
    "fast-deep-equal": ["operate/trust"],
    semver: ["core/plugins"],
    "@humanwhocodes/momoa": ["operate/packages"],
    jiti: ["gateway/config"],
    "smol-toml": ["operate/trust"],
    "@sigstore/bundle": ["operate/trust"],
    "@sigstore/verify": ["operate/trust"],
    "@marcbachmann/cel-js": ["plugins"],
    "quickjs-emscripten": ["operate/isolate"],
    "@cedar-policy/cedar-wasm": ["plugins"],
    commander: ["operate/cli"],
    "ts-pattern": ["operate/trust"],
    jose: ["gateway/identity"],
    picocolors: ["operate/cli"],
    "eventsource-parser": ["providers/http"],
    "@grpc/grpc-js": ["gateway/envoy"],
    "@grpc/proto-loader": ["gateway/envoy"],
    yaml: ["gateway/envoy"],
    undici: ["gateway/transports", "gateway/models"],
    "@hono/node-server": ["gateway/run"],
    "node:child_process": ["gateway/transports", "operate/isolate"],
    "node:crypto": ["operate/packages", "operate/trust", "operate/isolate", "gateway"],
    "node:events": ["gateway/transports"],
    "node:fs": ["operate", "gateway"],
    "node:fs/promises": ["node", "operate", "gateway"],
    "node:http": ["gateway"],
    "node:https": ["gateway/run"],
    "node:module": ["operate/packages", "operate/isolate", "operate/cli", "gateway"],
    "node:net": ["gateway"],
    "node:os": ["operate", "gateway"],
    "node:path": ["operate", "gateway"],
    "node:process": ["operate/isolate", "operate/cli", "gateway"],
    "node:stream": ["gateway"],
    "node:string_decoder": ["gateway"],
    "node:timers/promises": ["gateway"],
    "node:url": ["operate", "gateway"],
    "node:util": ["operate/trust", "operate/discovery", "gateway"],
    "node:v8": ["operate/isolate"],
    "node:worker_threads": ["operate/isolate"],
    "node:zlib": ["operate/trust"],
  },
  maxLines: 500,
  generated: /(^|\/)generated\/|\.generated\.ts$/,
};
