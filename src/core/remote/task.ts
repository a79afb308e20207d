/** What a host sends to a plugin in another process, and how the plugin's side reads it. */
import * as z from "zod/mini";
import {
  admit,
  expectOptions,
  extensionsLimits,
  hasFunctions,
  isRecord,
  limitsOver,
  payloadLimits,
  writeText,
} from "../data/index.ts";
import { ownValue } from "../data/intrinsics.ts";
import { brandOf, filterFor, type Slots } from "../envelope/index.ts";
import {
  type HookSpec,
  type HookTable,
  type MessageHookOf,
  type PayloadOf,
  type PluginContext,
  readerOf,
  type StandardHooks,
} from "../hooks/index.ts";
import { markPayload, payloadFor, unreadable } from "../messages/index.ts";
import type { Surface } from "../plugins/index.ts";
import type { LevelValue } from "../schema/index.ts";
import {
  type CapabilityIn,
  resolveNames,
  type SlotTable,
  type StandardSlots,
  type ViewOf,
} from "../slots/index.ts";
import type { Turn } from "./decode-result.ts";
import {
  anySize,
  type DecodeWireOptions,
  type Dropped,
  type DropReport,
  misuse,
  readOption,
  readWire,
} from "./documents.ts";
import { forBothGenerations } from "./header-generations.ts";
import { changeHeaderMaps, withoutSecrets } from "./headers.ts";
import { payloadDocument, payloadFrom, specOf } from "./payload.ts";
import { readView } from "./read-view.ts";
import { compileDocument, taskSchema } from "./schemas.ts";

/** Options of `decodeTask`. */
export interface DecodeTaskOptions extends DecodeWireOptions {
  /** The context's signal. Default: one that never aborts. */
  readonly signal?: AbortSignal | undefined;
  /** The context's state, for a plugin process that keeps one per request. Default: a new map. */
  readonly state?: Map<unknown, unknown> | undefined;
}

/**
 * A decoded task: the arguments of a handler in the other process. Without type arguments: of the
 * standard host.
 */
export type Task<
  Table extends SlotTable = StandardSlots,
  Hooks extends HookTable = StandardHooks,
> = {
  readonly [Hook in MessageHookOf<Hooks>]: Dropped & {
    readonly hook: Hook;
    readonly payload: PayloadOf<Hooks[Hook]>;
    readonly context: PluginContext;
    /** The view, filtered again; absent if the plugin takes none. */
    readonly extensions: ViewOf<Table, CapabilityIn<Table>> | undefined;
  };
}[MessageHookOf<Hooks>];

/** A task for code that does not know the types of hooks. */
export interface AnyTask extends Dropped, Turn {
  readonly hook: string;
  /** The view, filtered again; absent if the plugin takes none. */
  readonly extensions: object | undefined;
}

type TaskDocument = Readonly<z.output<typeof taskSchema>>;

const contextReader = compileDocument(
  z.pick(taskSchema, { hook: true, context: true, config: true }),
);

export function encodeTurn(surface: Surface, turn: Turn): string {
  const { hook, context, config } = contextDocument(turn);
  const { payload, extensions } = turn;
  const reader = readerOf(specOf(surface.hooks, hook).payload);
  const checked = payloadFor(reader, payload, "payload_invalid", hook, anySize);
  // Services stay in the host, and so do the capabilities that open them.
  const named = config.capabilities.filter((name) => !Object.hasOwn(surface.services, name));
  const capabilities = resolveNames(surface.slots.capabilities, named);
  const view = extensions === undefined ? undefined : shown(surface, extensions, capabilities);
  return writeText({
    hook,
    payload: payloadDocument(surface.hooks, hook, checked),
    extensions: view && withSubjectType(view.extensions),
    shown_headers: view?.shown,
    context,
    config: { ...config, capabilities },
  });
}

/**
 * Returns the parts of a turn other than payload and extensions, all of them JSON data.
 *
 * @throws GlassineError `options_invalid`
 */
function contextDocument(turn: Turn): Pick<TaskDocument, "hook" | "context" | "config"> {
  const context: Turn["context"] | undefined = turn?.context;
  if (typeof context !== "object" || context === null) {
    throw misuse(
      "turn",
      "an object with payload, context and, if the handler takes them, extensions",
    );
  }
  const { hook, request, operation, stream, capabilities, config } = context;
  const plugin: PluginContext["plugin"] | undefined = context.plugin;
  const document = {
    hook,
    context: { request_id: request, operation, stream },
    config: { name: plugin?.name, version: plugin?.version, capabilities, config },
  };
  return readOption(contextReader, document, "context");
}

/** Returns the part of a view or envelope that the capabilities open, without sensitive headers. */
function shown({ slots }: Surface, extensions: object, capabilities: readonly string[]) {
  const brand = brandOf(extensions);
  if (brand?.kind.slots !== slots)
    throw misuse("extensions", "the view that the handler received, or an envelope of this host");
  const mask = slots.capabilities.mask(capabilities);
  const view = filterFor(slots, mask & (brand.kind.mask ?? mask))(extensions as Slots);
  return forBothGenerations(
    changeHeaderMaps(slots.nodes, view, (map, path) => withoutSecrets(map, path)),
  );
}

/**
 * Adds `subject_type`, which the newer generation reads; the older one reads `type`. Each drops the
 * other's field.
 */
function withSubjectType(extensions: LevelValue): LevelValue {
  const security = ownValue(extensions, "security");
  const subject = ownValue(security, "subject");
  if (!isRecord(security) || !isRecord(subject) || subject.type === undefined) return extensions;
  return {
    ...extensions,
    security: { ...security, subject: { ...subject, subject_type: subject.type } },
  };
}

const reader = compileDocument(taskSchema);

export function decodeTurn(
  surface: Surface,
  input: unknown,
  options: DecodeTaskOptions = {},
): AnyTask {
  expectOptions(options, ["limits", "signal", "state"], "decodeTask");
  const signal = options.signal ?? undefined;
  const state = options.state ?? undefined;
  if (signal !== undefined && !hasFunctions(signal, ["addEventListener"]))
    throw misuse("signal", "an AbortSignal");
  if (state !== undefined && !hasFunctions(state, ["get", "set"])) throw misuse("state", "a Map");
  const { slots, hooks } = surface;
  const what = { what: "task", code: "document_invalid" } as const;
  const { document, report } = readWire<TaskDocument>(reader, input, what, options);
  const { hook, config } = document;
  const spec = specOf(surface.hooks, hook);
  const capabilities = resolveNames(slots.capabilities, config.capabilities);
  const given = payloadFrom(hooks, hook, document.payload, { path: "payload", report });
  const payload = readPayload(hook, spec, given, options, report);
  const extensions =
    document.extensions === undefined
      ? undefined
      : readView(slots, document.extensions, {
          mask: slots.capabilities.mask(capabilities),
          limits: limitsOver(extensionsLimits, options.limits),
          shownHeaders: document.shown_headers,
          report,
        });
  return Object.freeze({
    hook,
    payload,
    context: contextOf(document, capabilities, options),
    extensions,
    ...report.fields,
  });
}

/** Unknown fields of a part are dropped. @throws GlassineError `payload_invalid` */
function readPayload(
  hook: string,
  spec: HookSpec,
  payload: object,
  options: DecodeTaskOptions,
  report: DropReport,
): object {
  const limits = limitsOver(payloadLimits, options.limits);
  const compiled = readerOf(spec.payload);
  // It was already read and copied with the document.
  const reading = { origin: "parsed", limits, shapeCode: "payload_shape", strict: false } as const;
  const admitted = admit(compiled.read, payload, reading);
  if (!admitted.ok) throw unreadable("payload_invalid", hook, admitted.problems);
  report.addAll(["payload"], admitted);
  return markPayload(admitted.value as object, compiled, limits);
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
    stream: context.stream,
    request: context.request_id,
    signal: signal ?? new AbortController().signal,
    state: state ?? new Map<unknown, unknown>(),
  });
}
