/** Which requests are read, by method and path. */

/**
 * Whether a request is one of `routes`: a method and the end of a path. `*` stands for one segment,
 * or for the beginning of one.
 */
export type Route = (method: string, path: string) => boolean;

/** `POST /chat/completions`, `GET /models/*`, `POST /*:generateContent`. */
export const routePattern: RegExp =
  /^[A-Z]+(?: \/(?:\*|\*?[\w.~:@-]+)(?:\/(?:\*|\*?[\w.~:@-]+))*)$/;

/**
 * A segment that no server takes for several, or for none: no dots alone, and, also encoded, no slash,
 * backslash, `?`, `#`, `;`, `%` or control character.
 */
const plainSegment = /^(?!\.+$)[\p{L}\p{M}\p{N} !$&'()*+,.:=@_~-]+$/u;

/**
 * Only the end counts, because what stands before it is up to the host: `/v1`, or a deployment.
 * A path with a segment that is not plain matches nothing, wherever that stands.
 */
export function routeOf(routes: readonly string[]): Route {
  const wanted = routes.map((route) => {
    const [method, path = ""] = route.split(" ");
    return { method, segments: path.split("/").slice(1) };
  });
  return (method, path) => {
    const segments = path.split("/").slice(1);
    if (!segments.every(isPlain)) return false;
    return wanted.some((route) => {
      if (route.method !== method || route.segments.length > segments.length) return false;
      const end = segments.slice(segments.length - route.segments.length);
      return route.segments.every((want, at) => isSegment(want, end[at] ?? ""));
    });
  };
}

function isPlain(segment: string): boolean {
  try {
    return plainSegment.test(decodeURIComponent(segment));
  } catch {
    return false;
  }
}

function isSegment(want: string, segment: string): boolean {
  if (!want.startsWith("*")) return want === segment;
  return segment.length >= want.length && segment.endsWith(want.slice(1));
}
