/**
 * The functions of a host, made for the host's tables; `Host` has their types. Each is a separate
 * export, so that a user's bundle contains only those it imports.
 */
import {
  addLabelsTo,
  amendValue,
  appendHopTo,
  createFrom,
  decodeFrom,
  encodeExtensions as encodeEnvelope,
  headerOf,
  labelIn,
  removeLabels,
  replaceSlots,
  setCustomOf,
  setHeaderOf,
} from "../envelope/index.ts";
import {
  createManager,
  defineCoreHandlerFor,
  definePluginFor,
  type Surface,
} from "../plugins/index.ts";
import type { WireSurface } from "../remote/index.ts";
import { type CompiledSlots, resolveNames } from "../slots/index.ts";
import { filterBy, mergeOrThrow } from "./merge-extensions.ts";

/** What one host's functions work on. */
export interface HostParts {
  readonly slots: CompiledSlots;
  readonly surface: Surface;
  /**
   * The hooks whose handlers can run in another process, because their results have a wire format.
   */
  readonly wire: WireSurface;
}

// Names.

export const slotNames = ({ slots }: HostParts) => namesOf(slots.names);
export const capabilities = ({ slots, surface }: HostParts) =>
  namesOf([...slots.capabilities.names, ...Object.keys(surface.services)]);
export const hookNames = ({ surface }: HostParts) => namesOf(Object.keys(surface.hooks));
export const resolveCapabilities = ({ slots }: HostParts) =>
  resolveNames.bind(undefined, slots.capabilities);

function namesOf(names: readonly string[]): { readonly [name: string]: string } {
  return Object.freeze(Object.fromEntries(names.map((name) => [name, name])));
}

// Plugins.

export const definePlugin = ({ surface }: HostParts) => definePluginFor.bind(undefined, surface);
export const defineCoreHandler = ({ surface }: HostParts) =>
  defineCoreHandlerFor.bind(undefined, surface);
export const createPluginManager = ({ slots, surface }: HostParts) =>
  createManager.bind(undefined, surface, slots);

// The envelope.

export const createExtensions = ({ slots }: HostParts) => createFrom.bind(undefined, slots);
export const decodeExtensions = ({ slots }: HostParts) => decodeFrom.bind(undefined, slots);
export const encodeExtensions = () => encodeEnvelope;
export const withSlots = () => replaceSlots;
export const filterExtensions = ({ slots }: HostParts) => filterBy.bind(undefined, slots);
export const mergeExtensions = ({ slots }: HostParts) => mergeOrThrow.bind(undefined, slots);
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
