/** What a host sends to a plugin in another process, and how the plugin's side reads it. */
import type * as z from "zod";
import { compileSchema, extensionsLimits, payloadLimits, writeText } from "../admit/index.ts";
import { GlassineError, quoted, suggestion } from "../errors/index.ts";
import { markOf, type Slots } from "../extensions/index.ts";
import { filterFor } from "../filter/index.ts";
import { type HookSpec, type PluginContext, payloadReader } from "../hooks/index.ts";
import { payloadFor } from "../messages/index.ts";
import { resolveNames } from "../slots/index.ts";
import type { Turn } from "./decode-result.ts";
import type { WireSurface } from "./encode-result.ts";
import { changeHeaderMaps, withoutSecrets } from "./header-secrets.ts";
import { withHeadersField } from "./payload-headers.ts";
import { readView } from "./read-view.ts";
import { type DecodeWireOptions, type Dropped, readWire } from "./read-wire.ts";
import { taskSchema } from "./schemas.ts";

/** Options of `decodeTask`. */
export interface DecodeTaskOptions extends DecodeWireOptions {
  /** The signal of the context. By default one that never aborts. */
  readonly signal?: AbortSignal | undefined;
  /** The state of the context, for a side that keeps one a request. By default a fresh map. */
  readonly state?: Map<unknown, unknown> | undefined;
}

/** A task as code that knows no types of hooks handles it. */
export interface AnyTask extends Dropped {
  readonly hook: string;
  readonly payload: object;
  readonly context: PluginContext;
  /** The view, filtered once more; absent when the plugin takes none. */
  readonly extensions: object | undefined;
}

export function encodeTurn(surface: WireSurface, turn: Turn): string {
  const { payload, context, extensions } = turn;
  specOf(surface, context.hook);
  const { request, operation, plugin, capabilities, config } = context;
  return writeText({
    hook: context.hook,
    payload: withHeadersField(surface.hooks, context.hook, payload, (map) =>
      withoutSecrets(map, "headers"),
    ),
    extensions: extensions === undefined ? undefined : shown(surface, extensions, capabilities),
    context: { request_id: request, operation },
    config: { name: plugin.name, version: plugin.version, capabilities, config },
  });
}

/** What the capabilities open of a view or envelope of this host, without sensitive headers. */
function shown(
  { slots }: WireSurface,
  extensions: object,
  capabilities: readonly string[],
): object {
  const mark = markOf(extensions);
  if (mark?.slots !== slots) {
    throw new GlassineError(
      "options_invalid",
      "encodeTask expects the extensions that the handler was handed; got another value.",
      { option: "extensions" },
    );
  }
  const mask = slots.capabilities.mask(capabilities);
  const view = filterFor(slots, mask & (mark.mask ?? mask))(extensions as Slots);
  return changeHeaderMaps(slots.nodes, view, (map, path) => withoutSecrets(map, path));
}

const reader = compileSchema(taskSchema, { closed: false, shownWhole: true });

type TaskDocument = Readonly<z.output<typeof taskSchema>>;

export function decodeTurn(
  surface: WireSurface,
  input: unknown,
  options: DecodeTaskOptions = {},
): AnyTask {
  const { slots, hooks } = surface;
  const what = { what: "task", code: "document_invalid" } as const;
  const { document, report } = readWire<TaskDocument>(reader, input, what, options);
  const { hook, config } = document;
  const spec = specOf(surface, hook);
  const capabilities = resolveNames(slots.capabilities, config.capabilities);
  const payload = withHeadersField(hooks, hook, document.payload, (map) =>
    withoutSecrets(map, "payload.headers", (path) => report.add(path)),
  );
  const mask = slots.capabilities.mask(capabilities);
  const limits = { ...extensionsLimits, ...options.limits };
  const view =
    document.extensions === undefined
      ? undefined
      : readView(slots, document.extensions, mask, limits, report);
  const within = { ...payloadLimits, ...options.limits };
  return Object.freeze({
    hook,
    payload: payloadFor(payloadReader(spec), payload, "payload_invalid", hook, within),
    context: contextOf(document, capabilities, options),
    extensions: view,
    ...report.fields,
  });
}

function contextOf(
  { hook, config, context }: TaskDocument,
  capabilities: readonly string[],
  { signal, state }: DecodeTaskOptions,
): PluginContext {
  return Object.freeze({
    plugin: Object.freeze({ name: config.name, version: config.version }),
    hook,
    capabilities,
    config: config.config,
    operation: context.operation,
    request: context.request_id,
    signal: signal ?? new AbortController().signal,
    state: state ?? new Map<unknown, unknown>(),
  });
}

/** @throws GlassineError `hook_unknown` */
function specOf({ hooks }: WireSurface, hook: string): HookSpec {
  const spec = Object.hasOwn(hooks, hook) ? hooks[hook] : undefined;
  if (spec !== undefined) return spec;
  throw new GlassineError(
    "hook_unknown",
    `${quoted(hook)} is no hook of this host.${suggestion(hook, Object.keys(hooks))}`,
    { hook },
  );
}
