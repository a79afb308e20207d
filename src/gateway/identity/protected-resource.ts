/** Tells clients where to get a token: RFC 9728, as MCP authorization of 2025-11-25 uses it. */
import { attempt } from "../../core/data/index.ts";
import type { GatewayConfig } from "../config/index.ts";
import { answerOf, type Refusal } from "./refusals.ts";

type Settings = NonNullable<GatewayConfig["identity"]["jwt"]>;

export interface ProtectedResource {
  /** Returns the challenge that goes with a refusal. RFC 6750 §3. */
  challenge(refusal: Refusal): string;
  /** Answers requests for the metadata document; undefined for other paths, or without one. */
  metadata(request: Request): Response | undefined;
}

const wellKnown = "/.well-known/oauth-protected-resource";

/** `path` is the path of the MCP endpoint here; callers may see another one through a proxy. */
export function protectedResource(settings: Settings, path: string | undefined): ProtectedResource {
  const { issuer, scopes } = settings;
  const resource = urlOf(settings.resource ?? settings.audience);
  const ownPath = resource === undefined || resource.pathname === "/" ? "" : resource.pathname;
  const paths = [wellKnown, wellKnown + ownPath, wellKnown + (path ?? "")];
  const fixed = {
    ...(scopes.length > 0 && { scope: scopes.join(" ") }),
    ...(resource && { resource_metadata: `${resource.origin}${wellKnown}${ownPath}` }),
  };
  const document = resource && {
    // Exactly as configured: clients compare it with the URL that they know.
    resource: settings.resource ?? settings.audience,
    ...(urlOf(issuer) && { authorization_servers: [issuer] }),
    ...(scopes.length > 0 && { scopes_supported: scopes }),
    bearer_methods_supported: ["header"],
  };
  return {
    challenge({ error, reason }) {
      const said = { ...(error && { error, error_description: reason }), ...fixed };
      const entries = Object.entries(said).map(([name, value]) => `${name}="${value}"`);
      return `Bearer ${entries.join(", ") || 'realm="mcp"'}`;
    },
    metadata(request) {
      if (document === undefined || !paths.includes(new URL(request.url).pathname)) {
        return undefined;
      }
      // The document is public, so pages of any allowed origin can read it.
      const open = { "access-control-allow-origin": "*" };
      if (request.method !== "GET" && request.method !== "HEAD") {
        return answerOf(onlyRead, { ...open, allow: "GET, HEAD" });
      }
      const body = request.method === "HEAD" ? null : JSON.stringify(document);
      const headers = {
        ...open,
        "content-type": "application/json",
        "cache-control": "max-age=300",
      };
      return new Response(body, { headers });
    },
  };
}

const onlyRead: Refusal = {
  status: 405,
  code: "method_refused",
  reason: "This document can only be read.",
};

/** Returns undefined for anything but an HTTP or HTTPS URL, for example for `api://gateway`. */
function urlOf(text: string): URL | undefined {
  return /^https?:\/\//i.test(text) ? attempt(() => new URL(text)) : undefined;
}
