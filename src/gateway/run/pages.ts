/**
 * Lets pages of allowed origins read answers (CORS), without cookies: who is asking is said by
 * headers. Other origins were refused before.
 */

const preflight = {
  "access-control-allow-methods": "GET, POST, DELETE",
  "access-control-max-age": "600",
};
/** Of an answer, what a page may read beside its type. */
const exposed = "mcp-session-id, mcp-protocol-version, www-authenticate, retry-after";

/** The answer to a request, with what the browser asks for where a page sent it. */
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
