/** Filters of the real Envoy that answer before external processing sees a request. */
// Only in test:all: it starts processes.
import { describe, expect, it } from "vitest";
import { hasEnvoy } from "../../tools/real/envoy.ts";
import { afterTest } from "../support/cleanup.ts";
import { listening } from "../support/listening.ts";
import { verifies } from "../support/verifies.ts";
import { behindEnvoy } from "./support/behind-envoy.ts";

/** A server that nothing should reach unjudged. */
async function server(): Promise<string> {
  const { url } = await listening((asked, response) => {
    asked.resume();
    response.setHeader("content-type", "application/json").end('"unjudged"');
  });
  return url;
}

const types = "type.googleapis.com/envoy.extensions.filters.http";

/** Puts a filter before external processing. */
const filter =
  (name: string, type: string, options: object = {}) =>
  (config: string): string =>
    config.replace(
      /^( +)- name: envoy.filters.http.ext_proc$/m,
      `$1- ${JSON.stringify({
        name: `envoy.filters.http.${name}`,
        typed_config: { "@type": `${types}.${name}.v3.${type}`, ...options },
      })}\n$&`,
    );

const always = { default_value: { numerator: 100 } };
const key = JSON.stringify({ keys: [{ kty: "oct", kid: "a", alg: "HS256", k: "c2VjcmV0" }] });
const policy = {
  "@type": `${types}.cors.v3.CorsPolicy`,
  allow_origin_string_match: [{ exact: "https://a.test" }],
  allow_methods: "POST",
  allow_headers: "mcp-session-id",
};

const cases = {
  "the headers of requests are skipped": {
    change: (config: string) =>
      config.replace("request_header_mode: SEND", "request_header_mode: SKIP"),
    expected: { status: 500 },
  },
  "rbac refuses": {
    change: filter("rbac", "RBAC", {
      rules: {
        action: "DENY",
        policies: { all: { permissions: [{ any: true }], principals: [{ any: true }] } },
      },
    }),
    expected: { status: 403 },
  },
  "jwt_authn asks for a token": {
    change: filter("jwt_authn", "JwtAuthentication", {
      providers: { own: { issuer: "own", local_jwks: { inline_string: key } } },
      rules: [{ match: { prefix: "/" }, requires: { provider_name: "own" } }],
    }),
    expected: {
      status: 401,
      "www-authenticate": expect.stringMatching(/^Bearer realm="http:\/\/127.0.0.1:\d+\/mcp"$/),
    },
  },
  "local_ratelimit has let one request pass": {
    change: filter("local_ratelimit", "LocalRateLimit", {
      stat_prefix: "own",
      token_bucket: { max_tokens: 1, fill_interval: "3600s" },
      filter_enabled: always,
      filter_enforced: always,
      response_headers_to_add: [{ header: { key: "retry-after", value: "7" } }],
    }),
    requests: 2,
    expected: { status: 429, "retry-after": "7" },
  },
  "cors answers a preflight request": {
    change: (config: string) =>
      filter(
        "cors",
        "Cors",
      )(config).replace(
        /^( +)- match:$/m,
        `$1- typed_per_filter_config: ${JSON.stringify({ "envoy.filters.http.cors": policy })}\n$1  match:`,
      ),
    method: "OPTIONS",
    headers: { origin: "https://a.test", "access-control-request-method": "POST" },
    expected: {
      status: 200,
      "access-control-allow-origin": "https://a.test",
      "access-control-allow-methods": "POST",
      "access-control-allow-headers": "mcp-session-id",
    },
  },
} as const satisfies Record<string, Case>;

interface Case {
  readonly change: (config: string) => string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly requests?: number;
  readonly expected: Readonly<Record<string, unknown>>;
}

describe.skipIf(!hasEnvoy)("Envoy's own answers", () => {
  it.each<[string, Case]>(Object.entries(cases))(
    "pass without their body, or as an error, where %s",
    async (_, { change, method = "GET", headers, requests = 1, expected }) => {
      verifies("envoy:begin");
      const { url, processors, close } = await behindEnvoy(
        { servers: { up: { url: await server() } }, identity: { anonymous: true } },
        { change },
      );
      afterTest(close);
      let got: object = {};
      for (let i = 0; i < requests; i++) {
        const answer = await fetch(url, {
          method,
          headers: { accept: "text/event-stream", ...headers },
        });
        const text = await answer.text();
        got = { ...Object.fromEntries(answer.headers), status: answer.status, text };
      }
      expect(got).toMatchObject({ ...expected, text: "" });
      await expect.poll(() => processors[0]?.log.join("\n")).toContain("envoy_request_unseen");
    },
  );
});
