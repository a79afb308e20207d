/** Plants a field that no message shows into OpenAI documents. */
import { isObject } from "./data.ts";

type Keys = readonly (string | number)[];

/** The paths of all objects in a document. */
function objectsIn(value: unknown, keys: Keys = []): readonly Keys[] {
  if (typeof value !== "object" || value === null) return [];
  const below = Object.entries(value).flatMap(([key, item]) =>
    objectsIn(item, [...keys, Array.isArray(value) ? Number(key) : key]),
  );
  return isObject(value) && !Array.isArray(value) ? [keys, ...below] : below;
}

/** A copy with a field added to one of its objects, and the path of that field. */
export function planted<T>(
  document: T,
  place: number,
  field: string,
  value: unknown,
): { readonly document: T; readonly keys: Keys } {
  const found = objectsIn(document);
  const keys = found[place % found.length] as Keys;
  return { document: withField(document, keys, field, value) as T, keys: [...keys, field] };
}

function withField(json: unknown, [key, ...rest]: Keys, field: string, value: unknown): unknown {
  if (key === undefined) return { ...(json as object), [field]: value };
  const inner = withField((json as Record<string, unknown>)[key], rest, field, value);
  if (Array.isArray(json)) return json.with(Number(key), inner);
  return { ...(json as object), [key]: inner };
}

/** Whether a path, or one above it, is among the reported ones. */
export function isReported(path: string, reported: readonly string[]): boolean {
  return reported.some(
    (each) => path.startsWith(each) && /^($|[.[])/.test(path.slice(each.length)),
  );
}
