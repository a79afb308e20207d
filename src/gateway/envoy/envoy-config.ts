/** Generates a configuration for an Envoy that asks this gateway, from the gateway's own. */
import { type GatewayConfig, type UrlServer, withoutBrackets } from "../config/index.ts";
import { serverPaths } from "./behind-envoy.ts";
import { gracefulClose } from "./envoy-problems.ts";
import type { EnvoyListen } from "./envoy-server.ts";
import { type Comments, commented } from "./yaml.ts";

export interface EnvoyConfigOptions {
  readonly config: GatewayConfig;
  /** The gateways that Envoy asks. */
  readonly processors: readonly EnvoyListen[];
  readonly bodyMode: "streamed" | "buffered";
  /** The port of Envoy's own admin interface, on the local address. */
  readonly adminPort: number;
  /** The files that Envoy uses to connect to the gateways with TLS. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string } | undefined;
}

/** `envoy` is a whole configuration; the others are fragments for products that configure Envoy. */
export type EnvoyProduct = "envoy" | "envoy-gateway" | "istio";

const type = (name: string) => `type.googleapis.com/envoy.${name}`;

/** How many may be open at a time. Envoy's own default is 1024, and every open stream counts. */
const manyOpen = {
  max_connections: 100_000,
  max_pending_requests: 100_000,
  max_requests: 100_000,
};

/** Makes Envoy end its streams to the gateways instead of resetting them. */
const graceful = {
  layered_runtime: { layers: [{ name: "glassine", static_layer: { [gracefulClose]: true } }] },
};

/** The names of the gateways' cluster, and of the cluster of a server or model. */
const processorCluster = "glassine";
const clusterOf = (kind: "server" | "model", name: string) => `${kind}_${name}`;

interface Upstream {
  readonly cluster: string;
  readonly url: URL;
  readonly match: object;
  readonly timeout: string;
}

export function envoyConfig(product: EnvoyProduct, options: EnvoyConfigOptions): string {
  if (product === "envoy") return wholeConfig(options);
  const documents = product === "istio" ? istio(options) : envoyGateway(options);
  return documents.map((each) => commented(each, fragmentComments)).join("---\n");
}

function wholeConfig(options: EnvoyConfigOptions): string {
  const { config, adminPort } = options;
  const { host = "127.0.0.1", port = 8080 } = config.listen ?? {};
  const upstreams = upstreamsOf(options);
  const document = {
    admin: { address: address("127.0.0.1", adminPort) },
    ...graceful,
    static_resources: {
      listeners: [
        {
          name: "callers",
          address: address(host, port),
          filter_chains: [{ filters: [connectionManager(upstreams, options)] }],
        },
      ],
      clusters: [processors(options), ...upstreams.map(clusterFor)],
    },
  };
  return commented(document, commentsOf(options));
}

/** Returns the filter alone, which the fragment for Istio also uses. */
function processorFilter({ bodyMode }: Pick<EnvoyConfigOptions, "bodyMode">) {
  const isStreamed = bodyMode === "streamed";
  const body = isStreamed ? "FULL_DUPLEX_STREAMED" : "BUFFERED";
  return {
    name: "envoy.filters.http.ext_proc",
    typed_config: {
      "@type": type("extensions.filters.http.ext_proc.v3.ExternalProcessor"),
      grpc_service: {
        envoy_grpc: { cluster_name: processorCluster },
        timeout: "0s",
        retry_policy: {
          retry_on: "connect-failure,refused-stream",
          num_retries: 3,
          retry_host_predicate: [
            {
              name: "envoy.retry_host_predicates.previous_hosts",
              typed_config: {
                "@type": type("extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"),
              },
            },
          ],
          host_selection_retry_max_attempts: 5,
        },
        initial_metadata: [{ key: "mcp-session-id", value: "%REQ(mcp-session-id?x-request-id)%" }],
      },
      failure_mode_allow: false,
      processing_mode: {
        request_header_mode: "SEND",
        response_header_mode: "SEND",
        request_body_mode: body,
        response_body_mode: body,
        request_trailer_mode: "SEND",
        response_trailer_mode: "SEND",
      },
      request_attributes: ["source.address"],
      mutation_rules: { allow_envoy: true },
      message_timeout: "120s",
    },
  };
}

function connectionManager(upstreams: readonly Upstream[], options: EnvoyConfigOptions) {
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: {
      "@type": type("extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"),
      stat_prefix: "callers",
      use_remote_address: true,
      normalize_path: true,
      merge_slashes: true,
      path_with_escaped_slashes_action: "REJECT_REQUEST",
      stream_idle_timeout: "0s",
      route_config: {
        name: "glassine",
        virtual_hosts: [
          {
            name: "glassine",
            domains: ["*"],
            routes: upstreams.map(({ cluster, url, match, timeout }) => ({
              match,
              route: { cluster, timeout, host_rewrite_literal: url.host },
            })),
          },
        ],
      },
      http_filters: [
        processorFilter(options),
        {
          name: "envoy.filters.http.router",
          typed_config: { "@type": type("extensions.filters.http.router.v3.Router") },
        },
      ],
    },
  };
}

function upstreamsOf({ config }: EnvoyConfigOptions): readonly Upstream[] {
  const servers = [...serverPaths(config)].map(([path, name]) => ({
    cluster: clusterOf("server", name),
    url: new URL((config.servers[name] as UrlServer).url),
    match: { path },
    // Streams are long-lived, and the gateway has its own deadline for every request.
    timeout: "0s",
  }));
  const models = Object.entries(config.models).map(([name, { path, url, timeoutMs }]) => ({
    cluster: clusterOf("model", name),
    url: new URL(url),
    match: { prefix: `${path.replace(/\/$/, "")}/` },
    timeout: `${timeoutMs / 1000}s`,
  }));
  // The first match wins, so longer prefixes come first.
  return [
    ...servers,
    ...models.toSorted((one, other) => other.match.prefix.length - one.match.prefix.length),
  ];
}

function clusterFor({ cluster, url }: Upstream) {
  const host = withoutBrackets(url.hostname);
  const isSecure = url.protocol === "https:";
  const port = url.port === "" ? (isSecure ? 443 : 80) : Number(url.port);
  return {
    name: cluster,
    type: isAddress(host) ? "STATIC" : "LOGICAL_DNS",
    connect_timeout: "5s",
    circuit_breakers: { thresholds: [manyOpen] },
    load_assignment: assignment(cluster, [address(host, port)]),
    ...(isSecure && { transport_socket: tlsTo(host, { filename: systemAuthorities }) }),
  };
}

const systemAuthorities = "/etc/ssl/certs/ca-certificates.crt";

function processors({ processors: at, tls }: EnvoyConfigOptions) {
  const isNamed = at.some(({ host }) => host !== undefined && !isAddress(host));
  return {
    name: processorCluster,
    type: isNamed ? "STRICT_DNS" : "STATIC",
    connect_timeout: "1s",
    lb_policy: "RING_HASH",
    common_lb_config: { healthy_panic_threshold: { value: 0 } },
    circuit_breakers: { thresholds: [manyOpen] },
    health_checks: [
      {
        timeout: "3s",
        interval: "1s",
        no_traffic_interval: "1s",
        healthy_threshold: 1,
        unhealthy_threshold: 1,
        grpc_health_check: {},
      },
    ],
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": type("extensions.upstreams.http.v3.HttpProtocolOptions"),
        explicit_http_config: { http2_protocol_options: {} },
        hash_policy: [{ header: { header_name: "mcp-session-id" } }],
      },
    },
    load_assignment: assignment(processorCluster, at.map(endpoint)),
    ...(tls && {
      transport_socket: tlsTo(undefined, { filename: tls.ca }, [
        { certificate_chain: { filename: tls.cert }, private_key: { filename: tls.key } },
      ]),
    }),
  };
}

function tlsTo(host: string | undefined, trusted_ca: object, tls_certificates?: readonly object[]) {
  const isByName = host !== undefined && !isAddress(host);
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: {
      "@type": type("extensions.transport_sockets.tls.v3.UpstreamTlsContext"),
      ...(isByName && { sni: host }),
      common_tls_context: {
        validation_context: {
          trusted_ca,
          ...(host !== undefined && {
            match_typed_subject_alt_names: [
              { san_type: isByName ? "DNS" : "IP_ADDRESS", matcher: { exact: host } },
            ],
          }),
        },
        ...(tls_certificates && { tls_certificates }),
      },
    },
  };
}

function endpoint({ socket, host, port }: EnvoyListen) {
  return socket === undefined ? address(host, port) : { pipe: { path: socket } };
}

function address(host: string, port: number) {
  return { socket_address: { address: host, port_value: port } };
}

function assignment(cluster_name: string, addresses: readonly object[]) {
  const lb_endpoints = addresses.map((each) => ({ endpoint: { address: each } }));
  return { cluster_name, endpoints: [{ lb_endpoints }] };
}

function isAddress(host: string): boolean {
  return host.includes(":") || /^\d+\.\d+\.\d+\.\d+$/.test(host);
}

/** Envoy Gateway: a policy for a server's route, and the runtime flag for its Envoys. */
function envoyGateway({ bodyMode }: EnvoyConfigOptions): readonly object[] {
  const body = bodyMode === "streamed" ? "FullDuplexStreamed" : "Buffered";
  const meta = (name: string) => ({ name, namespace: "default" });
  return [
    {
      apiVersion: "gateway.envoyproxy.io/v1alpha1",
      kind: "EnvoyExtensionPolicy",
      metadata: meta("glassine"),
      spec: {
        targetRefs: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", name: "mcp" }],
        extProc: [
          {
            backendRefs: [{ name: "glassine", port: 9002 }],
            failOpen: false,
            messageTimeout: "120s",
            processingMode: {
              request: { body, attributes: ["source.address"] },
              response: { body },
            },
          },
        ],
      },
    },
    {
      apiVersion: "gateway.envoyproxy.io/v1alpha1",
      kind: "EnvoyProxy",
      metadata: meta("glassine"),
      spec: {
        bootstrap: { type: "Merge", value: JSON.stringify(graceful, null, 2) },
      },
    },
  ];
}

/** Istio: the filter itself, with the cluster that Istio makes from glassine's service. */
function istio(options: EnvoyConfigOptions): readonly object[] {
  const filter = processorFilter(options);
  const { grpc_service } = filter.typed_config;
  const cluster_name = "outbound|9002||glassine.default.svc.cluster.local";
  const value = {
    ...filter,
    typed_config: {
      ...filter.typed_config,
      grpc_service: { ...grpc_service, envoy_grpc: { cluster_name } },
    },
  };
  return [
    {
      apiVersion: "networking.istio.io/v1alpha3",
      kind: "EnvoyFilter",
      metadata: { name: "glassine", namespace: "istio-system" },
      spec: {
        workloadSelector: { labels: { istio: "ingressgateway" } },
        configPatches: [
          {
            applyTo: "HTTP_FILTER",
            match: {
              context: "GATEWAY",
              listener: {
                filterChain: {
                  filter: {
                    name: "envoy.filters.network.http_connection_manager",
                    subFilter: { name: "envoy.filters.http.router" },
                  },
                },
              },
            },
            patch: { operation: "INSERT_BEFORE", value },
          },
          {
            applyTo: "BOOTSTRAP",
            patch: { operation: "MERGE", value: graceful },
          },
        ],
      },
    },
  ];
}

const neverOpen = "Never set this to true: traffic that could not be judged would pass.";
const noResets =
  "Without this, Envoy resets each stream to glassine at its end, and Node refuses streams after 1000 resets of a connection.";

const fragmentComments: Comments = {
  spec: "Names, namespaces and the port are examples: replace them with your own.",
  failOpen: neverOpen,
  failure_mode_allow: neverOpen,
  messageTimeout: "Longer than the plugins may take.",
  message_timeout: "Longer than the plugins may take.",
  layered_runtime: noResets,
  bootstrap: "Its Envoys end their streams to glassine instead of resetting them.",
  workloadSelector: "The gateway whose traffic glassine judges.",
};

/** Returns the YAML comments, each by the key that it goes before. */
function commentsOf({ bodyMode, processors: at }: EnvoyConfigOptions): Comments {
  return {
    admin: "Envoy's admin interface. Whoever reaches it can stop Envoy: keep it local.",
    layered_runtime: noResets,
    listeners: "Where callers connect: `listen` in the gateway's configuration.",
    use_remote_address:
      "Otherwise callers choose their own address, with x-forwarded-for, and identity.trustedHeaders believes it.",
    normalize_path: "One spelling of a path, for the routes and for glassine.",
    stream_idle_timeout: "MCP streams can be idle for a long time.",
    routes: "Each server and model at its path. glassine writes the path at the server itself.",
    http_filters: "glassine must come first, and the router last.",
    initial_metadata:
      "Says which session a stream belongs to, or else which request, for `hash_policy` below.",
    retry_policy: "A stream that no processor has taken yet is offered to another one.",
    failure_mode_allow: neverOpen,
    processing_mode:
      bodyMode === "streamed"
        ? "Bodies are judged while they stream, event by event."
        : "Bodies are buffered: streams arrive whole at their end, so a server cannot ask its caller anything, and no body is longer than Envoy's buffer (1 MiB).",
    request_attributes: "The address of the caller, which identity.trustedHeaders asks for.",
    mutation_rules: "Lets glassine remove callers' `x-envoy-` headers.",
    message_timeout:
      "Longer than the plugins may take. It counts for headers and buffered bodies; streams have glassine's own deadlines.",
    lb_policy:
      at.length > 1
        ? "All requests of a session go to the same processor while it lives."
        : "With more processors, all requests of a session go to the same one while it lives.",
    healthy_panic_threshold: "Refuse requests rather than ask a processor that is leaving.",
    health_checks:
      "A processor announces that it is leaving, and is then no longer asked. A busy one has three seconds to answer.",
    circuit_breakers: "Envoy's own limit is 1024, and every open stream counts.",
  };
}
