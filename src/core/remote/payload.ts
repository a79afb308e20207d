/**
 * Payloads on the wire. A message is in a wrapper, `{ message, hook }`, which plugins of the
 * format's other implementations receive and return; `hook` is the hook's name without the prefix
 * `cmf.`, or `evaluate`.
 */
import { isRecord } from "../data/index.ts";
import { ownValue } from "../data/intrinsics.ts";
import { formatPath, GlassineError, quoted, suggestion } from "../errors/index.ts";
import type { HookSpec, HookTable } from "../hooks/index.ts";
import { messageSchema } from "../messages/index.ts";
import type { DropReport } from "./documents.ts";
import { recordOf, withoutSecrets, withSecretsOf } from "./headers.ts";

/**
 * Returns a payload as it is written: a message in its wrapper, without sensitive headers.
 *
 * @throws GlassineError `hook_unknown`: the hook says where a payload has headers
 */
export function payloadDocument(
  hooks: HookTable,
  hook: string | undefined,
  payload: object,
): object {
  const spec = hook === undefined ? undefined : specOf(hooks, hook);
  const stripped = withHeaders(spec, payload, withoutSecrets);
  if (spec?.payload !== messageSchema) return stripped;
  return { message: stripped, hook: hook?.startsWith("cmf.") ? hook.slice(4) : hook };
}

/**
 * Returns the payload at `path` of a document. That of a reply to a `turn` gets the sensitive headers
 * of the payload that was shown.
 */
export function payloadFrom(
  hooks: HookTable,
  hook: string | undefined,
  payload: object,
  { path, report, turn }: { path: string; report: DropReport; turn?: { payload?: object } },
): object {
  const spec = specIn(hooks, hook);
  let bare = payload;
  const { message, ...rest } = payload as { readonly message?: unknown };
  // A message without a wrapper is read as well: it has a role and no message.
  if (spec?.payload === messageSchema && isRecord(message) && !("role" in rest)) {
    for (const key of Object.keys(rest)) if (key !== "hook") report.add(formatPath([path, key]));
    bare = message;
  }
  return withHeaders(spec, bare, (map, field) => {
    const at = `${path}.${field}`;
    if (turn === undefined || turn.payload !== undefined || !isRecord(map)) {
      const stripped = withoutSecrets(map, at, (header) => report.add(header));
      return withSecretsOf(ownValue(turn?.payload, field), stripped);
    }
    // Without what was shown, stripped headers cannot be distinguished from removed ones.
    report.add(at);
    return undefined;
  });
}

/** Returns a payload with its deprecated header field changed; itself if the hook has none. */
function withHeaders(
  spec: HookSpec | undefined,
  payload: object,
  change: (map: unknown, field: string) => unknown,
): object {
  const field = spec?.headersField;
  if (field === undefined || !Object.hasOwn(payload, field)) return payload;
  const map = ownValue(payload, field);
  const next = change(map, field);
  if (next === map) return payload;
  const entries = Object.entries(payload).map(([key, value]): [string, unknown] => {
    return [key, key === field ? next : value];
  });
  return recordOf(entries.filter(([, value]) => value !== undefined));
}

/** @throws GlassineError `hook_unknown` */
export function specOf(hooks: HookTable, hook: string): HookSpec {
  const spec = specIn(hooks, hook);
  if (spec !== undefined) return spec;
  const known = Object.keys(hooks).filter((name) => specIn(hooks, name) !== undefined);
  throw new GlassineError(
    "hook_unknown",
    `${quoted(hook)} is not a hook of this host.${suggestion(hook, known)}`,
    { hook },
  );
}

/** Returns a hook's definition; `undefined` without a wire format, which only messages have. */
function specIn(hooks: HookTable, hook: string | undefined): HookSpec | undefined {
  const spec = hook !== undefined && Object.hasOwn(hooks, hook) ? hooks[hook] : undefined;
  return spec?.semantic === "message" ? spec : undefined;
}
