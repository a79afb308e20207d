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
 * A path with a segment that is not plain matches nothing, wherever that stands, but for the name of
 * a model at the end: clients encode the slashes in one.
 */
export function routeOf(routes: readonly string[]): Route {
  const wanted = routes.map((route) => {
    const [method, path = ""] = route.split(" ");
    return { method, segments: path.split("/").slice(1) };
  });
  return (method, path) => {
    const segments = path.split("/").slice(1);
    const last = segments.at(-1) ?? "";
    if (!segments.slice(0, -1).every(isPlain)) return false;
    const isNamePlain = isPlain(last);
    if (!isNamePlain && !hasPlainParts(last)) return false;
    return wanted.some((route) => {
      if (route.method !== method || route.segments.length > segments.length) return false;
      const end = segments.slice(segments.length - route.segments.length);
      if (!isNamePlain && !namesModel(route.segments)) return false;
      return route.segments.every((want, at) => isSegment(want, end[at] ?? ""));
    });
  };
}

function isPlain(segment: string): boolean {
  const decoded = decodedOf(segment);
  return decoded !== undefined && plainSegment.test(decoded);
}

/** Whether it is plain, but for encoded slashes in it. */
function hasPlainParts(segment: string): boolean {
  return (
    decodedOf(segment)
      ?.split("/")
      .every((part) => plainSegment.test(part)) === true
  );
}

function decodedOf(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

/** `/models/*`, `/*:generateContent`. */
function namesModel(segments: readonly string[]): boolean {
  const last = segments.at(-1) ?? "";
  return last === "*" ? segments.at(-2) === "models" : last.startsWith("*:");
}

function isSegment(want: string, segment: string): boolean {
  if (!want.startsWith("*")) return want === segment;
  return segment.length >= want.length && segment.endsWith(want.slice(1));
}
