/**
 * Lets pages of allowed origins read responses (CORS), without cookies, as callers are identified
 * by headers. Other origins have already been refused.
 */

const preflight = {
  "access-control-allow-methods": "GET, POST, DELETE",
  "access-control-max-age": "600",
};
/** The response headers that a page may read, besides the content type. */
const exposed = "mcp-session-id, mcp-protocol-version, www-authenticate, retry-after";

/** Answers a request, adding CORS headers if a page sent it. */
export async function forPage(
  { method, headers }: Request,
  respond: () => Promise<Response>,
): Promise<Response> {
  const origin = headers.get("origin");
  if (origin === null) return respond();
  const allowed = { "access-control-allow-origin": origin, vary: "origin" };
  if (method === "OPTIONS" && headers.has("access-control-request-method")) {
    const asked = headers.get("access-control-request-headers");
    const names = asked === null ? {} : { "access-control-allow-headers": asked };
    return new Response(null, { status: 204, headers: { ...allowed, ...preflight, ...names } });
  }
  const response = await respond();
  for (const [name, value] of Object.entries(allowed)) response.headers.set(name, value);
  response.headers.set("access-control-expose-headers", exposed);
  return response;
}
