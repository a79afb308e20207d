/**
 * The schema of `glassine.config.*`. The types, the checks, `--check` and the tables in
 * docs/gateway-reference.md are derived from it; unknown keys are refused.
 */
import { resolve } from "node:path";
import * as z from "zod";
import { longestTimerMs } from "../../core/data/index.ts";
import { isolations, openingNames } from "../../operate/isolate/kinds.ts";
import { passGroups } from "../../providers/mcp/methods.ts";
import { baseUrl, httpUrl, serverUrl, withoutBrackets } from "./url-schemas.ts";

const text = z.string().min(1);
const whole = z.int().min(0);
const milliseconds = z.int().min(1).max(longestTimerMs);
const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/, "must be a header name");
const name = z
  .string()
  .regex(
    /^[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?$/,
    "must be 1 to 32 lower-case letters, digits and hyphens, beginning with a letter",
  );
const headerValue = z
  .string()
  .regex(
    /^[\t -~\u0080-\u00ff]*$/,
    "must be a header value, which has no line break, no other control character and nothing beyond Latin-1",
  );
/** What a program can get as an argument or a variable. Node's error for another would quote it. */
const argument = z.string().regex(/^[^\0]*$/, "must be a string without null characters");
const variable = z
  .string()
  .regex(/^[^=\0]+$/, "must be the name of a variable, which has no `=` and no null character");
/** Where to read a secret from, so that it need not be in the file. */
const secret = z
  .union([z.strictObject({ env: text }), z.strictObject({ file: text })])
  .describe("A secret: the name of an environment variable, or the path of a file.");

const headers = z.record(headerName, z.union([headerValue, secret])).default({});
const forward = z.array(headerName).default([]);
const subjectType = z.enum(["user", "agent", "service", "system"]).optional().describe("Its type.");
const port = z.int().min(0).max(65_535);
const host = z
  .string()
  .overwrite(withoutBrackets)
  .min(1)
  .default("127.0.0.1")
  .describe("The address that it listens on.");
const path = z
  .string()
  .regex(
    /^(?:\/(?!\.{1,2}(?:\/|$))[\w.-]*)+$/,
    "must be a path that begins with /, has only letters, digits, `_`, `.`, `-` and /, and has no segment `.` or `..`",
  );
const allowedHosts = z
  .array(text)
  .optional()
  .describe("The exact `Host` headers to accept. Default: those of a local address.");

const traceContext = z
  .boolean()
  .default(false)
  .describe("With `tracing`: whether to pass the trace context on to it.");

const ofServer = {
  traceContext,
  pass: z
    .array(z.enum(passGroups))
    .default(["tokens"])
    .describe(
      "Groups of messages and fields that pass without being shown to any plugin, even one that listens for them. Your list replaces the default.",
    ),
  onDeny: z
    .enum(["error", "tool_result"])
    .default("error")
    .describe("How a refused tool call is answered."),
  timeoutMs: milliseconds
    .default(60_000)
    .describe("How long the server may take to answer a request; progress restarts the timer."),
  definitions: z
    .enum(["warn", "label", "refuse"])
    .default("warn")
    .describe("What to do about a tool whose definition differs from the pinned one."),
  wireLabels: z
    .strictObject({
      ifc: z
        .boolean()
        .default(false)
        .describe(
          "The labels `private` and `untrusted`, unless `_meta.ifc` of a result says otherwise.",
        ),
      annotations: z
        .boolean()
        .default(false)
        .describe("The label `untrusted`, unless a tool has `openWorldHint: false`."),
    })
    .prefault({})
    .describe("Labels that the server claims for its data. They are only ever added."),
};

const commandServer = z.strictObject({
  command: text.describe("The program to start, without a shell: a name in `PATH`, or a path."),
  args: z.array(argument).default([]).describe("Its arguments."),
  env: z
    .record(variable, z.union([argument, secret]))
    .default({})
    .describe("Environment variables, besides the few that are always inherited."),
  cwd: text.optional().describe("Its working folder. Default: the gateway's."),
  ...ofServer,
});

const urlServer = z.strictObject({
  url: serverUrl.describe("The endpoint of the server: Streamable HTTP."),
  headers: headers.describe("Headers to send with every request to the server."),
  forward: forward.describe(
    "The caller's headers to send on; must not repeat one of `headers`. Credentials are sent on only if they are named here.",
  ),
  ...ofServer,
});

const server = z.union([commandServer, urlServer], {
  error: "must have either `command` or `url`, and only the keys that go with it",
});

const route = z.strictObject({
  provider: z
    .enum(["openai", "anthropic", "google"])
    .describe(
      "The API that callers speak: `openai` is Chat Completions, Responses and Embeddings.",
    ),
  url: baseUrl.describe(
    "The base URL of the provider, without the path of the API, a query or a fragment.",
  ),
  path: path.describe("The path under which callers reach it."),
  headers: headers.describe("Headers to send with every request to the provider, such as its key."),
  forward: forward.describe(
    "The caller's headers to send on, besides `content-type`, `accept`, `anthropic-version` and `anthropic-beta`; must not repeat one of `headers`.",
  ),
  allow: z
    .array(text)
    .default([])
    .describe(
      "What may pass although no plugin sees it, such as `tools`: a kind, or a kind and a path, as the log names it.",
    ),
  traceContext,
  timeoutMs: milliseconds.default(600_000).describe("How long the provider may take to answer."),
});

// docs/gateway-reference.md has one row for a key of several kinds of plugin: describe it once.
const accept = z
  .array(z.enum(openingNames))
  .optional()
  .describe(
    "With `isolate: process` or `kind: cpex`: what the plugin's code may be able to do if this machine cannot prevent it.",
  );
const deadline = milliseconds.optional().describe("The deadline of the plugin's handlers.");

const settings = {
  mode: z
    .enum(["sequential", "transform", "audit", "concurrent", "fire_and_forget", "disabled"])
    .optional()
    .describe("How the plugin runs."),
  priority: z.int().optional().describe("Lower values run first."),
  onError: z.enum(["fail", "ignore", "disable"]).optional().describe("What happens when it fails."),
  timeoutMs: deadline,
  conditions: z
    .record(z.string(), z.unknown())
    .optional()
    .describe(
      "Which calls it runs for: lists of patterns in `tools`, `prompts`, `resources`, `servers` and `tenants`. They replace the plugin's own.",
    ),
  grant: z.array(text).optional().describe("Restricts its capabilities to these."),
  options: z.unknown().optional().describe("Its own configuration."),
  isolate: z
    .enum(isolations)
    .optional()
    .describe(
      "Where its code runs, if not in the gateway. For packages and paths only. Must not be weaker than plugins.lock says.",
    ),
  accept,
};

const memoryMb = z
  .int()
  .min(1)
  .max(65_536)
  .optional()
  .describe(
    "With `path` and `isolate`: how large the plugin's heap may grow, in MiB. Default: 64. With `kind: cpex`: how much address space each plugin may use, in MiB. Default: 1024.",
  );

const ofPath = {
  readable: z
    .array(text)
    .optional()
    .describe("With `isolate: process`: folders that it may read, besides the file's own."),
  memoryMb,
};

const guests = z.strictObject({
  kind: z.literal("cpex").describe("CPEX plugins, written in Python."),
  file: text.describe(
    "With `kind: cpex`: the plugins' configuration file for CPEX, including modes, priorities and conditions.",
  ),
  python: text.describe(
    "With `kind: cpex`: the interpreter of the virtual environment that the plugins are installed in.",
  ),
  only: z
    .array(text)
    .optional()
    .describe(
      "With `kind: cpex`: which of the plugins to run, by their names in the file. Default: all that are not disabled.",
    ),
  env: z
    .record(text, z.union([z.string(), secret]))
    .optional()
    .describe("With `kind: cpex`: the values of `env` in the file, which is a Jinja template."),
  network: z
    .boolean()
    .optional()
    .describe(
      "With `kind: cpex`: whether the plugins may open network connections, for example to Redis. Default: false.",
    ),
  accept,
  memoryMb,
  timeoutMs: deadline,
});

const plugin = z.union(
  [
    text,
    z.strictObject({ use: text.describe("The name of a stock plugin."), ...settings }),
    z.strictObject({ package: text.describe("The id of an installed plugin."), ...settings }),
    z.strictObject({
      path: text.describe("A file. Production refuses it."),
      ...settings,
      ...ofPath,
    }),
    guests,
  ],
  { error: "must be a path, or an object with one of `use`, `package`, `path` and `kind`" },
);

const claimPath = z.union([text, z.array(text).min(1)]);

const jwt = z.strictObject({
  issuer: text.describe("The only accepted `iss`."),
  audience: text.describe("The only accepted `aud`: the URL of this gateway as callers know it."),
  resource: httpUrl
    .optional()
    .describe(
      "The URL of the MCP endpoint as callers know it. Default: the audience, if it is one.",
    ),
  algorithms: z
    .array(
      z.enum([
        ...(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] as const),
        ...(["ES256", "ES384", "ES512", "EdDSA", "Ed25519"] as const),
      ]),
    )
    .min(1)
    .describe("The only accepted `alg`."),
  keys: z
    .union([
      z.strictObject({ file: text.describe("A JWKS document or a public key in PEM.") }),
      z.strictObject({ url: httpUrl.describe("A JWKS URL.") }),
    ])
    .describe("The keys that sign tokens."),
  clockToleranceSeconds: whole.max(300).default(30).describe("How far clocks may differ."),
  scopes: z
    .array(text)
    .default([])
    .describe("The scopes that a token must have. All of them are required."),
  subject: z
    .strictObject({
      id: claimPath.optional().describe("The claim with its id."),
      type: subjectType,
      roles: z.array(claimPath).optional().describe("The claims with its roles."),
      permissions: z.array(claimPath).optional().describe("The claims with its permissions."),
      teams: z.array(claimPath).optional().describe("The claims with its teams."),
      claims: z.array(claimPath).optional().describe("Further claims that plugins may see."),
    })
    .prefault({})
    .describe("Which claims make up the subject, as in the options of `subjectFromClaims`."),
});

const trustedHeaders = z.strictObject({
  from: z
    .array(text)
    .min(1)
    .describe("The addresses of the proxies in front: IP addresses or CIDR ranges."),
  subject: headerName.describe("The header with the id of the subject."),
  type: subjectType,
  roles: headerName.optional().describe("The header with its roles, separated by commas."),
  teams: headerName.optional().describe("The header with its teams, separated by commas."),
  client: headerName.optional().describe("The header with the id of the client."),
});

const identity = z.strictObject({
  jwt: jwt.optional().describe("Bearer tokens."),
  trustedHeaders: trustedHeaders.optional().describe("Headers that a proxy in front sets."),
  anonymous: z
    .boolean()
    .default(false)
    .describe("Whether requests without an identity are accepted. They have no subject."),
  local: z
    .strictObject({
      id: text.describe("The id of the subject."),
      type: subjectType,
      roles: z.array(text).default([]).describe("Its roles."),
      teams: z.array(text).default([]).describe("Its teams."),
    })
    .optional()
    .describe("The subject of every request over stdio."),
});

const listen = z.strictObject({
  port: port.default(8080).describe("The port; 0 picks a free one."),
  host,
  path: path.default("/mcp").describe("The path of the MCP endpoint."),
  allowedHosts,
  allowedOrigins: z
    .array(text)
    .default([])
    .describe(
      "The exact `Origin` headers to accept. Requests without the header are always accepted. The gateway's own origin is accepted too, unless `allowedHosts` is set. Pages from these origins may read responses.",
    ),
});

const admin = z.strictObject({
  port: port.describe("The port; 0 picks a free one."),
  host,
  allowedHosts,
});

const limits = z.strictObject({
  messageBytes: z.int().min(1024).default(4_194_304).describe("The longest message, in bytes."),
  bodyTimeoutMs: milliseconds.default(30_000).describe("How long a request body may take."),
  sessions: z.int().min(1).default(1000).describe("How many sessions may be open."),
  sessionsPerSubject: z
    .int()
    .min(1)
    .default(100)
    .describe("How many sessions one subject may have open."),
  idleSessionMs: milliseconds
    .default(3_600_000)
    .describe(
      "How long a session stays open without a request, and up to a minute more. A request without an answer keeps it open. At least a minute less than `labels.store.ttlMs`.",
    ),
  requestsPerMinute: z
    .int()
    .min(1)
    .default(6000)
    .describe("How many requests one subject may send per minute. Each message of a batch counts."),
  inFlight: z
    .int()
    .min(1)
    .default(1000)
    .describe(
      "How many requests of one session, or exchanges of one subject (with models, or of MCP 2026-07-28), may be unanswered.",
    ),
  inFlightBytes: z
    .int()
    .min(2048)
    .default(67_108_864)
    .describe(
      "How many bytes the messages of all callers over HTTP may take together until they are answered or passed on, and those of one subject half as many. Of what each server sends, and of the answers of each model that are not streamed, as many are read and judged at a time. At least twice `messageBytes`: the default is raised to that.",
    ),
  queuedBytes: z
    .int()
    .min(1024)
    .default(8_388_608)
    .describe(
      "How many bytes may wait for a slow reader before its stream is cut off. The longest answers need 1024 more than `messageBytes`: the default is raised to that, and if you set both, less is refused.",
    ),
  events: whole
    .default(256)
    .describe(
      "How many events of a session are kept for clients that reconnect: of at most `queuedBytes` together and, with those of all other sessions, of 32 Mi characters.",
    ),
  children: z
    .int()
    .min(1)
    .default(32)
    .describe("How many processes one server may have at a time."),
  shutdownMs: milliseconds
    .default(10_000)
    .describe("How long open requests may take to end at shutdown."),
});

const labelSettings = z.strictObject({
  session: z
    .enum(["session", "subject"])
    .default("session")
    .describe("Whether labels follow data within a session, or across all sessions of a subject."),
  store: z
    .union([
      z.literal("memory"),
      z.strictObject({
        redis: z.union([text, secret]).describe("The URL of a Redis or Valkey server."),
        ttlMs: milliseconds.default(86_400_000).describe("How long unused labels are kept."),
        prefix: text.optional().describe("What the keys begin with. Default: `glassine:labels:`."),
      }),
    ])
    .default("memory")
    .describe("Where labels are kept. Several gateways need a common store."),
});

const audit = z.strictObject({
  file: text.describe(
    "The file to which records are appended, one line of JSON each. A file that begins with anything else is refused.",
  ),
  strict: z
    .boolean()
    .default(false)
    .describe("Whether requests are refused while records cannot be written."),
  access: z
    .enum(["refused", "all"])
    .default("refused")
    .describe("Which requests get a record when they end."),
  hooks: z
    .boolean()
    .default(false)
    .describe("Whether to record each hook that ran: which plugins saw and changed what."),
});

export const configSchema = z.strictObject({
  $schema: z.string().optional().describe("For editors. The gateway ignores it."),
  servers: z.record(name, server).default({}).describe("The MCP servers behind the gateway."),
  models: z.record(name, route).default({}).describe("Routes to model providers."),
  plugins: z
    .array(plugin)
    .default([])
    .describe("The plugins. Those of equal priority run in this order."),
  mode: z
    .enum(["dev", "production"])
    .default("dev")
    .describe("Production runs only packages that plugins.lock names."),
  listen: listen.optional().describe("HTTP settings. Without them the gateway uses stdio."),
  identity: identity.prefault({}).describe("Who is asking."),
  tenant: text.optional().describe("The tenant of every request."),
  labels: labelSettings.prefault({}).describe("How labels follow data from call to call."),
  limits: limits.prefault({}).describe("Sizes, rates and times."),
  admin: admin
    .optional()
    .describe(
      "The port for operators: `/healthz`, `/readyz`, `/metrics`. Without it there is none.",
    ),
  tracing: z
    .boolean()
    .default(false)
    .describe("Whether to trace requests and hooks as spans, with `@opentelemetry/api`."),
  audit: audit.optional().describe("The audit trail. Required in production."),
  definitionsFile: text
    .default("glassine.definitions.json")
    .describe("The file with the pinned definitions of tools."),
});

/** The same, checked, with all defaults filled in. */
export type GatewayConfig = z.output<typeof configSchema>;
export type ServerConfig = GatewayConfig["servers"][string];
export type UrlServer = z.output<typeof urlServer>;
export type CommandServer = z.output<typeof commandServer>;
export type RouteConfig = GatewayConfig["models"][string];
export type PluginEntry = GatewayConfig["plugins"][number];
/** An entry for CPEX plugins. */
export type GuestsEntry = Extract<PluginEntry, { readonly kind: string }>;

export function isGuests(entry: PluginEntry): entry is GuestsEntry {
  return typeof entry === "object" && "kind" in entry;
}

/**
 * Returns the path of a server's program, which the system looks for from the server's working
 * folder; `undefined` for a name without a slash, which it looks up in PATH.
 */
export function programOf(
  { command, cwd }: { readonly command: string; readonly cwd?: string | undefined },
  folder: string,
): string | undefined {
  return command.includes("/") ? resolve(cwd ?? folder, command) : undefined;
}

/** Returns the servers and the routes to model providers, each with its place. */
export function endsOf({ servers, models }: GatewayConfig) {
  return Object.entries({ servers, models }).flatMap(([key, ends]) =>
    Object.entries(ends).map(([name, end]) => ({ path: [key, name], end })),
  );
}

/** One plugin, with its settings. */
export type SinglePluginEntry = Exclude<PluginEntry, string | GuestsEntry>;
export type Secret = z.output<typeof secret>;
