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
  removeHeaderOf,
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
import { resolveNames } from "../slots/index.ts";
import { filterBy, mergeOrThrow } from "./merge-extensions.ts";

// Names.

export const slotNames = ({ slots }: Surface) => namesOf(slots.names);
export const capabilities = ({ slots, services }: Surface) =>
  namesOf([...slots.capabilities.names, ...Object.keys(services)]);
export const hookNames = ({ hooks }: Surface) => namesOf(Object.keys(hooks));
export const resolveCapabilities = ({ slots }: Surface) =>
  resolveNames.bind(undefined, slots.capabilities);

function namesOf(names: readonly string[]): { readonly [name: string]: string } {
  return Object.freeze(Object.fromEntries(names.map((name) => [name, name])));
}

// Plugins.

export const definePlugin = (surface: Surface) => definePluginFor.bind(undefined, surface);
export const defineCoreHandler = (surface: Surface) =>
  defineCoreHandlerFor.bind(undefined, surface);
export const createPluginManager = (surface: Surface) => createManager.bind(undefined, surface);

// The envelope.

export const createExtensions = ({ slots }: Surface) => createFrom.bind(undefined, slots);
export const decodeExtensions = ({ slots }: Surface) => decodeFrom.bind(undefined, slots);
export const encodeExtensions = () => encodeEnvelope;
export const withSlots = () => replaceSlots;
export const filterExtensions = ({ slots }: Surface) => filterBy.bind(undefined, slots);
export const mergeExtensions = ({ slots }: Surface) => mergeOrThrow.bind(undefined, slots);
export const declassify = () => removeLabels;

// Edits.

export const amend = () => amendValue;
export const addLabels = () => addLabelsTo;
export const setHeader = () => setHeaderOf;
export const removeHeader = () => removeHeaderOf;
export const appendHop = () => appendHopTo;
export const setCustom = () => setCustomOf;
export const getHeader = () => headerOf;
export const hasLabel = () => labelIn;
