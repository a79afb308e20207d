/** The comparison rule of `spec/vectors/README.md`. */
export interface VectorCase {
  readonly name: string;
  readonly extensions?: unknown;
  readonly original?: unknown;
  readonly proposed?: unknown;
  readonly message?: unknown;
  readonly hook?: string | null;
  readonly probe?: Readonly<Record<string, readonly string[]>>;
  readonly forms?: readonly string[];
  readonly capabilities?: readonly string[] | null;
  readonly expected?: unknown;
  readonly error?: VectorError;
  readonly recommended?: unknown;
  readonly recommended_error?: VectorError;
  readonly unchanged?: boolean;
}

interface VectorError {
  readonly kind: string;
  readonly input?: string;
  readonly slot?: string;
  readonly tier?: string;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isEmpty = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  (typeof value === "object" && Object.keys(value).length === 0);

/** Absent equals null; instants compare by time; inside `security`, empty equals absent. */
export function same(
  expected: unknown,
  actual: unknown,
  vector: VectorCase,
  path: readonly string[] = [],
): boolean {
  const inSecurity = path[0] === "security";
  if (
    inSecurity &&
    (isEmpty(expected) || onlyEmpty(expected)) &&
    (isEmpty(actual) || onlyEmpty(actual))
  )
    return true;
  if (path.at(-1) === "timestamp" && path[0] === "delegation") {
    return Date.parse(expected as string) === Date.parse(actual as string);
  }
  // A merge ignores the age that a plugin returns for a chain (spec `merge:age-kept`).
  if (
    path.join(".") === "delegation.age_seconds" &&
    vector.capabilities?.includes("append_delegation") &&
    "original" in vector
  ) {
    return true;
  }
  if (isObject(expected) && isObject(actual)) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
    return [...keys].every((key) => {
      if (!(key in expected))
        return (
          actual[key] === null ||
          (inSecurity && isEmpty(actual[key])) ||
          (path.length === 0 && key === "security" && onlyEmpty(actual[key]))
        );
      return same(expected[key], actual[key] ?? (key in actual ? actual[key] : null), vector, [
        ...path,
        key,
      ]);
    });
  }
  if (Array.isArray(expected) && Array.isArray(actual)) {
    return (
      expected.length === actual.length &&
      expected.every((item, index) => same(item, actual[index], vector, [...path, String(index)]))
    );
  }
  return expected === actual || (expected === null && actual === undefined);
}

function onlyEmpty(value: unknown): boolean {
  return isObject(value) && Object.values(value).every(isEmpty);
}
