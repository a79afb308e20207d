/** Matches requests by method and path. */
import { attempt } from "../../core/data/index.ts";

/**
 * Whether a request is one of `routes`: a method and the end of a path. `*` stands for one segment,
 * or for the beginning of one.
 */
export type Route = (method: string, path: string) => boolean;

/** `POST /chat/completions`, `GET /models/*`, `POST /*:generateContent`. */
export const routePattern: RegExp =
  /^[A-Z]+(?: \/(?:\*|\*?[\w.~:@-]+)(?:\/(?:\*|\*?[\w.~:@-]+))*)$/;

/**
 * A segment that no server can take for several, or for none: not only dots, and without a slash,
 * backslash, `?`, `#`, `;`, `%` or control character, even an encoded one.
 */
const plainSegment = /^(?!\.+$)[\p{L}\p{M}\p{N} !$&'()*+,.:=@_~-]+$/u;

/**
 * Only the end of a path counts, because what comes before it is up to the host: `/v1`, or a
 * deployment. A path with a segment that is not plain matches nothing, wherever the segment is. The
 * exception is the name of a model at the end: clients encode the slashes in it.
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

/** Whether a segment is plain apart from encoded slashes. */
function hasPlainParts(segment: string): boolean {
  return (
    decodedOf(segment)
      ?.split("/")
      .every((part) => plainSegment.test(part)) === true
  );
}

function decodedOf(segment: string): string | undefined {
  return attempt(() => decodeURIComponent(segment));
}

/** Whether a route ends with the name of a model: `/models/*`, `/*:generateContent`. */
function namesModel(segments: readonly string[]): boolean {
  const last = segments.at(-1) ?? "";
  return last === "*" ? segments.at(-2) === "models" : last.startsWith("*:");
}

function isSegment(want: string, segment: string): boolean {
  if (!want.startsWith("*")) return want === segment;
  return segment.length >= want.length && segment.endsWith(want.slice(1));
}
