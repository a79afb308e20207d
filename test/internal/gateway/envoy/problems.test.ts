/** Configurations of Envoy, printed and checked. */
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { configSchema } from "../../../../src/gateway/config/index.ts";
import {
  documentsIn,
  type EnvoyConfigOptions,
  envoyConfig,
  envoyProblems,
  problemsInText,
} from "../../../../src/gateway/envoy/index.ts";
import { verifies } from "../../../support/verifies.ts";

const config = configSchema.parse({
  servers: { notes: { url: "http://127.0.0.1:3000/mcp" }, far: { url: "https://a.example/mcp" } },
  models: {
    chat: {
      provider: "openai",
      url: "https://api.example/v1",
      path: "/openai",
      headers: { authorization: { env: "KEY" }, "x-plain": "not-for-envoy" },
    },
  },
  listen: { port: 8080 },
});
const options: EnvoyConfigOptions = {
  config,
  bodyMode: "streamed",
  adminPort: 9901,
  processors: [{ socket: "/run/glassine.sock" }, { host: "processor.example", port: 9002 }],
};

it("prints for a server by its address that its certificate names the address", () => {
  const servers = { near: { url: "https://10.0.0.7/mcp" }, next: { url: "https://[fd00::7]/mcp" } };
  const text = envoyConfig("envoy", { ...options, config: configSchema.parse({ servers }) });
  expect(text.match(/san_type: .*/g)).toEqual(["san_type: IP_ADDRESS", "san_type: IP_ADDRESS"]);
  expect(text).toMatch(/exact: 10\.0\.0\.7\n[\s\S]*exact: fd00::7\n/);
  // RFC 6066 §3: an address is no server name.
  expect(text).not.toContain("sni:");
});

const textsOf = (text: string) => envoyProblems(documentsIn(text)).map((each) => each.text);

it.each(["envoy", "envoy-gateway", "istio"] as const)(
  "what is printed for %s lets nothing pass",
  (product) => {
    verifies("envoy:printed");
    for (const bodyMode of ["streamed", "buffered"] as const) {
      const text = envoyConfig(product, { ...options, bodyMode });
      expect(textsOf(text)).toEqual([]);
      expect(text).not.toContain("not-for-envoy");
    }
  },
);

it("has a route for each server and model, and every processor", () => {
  const text = envoyConfig("envoy", options);
  for (const part of ["path: /mcp/notes", "path: /mcp/far", "prefix: /openai/"])
    expect(text).toContain(part);
  for (const part of ["/run/glassine.sock", "processor.example", "sni: a.example", "STRICT_DNS"])
    expect(text).toContain(part);
});

it.each([
  ["failure_mode_allow: false", "failure_mode_allow: true", "failure_mode_allow", true],
  ["request_body_mode: FULL_DUPLEX_STREAMED", "request_body_mode: NONE", "is NONE", true],
  ["response_body_mode: FULL_DUPLEX_STREAMED", "response_body_mode: STREAMED", "STREAMED", true],
  ["response_header_mode: SEND", "response_header_mode: SKIP", "SKIP", true],
  [
    "message_timeout:",
    "observability_mode: true\n                      message_timeout:",
    "observability",
    true,
  ],
  [
    "message_timeout:",
    "disable_immediate_response: true\n                      message_timeout:",
    "refusal",
    true,
  ],
  ["grpc_close: true", "grpc_close: false", "resets", false],
  ["request_trailer_mode: SEND", "request_trailer_mode: SKIP", "trailers of the request", true],
  ["request_body_mode: FULL_DUPLEX_STREAMED", "request_body_mode: 0", "is NONE", true],
  ["request_header_mode: SEND", "request_header_mode: 2", "SKIP", true],
  ["request_trailer_mode: SEND", "request_trailer_mode: 2", "trailers of the request", true],
])("finds what %s became", (before, after, word, isOpen) => {
  const text = envoyConfig("envoy", options);
  expect(text).toContain(before);
  const problems = envoyProblems(documentsIn(text.replace(before, after)));
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({ isOpen, text: expect.stringContaining(word) });
});

it("accepts modes as numbers", () => {
  const text = envoyConfig("envoy", options)
    .replace("request_header_mode: SEND", "request_header_mode: 1")
    .replace("request_body_mode: FULL_DUPLEX_STREAMED", "request_body_mode: 4")
    .replace("response_body_mode: FULL_DUPLEX_STREAMED", "response_body_mode: 2")
    .replace("request_trailer_mode: SEND", "request_trailer_mode: 1")
    .replace("response_trailer_mode: SEND", 'response_trailer_mode: "1"');
  expect(text.match(/mode: "?[0-9]/g)).toHaveLength(5);
  expect(textsOf(text)).toEqual([]);
});

it.each(["yes", "On", "y", '"true"', '"T"', '"1"', "!!str Yes"])(
  "finds what Envoy takes for true: %s",
  (value) => {
    verifies("envoy:safe");
    const text = envoyConfig("envoy", options);
    const open = text.replace("failure_mode_allow: false", `failure_mode_allow: ${value}`);
    expect(textsOf(open)).toEqual([expect.stringContaining("failure_mode_allow")]);
  },
);

it("accepts modes in lower case, and finds those that are open", () => {
  verifies("envoy:safe");
  const text = envoyConfig("envoy", options).replaceAll(/(?<=_mode: )[A-Z_]+/g, (mode) =>
    mode.toLowerCase(),
  );
  expect(textsOf(text)).toEqual([]);
  const skipped = text.replace("request_header_mode: send", "request_header_mode: skip");
  expect(textsOf(skipped)).toEqual([expect.stringContaining("SKIP")]);
});

it("finds a field in both spellings, of which Envoy may take either", () => {
  verifies("envoy:safe");
  const text = envoyConfig("envoy", options).replace(
    /\n( +)failure_mode_allow: false/,
    "$&\n$1failureModeAllow: true",
  );
  expect(textsOf(text)).toEqual([
    expect.stringMatching(/`failure_mode_allow` is also given as `failureModeAllow`/),
  ]);
});

it("finds where the filter is off", () => {
  const text = envoyConfig("envoy", options);
  const off = `{ envoy.filters.http.ext_proc: { "@type": type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExtProcPerRoute, disabled: true } }`;
  const routed = text.replace(/\n( +)route:/, `\n$1typed_per_filter_config: ${off}\n$1route:`);
  expect(textsOf(routed)).toEqual([expect.stringContaining("disabled")]);
  const filter = text.replace(
    /\n( +)- name: envoy.filters.http.ext_proc/,
    "$&\n$1  disabled: true",
  );
  expect(textsOf(filter)).toEqual([expect.stringContaining("disabled")]);
});

const filterConfig = (more: string) =>
  `{ "@type": type.googleapis.com/envoy.config.route.v3.FilterConfig, ${more} }`;
const perRoute = "envoy.extensions.filters.http.ext_proc.v3.ExtProcPerRoute";

it.each([
  ["its name", "envoy.filters.http.ext_proc", filterConfig("disabled: true")],
  ["a name of an unknown filter", "judge", filterConfig("disabled: true, is_optional: true")],
  [
    "settings in settings",
    "envoy.filters.http.ext_proc",
    filterConfig(`is_optional: true, config: { "@type": a/${perRoute}, disabled: true }`),
  ],
  [
    "untyped settings",
    "envoy.filters.http.ext_proc",
    `{ "@type": a/xds.type.v3.TypedStruct, type_url: a/${perRoute}, value: { disabled: true } }`,
  ],
])("finds where a route switches the filter off, by %s", (_, name, settings) => {
  verifies("envoy:safe");
  const text = envoyConfig("envoy", options);
  for (const key of ["typed_per_filter_config", "typedPerFilterConfig"]) {
    const routed = text.replace(/\n( +)route:/, `\n$1${key}: { ${name}: ${settings} }\n$1route:`);
    expect(textsOf(routed)).toEqual([expect.stringContaining("disabled")]);
  }
});

it("lets a route switch other filters off", () => {
  const text = envoyConfig("envoy", options);
  const off = ["envoy.filters.http.lua", "envoy.filters.http.router"].map(
    (name) => `${name}: ${filterConfig("disabled: true")}`,
  );
  off.push(`envoy.filters.http.ext_proc: ${filterConfig("disabled: false")}`);
  const map = `typed_per_filter_config: { ${off.join(", ")} }`;
  expect(textsOf(text.replace(/\n( +)route:/, `\n$1${map}\n$1route:`))).toEqual([]);
});

const manager = "http_connection_manager.v3.HttpConnectionManager";
const weighted = "weighted_clusters: { clusters: [{ name: server_notes, weight: 1 }] }";

it.each([
  ["a route's cluster", manager, "cluster: server_notes"],
  ["a route's weighted clusters", manager, weighted],
  ["the cluster of a TCP proxy", "tcp_proxy.v3.TcpProxy", "cluster: server_notes"],
  ["the weighted clusters of a TCP proxy", "tcp_proxy.v3.TcpProxy", weighted],
])("finds a listener that leads to a server without the filter, by %s", (_, type, route) => {
  verifies("envoy:safe");
  const text = envoyConfig("envoy", options);
  const beside = (to: string) => {
    const routes = `route_config: { virtual_hosts: [{ routes: [{ match: { prefix: / }, route: { ${to} } }] }] }`;
    return text.replace(
      /\n( +)- name: callers/,
      `\n$1- name: beside\n$1  filter_chains: [{ filters: [{ typed_config: { "@type": a/envoy.extensions.filters.network.${type}, ${type === manager ? routes : to} } }] }]$&`,
    );
  };
  expect(textsOf(beside(route))).toEqual([expect.stringContaining("a listener leads")]);
  expect(textsOf(beside(route.replace("server_notes", "metrics")))).toEqual([]);
});

it("finds a listener without the filter in a dump, where routes are apart from the listeners", () => {
  verifies("envoy:safe");
  const [document] = documentsIn(envoyConfig("envoy", options));
  const judged = JSON.stringify(document);
  const [, routes = ""] = /"route_config":(\{.*\}),"http_filters"/.exec(judged) ?? [];
  const byName = '"rds":{"route_config_name":"glassine"}';
  const dump = (listeners: string, unjudged: string) => {
    const beside = { "@type": `a/envoy.extensions.filters.network.${manager}`, unjudged: true };
    const other = JSON.stringify(beside).replace('"unjudged":true', unjudged);
    return `[${listeners}, {"dynamic_listeners":[${other}]}, {"dynamic_route_configs":[{"route_config":${routes}}]}]`;
  };
  const inline = `"route_config":${routes}`;
  const rds = judged.replace(inline, byName);
  expect(rds).not.toBe(judged);
  for (const [listeners, unjudged] of [
    [rds, inline],
    [judged, byName],
    [judged, byName.replace("route_config_name", "routeConfigName")],
    [rds, byName],
  ] as const)
    expect(textsOf(dump(listeners, unjudged))).toEqual([
      expect.stringContaining("a listener leads"),
    ]);
  const elsewhere = inline.replace(/"cluster":"\w+"/g, '"cluster":"metrics"');
  const twice = `{"static_route_configs":[{${elsewhere}}]}`;
  expect(textsOf(dump(`${rds},${twice}`, elsewhere))).toEqual([]);
  expect(textsOf(dump(`${judged},${twice}`, elsewhere))).toEqual([]);
});

it("has nothing against external authorization that fails open", () => {
  const authz =
    '{ "@type": a/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz, failure_mode_allow: true }';
  const text = envoyConfig("envoy", options).replace(
    /\n( +)- name: envoy.filters.http.router\n/,
    `\n$1- { name: a, typed_config: ${authz} }$&`,
  );
  expect(text).toContain("ExtAuthz");
  expect(textsOf(text)).toEqual([]);
});

it.each([
  ["ext_authz.v3.ExtAuthz", "clear_route_cache: true", "clear_route_cache: false"],
  [
    "jwt_authn.v3.JwtAuthentication",
    "providers: { a: { clearRouteCache: true } }",
    "providers: { a: {} }",
  ],
  ["lua.v3.Lua", "default_source_code: { inline_string: x }", "clear_route_cache: false"],
  [
    "lua.v3.Lua",
    'clear_route_cache: false, default_source_code: { inline_string: "h:clearRouteCache()" }',
    "clear_route_cache: false",
  ],
  [
    "ext_proc.v3.ExternalProcessor",
    "processing_mode: {}",
    "processing_mode: {}, route_cache_action: RETAIN",
  ],
])("finds a filter after it that makes Envoy choose the route again: %s", (type, open, safe) => {
  verifies("envoy:safe");
  const text = envoyConfig("envoy", options);
  const routed = (first: string, settings: string) =>
    textsOf(
      text.replace(
        new RegExp(`\\n( +)- name: envoy.filters.http.${first}\\n`),
        `\n$1- { name: a, typed_config: { "@type": a/envoy.extensions.filters.http.${type}, ${settings} } }$&`,
      ),
    ).filter((each) => each.includes("chooses the route again"));
  expect(routed("router", open)).toHaveLength(1);
  expect(routed("router", safe)).toEqual([]);
  if (!type.includes("ext_proc")) expect(routed("ext_proc", open)).toEqual([]);
});

it("finds a filter that need not be there", () => {
  const optional = envoyConfig("envoy", options).replace(
    /\n( +)- name: envoy.filters.http.ext_proc/,
    "$&\n$1  is_optional: true",
  );
  expect(textsOf(optional)).toEqual([expect.stringContaining("is_optional")]);
});

it("finds a filter that a matcher may skip", () => {
  const [document] = documentsIn(envoyConfig("envoy", options)) as object[];
  const matched = JSON.stringify(document).replace(
    /\{"name":"envoy.filters.http.ext_proc","typed_config":(.*?"message_timeout":"120s"\})\}/,
    '{"name":"m","typed_config":{"@type":"a/envoy.extensions.common.matching.v3.ExtensionWithMatcher","extension_config":{"name":"p","typed_config":$1}}}',
  );
  expect(textsOf(matched)).toEqual([expect.stringContaining("matcher")]);
});

it.each([
  ["disallow_all: true", "disallow_all"],
  ["disallow_system: true", "disallow_system"],
  ['disallow_expression: { regex: "^cookie$" }', "disallow_expression"],
  ['allow_envoy: true, disallowExpression: { regex: "^cookie$" }', "disallow_expression"],
])("finds that Envoy ignores changes to headers: %s", (rule, word) => {
  verifies("envoy:safe");
  const [before, after] = envoyConfig("envoy", options).split("allow_envoy: true");
  const withRules = (rules: string) => `${before}{ ${rules} }${after}`;
  const text = withRules(rule).replace(/mutation_rules:\s+\{/, "mutation_rules: {");
  expect(textsOf(text)).toEqual([expect.stringContaining(word)]);
  expect(textsOf(text.replace(rule, `${rule}, disallow_is_error: true`))).toEqual([]);
});

it.each([
  ["route_cache_action", "CLEAR"],
  ["route_cache_action", "clear"],
  ["route_cache_action", "1"],
  ["routeCacheAction", '"1"'],
])("finds that Envoy chooses the route again: %s: %s", (key, value) => {
  verifies("envoy:safe");
  const withAction = (action: string) =>
    envoyConfig("envoy", options).replace(
      /\n( +)message_timeout:/,
      `\n$1disable_clear_route_cache: false\n$1${key}: ${action}$&`,
    );
  expect(textsOf(withAction(value))).toEqual([expect.stringContaining("route_cache_action")]);
  for (const other of ["DEFAULT", "RETAIN", "0", "2"])
    expect(textsOf(withAction(other))).toEqual([]);
});

it.each(["allowed_headers", "disallowed_headers", "allowedHeaders"])(
  "finds headers that glassine does not get: %s",
  (rule) => {
    verifies("envoy:safe");
    const text = envoyConfig("envoy", options).replace(
      /\n( +)message_timeout:/,
      `\n$1forward_rules: { ${rule}: { patterns: [{ exact: authorization }] } }$&`,
    );
    expect(textsOf(text)).toEqual([expect.stringContaining("forward_rules")]);
  },
);

it.each([
  "use_remote_address: false",
  "xff_num_trusted_hops: 1",
  "use_remote_address: true, xff_num_trusted_hops: 1",
  "use_remote_address: true, original_ip_detection_extensions: [{ name: a }]",
])("finds that callers choose their own address: %s", (settings) => {
  verifies("envoy:address");
  const lines = settings.split(", ").join("\n                ");
  const text = envoyConfig("envoy", options).replace("use_remote_address: true", lines);
  expect(textsOf(text)).toEqual([expect.stringContaining("`source.address`")]);
  // Without it, nobody is believed.
  expect(textsOf(text.replace("- source.address", "- source.port"))).toEqual([]);
});

it.each([
  [
    "envoy-gateway",
    "clientIPDetection",
    "kind: ClientTrafficPolicy\nspec: { clientIPDetection: { xForwardedFor: { numTrustedHops: 1 } } }",
  ],
  [
    "envoy-gateway",
    "clientIPDetection",
    "kind: ClientTrafficPolicy\nspec: { clientIPDetection: { customHeader: { name: x-ip } } }",
  ],
  [
    "istio",
    "numTrustedProxies",
    "kind: IstioOperator\nspec: { meshConfig: { defaultConfig: { gatewayTopology: { numTrustedProxies: 2 } } } }",
  ],
  [
    "istio",
    "numTrustedProxies",
    `metadata: { annotations: { proxy.istio.io/config: '{"gatewayTopology": {"numTrustedProxies": 1}}' } }`,
  ],
  [
    "istio",
    "numTrustedProxies",
    `metadata: { annotations: { proxy.istio.io/config: "gatewayTopology:\\n  numTrustedProxies: 1" } }`,
  ],
] as const)(
  "finds that callers choose their address in files for %s: %s",
  (product, word, more) => {
    verifies("envoy:address");
    const text = `${envoyConfig(product, options)}---\n${more}\n`;
    expect(textsOf(text)).toEqual([expect.stringContaining(word)]);
    expect(textsOf(text.replace("- source.address", "- source.port"))).toEqual([]);
    expect(textsOf(text.replace(/: [12]\b/, ": 0").replace(/clientIP\w+/, "other"))).toEqual([]);
  },
);

it("believes the address of the connection if no other way to find it is listed", () => {
  const settings = "use_remote_address: true\n                original_ip_detection_extensions: []";
  const text = envoyConfig("envoy", options).replace("use_remote_address: true", settings);
  expect(textsOf(text)).toEqual([]);
});

it("finds the same in Envoy Gateway's words", () => {
  const text = envoyConfig("envoy-gateway", options);
  expect(textsOf(text.replace("failOpen: false", "failOpen: true"))).toHaveLength(1);
  expect(textsOf(text.replace("body: FullDuplexStreamed", "body: Streamed"))).toHaveLength(1);
});

const agentgateway = `
binds:
- port: 3000
  listeners:
  - routes:
    - policies:
        extProc: { host: "127.0.0.1:9002" }
        ai:
          promptGuard:
            streaming: enabled
            request: [{ webhook: { target: { host: "127.0.0.1:9003" } } }]
            response: [{ webhook: { target: { host: "127.0.0.1:9003" }, failureMode: failClosed } }]
`;

it.each([
  ['{ host: "127.0.0.1:9002" }', '{ host: "127.0.0.1:9002", failureMode: failOpen }', "extProc"],
  ["failureMode: failClosed", "failureMode: failOpen", "the webhook"],
  ["failureMode: failClosed", "messageFormat: raw", "messageFormat"],
  ["failureMode: failClosed", "minSizeBytes: 64", "minSizeBytes"],
  ["streaming: enabled", "streaming: disabled", "streaming"],
  [
    '{ host: "127.0.0.1:9002" }',
    '{ host: "127.0.0.1:9002", processingOptions: { responseBodyMode: none } }',
    "responseBodyMode",
  ],
  [
    '{ host: "127.0.0.1:9002" }',
    '{ host: "127.0.0.1:9002", processingOptions: { requestBodyMode: buffered, requestHeaderMode: skip } }',
    "requestHeaderMode",
  ],
])("finds what of agentgateway's %s is open", (before, after, word) => {
  verifies("envoy:safe");
  expect(textsOf(agentgateway)).toEqual([]);
  const problems = envoyProblems(documentsIn(agentgateway.replace(before, after)));
  expect(problems).toEqual([{ isOpen: true, text: expect.stringContaining(word) }]);
});

it("finds nothing in what the page shows for agentgateway", async () => {
  const page = await readFile(new URL("../../../../docs/envoy.md", import.meta.url), "utf8");
  const shown = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = ""]) => text);
  expect(shown.map(textsOf)).toEqual([[], []]);
});

it("finds that nothing is judged at all", () => {
  expect(textsOf("static_resources: {}")[0]).toContain("no external processing");
});

it("needs no flag where connections end by themselves", () => {
  const text = envoyConfig("envoy", options)
    .replace("grpc_close: true", "grpc_close: false")
    .replace(
      "explicit_http_config:",
      "common_http_protocol_options: { max_requests_per_connection: 500 }\n          explicit_http_config:",
    );
  expect(textsOf(text)).toEqual([]);
});

it("says in one line what is wrong with a file, and quotes nothing of it", () => {
  const refused = expect.stringMatching(/^envoy\.yaml is neither YAML nor JSON: [^\\]*$/);
  const read = () => problemsInText("secret: [1\n", "envoy.yaml");
  expect(read).toThrow(expect.objectContaining({ code: "config_unreadable", message: refused }));
  expect(read).toThrow(expect.not.objectContaining({ message: expect.stringContaining("secret") }));
});
