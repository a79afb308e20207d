/**
 * Each function of a host, made for the host's tables. `Host` types them. Each is an export of its own, so that a bundle of a user's
 * takes only those that it imports.
 */
import {
  addLabelsTo,
  amendValue,
  appendHopTo,
  type CreateOptions,
  createFrom,
  type DecodeOptions,
  decodeFrom,
  encodeExtensions as encodeEnvelope,
  headerOf,
  labelIn,
  removeLabels,
  replaceSlots,
  setCustomOf,
  setHeaderOf,
} from "../envelope/index.ts";
import type { AnyInvokeResult } from "../hooks/index.ts";
import {
  createManager,
  defineCoreHandlerFor,
  definePluginFor,
  type Surface,
} from "../plugins/index.ts";
import {
  type DecodeResultOptions,
  type DecodeTaskOptions,
  decodeReturned,
  decodeTurn,
  type EncodeInvokeResultOptions,
  type EncodeResultOptions,
  encodeInvoked,
  encodeReturned,
  encodeTurn,
  type Turn,
  type WireSurface,
} from "../remote/index.ts";
import { type CompiledSlots, resolveNames } from "../slots/index.ts";
import { filterBy, type MergeOptions, mergeOrThrow } from "./merge-extensions.ts";

/** What the functions of one host work on. */
export interface HostParts {
  readonly slots: CompiledSlots;
  readonly surface: Surface;
  /** The hooks whose handlers can be in another process: what they return has a form on the wire. */
  readonly wire: WireSurface;
}

// Names.

export const slotNames = ({ slots }: HostParts) => namesOf(slots.names);
export const capabilities = ({ slots, surface }: HostParts) =>
  namesOf([...slots.capabilities.names, ...Object.keys(surface.services)]);
export const hookNames = ({ surface }: HostParts) => namesOf(Object.keys(surface.hooks));
export const resolveCapabilities =
  ({ slots }: HostParts) =>
  (names: readonly string[]) =>
    resolveNames(slots.capabilities, names);

function namesOf(names: readonly string[]): { readonly [name: string]: string } {
  return Object.freeze(Object.fromEntries(names.map((name) => [name, name])));
}

// Plugins.

export const definePlugin =
  ({ surface }: HostParts) =>
  (manifest: unknown) =>
    definePluginFor(surface, manifest);
export const defineCoreHandler =
  ({ surface }: HostParts) =>
  (handler: unknown) =>
    defineCoreHandlerFor(surface, handler);
export const createPluginManager =
  ({ slots, surface }: HostParts) =>
  (options: unknown) =>
    createManager(surface, slots, options);

// The envelope.

export const createExtensions =
  ({ slots }: HostParts) =>
  (input: unknown, options?: CreateOptions) =>
    createFrom(slots, input, options);
export const decodeExtensions =
  ({ slots }: HostParts) =>
  (input: unknown, options?: DecodeOptions) =>
    decodeFrom(slots, input, options);
export const encodeExtensions = () => encodeEnvelope;
export const withSlots = () => replaceSlots;
export const filterExtensions =
  ({ slots }: HostParts) =>
  (extensions: unknown, names: readonly string[]) =>
    filterBy(slots, extensions, names);
export const mergeExtensions =
  ({ slots }: HostParts) =>
  (current: unknown, returned: unknown, names: readonly string[], options?: MergeOptions<object>) =>
    mergeOrThrow(slots, current, returned, names, options);
export const declassify = () => removeLabels;

// Edits.

export const amend = () => amendValue;
export const addLabels = () => addLabelsTo;
export const setHeader = () => setHeaderOf;
export const removeHeader = () => (extensions: object, name: string) =>
  setHeaderOf(extensions, name, undefined);
export const appendHop = () => appendHopTo;
export const setCustom = () => setCustomOf;
export const getHeader = () => headerOf;
export const hasLabel = () => labelIn;

// Plugins in other processes.

export const encodeTask =
  ({ wire }: HostParts) =>
  (turn: Turn) =>
    encodeTurn(wire, turn);
export const decodeTask =
  ({ wire }: HostParts) =>
  (input: unknown, options?: DecodeTaskOptions) =>
    decodeTurn(wire, input, options);
export const encodeResult =
  ({ wire }: HostParts) =>
  (returned: unknown, options?: EncodeResultOptions) =>
    encodeReturned(wire, returned, options);
export const encodeInvokeResult =
  ({ wire }: HostParts) =>
  (result: AnyInvokeResult, options?: EncodeInvokeResultOptions) =>
    encodeInvoked(wire, result, options);
export const decodeResult =
  ({ wire }: HostParts) =>
  (input: unknown, options?: DecodeResultOptions) =>
    decodeReturned(wire, input, options);
