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
 * Only the end counts, because what stands before it is up to the host: `/v1`, or a deployment.
 * Segments are compared as they are: an encoded or a doubled slash matches nothing.
 */
export function routeOf(routes: readonly string[]): Route {
  const wanted = routes.map((route) => {
    const [method, path = ""] = route.split(" ");
    return { method, segments: path.split("/").slice(1) };
  });
  return (method, path) => {
    const segments = path.split("/").slice(1);
    return wanted.some((route) => {
      if (route.method !== method || route.segments.length > segments.length) return false;
      const end = segments.slice(segments.length - route.segments.length);
      return route.segments.every((want, at) => isSegment(want, end[at] ?? ""));
    });
  };
}

function isSegment(want: string, segment: string): boolean {
  if (!want.startsWith("*")) return want === segment;
  return segment.length >= want.length && segment.endsWith(want.slice(1));
}
