/** The standard host as one object, for what takes any host. */
import {
  capabilities,
  createExtensions,
  createPluginManager,
  decodeExtensions,
  encodeExtensions,
  filterExtensions,
  hookNames,
  mergeExtensions,
  resolveCapabilities,
  slotNames,
  withSlots,
} from "../core/host/index.ts";
import type { AnyHost } from "./subject.ts";

export const standardHost: AnyHost = Object.freeze({
  slotNames,
  hookNames,
  capabilities,
  createExtensions,
  decodeExtensions,
  encodeExtensions,
  filterExtensions,
  mergeExtensions,
  withSlots,
  resolveCapabilities,
  createPluginManager,
});
