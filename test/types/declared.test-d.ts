/**
 * What a user exports from a module of their own. declarations.test.ts has both compilers write the
 * declarations of this file, as in a package that installed glassine.
 */
import { createExtensions, createPluginManager, definePlugin, filterExtensions } from "glassine";
import {
  defineHook,
  defineHooks,
  defineHost,
  defineServices,
  defineSlots,
  handleOf,
  headerMap,
  instant,
  jsonObject,
  labelSet,
} from "glassine/host";
import {
  createPluginManager as createNodeManager,
  definePlugin as defineNodePlugin,
  memoryNode,
  memoryNodeHooks,
  memoryNodeServices,
} from "glassine/memory-node";
import { createMessage, messageSchema } from "glassine/messages";
import { arbitrariesFor, pluginLaws } from "glassine/testing";
import * as z from "zod";

export const envelope = createExtensions({});
export const view = filterExtensions(envelope, ["read_labels"]);
export const message = createMessage({ role: "user" });
export const plugin = definePlugin({ name: "declared", version: "1.0.0" });
export const manager = await createPluginManager({ plugins: [plugin] });
export const result = await manager.invoke("evaluate", message);
export const { invoke, handles, handlersFor, declassify, plugins, routes } = manager;
export const laws = pluginLaws({ plugin });

export const standard = defineHost({});
export const slots = defineSlots({
  billing: {
    tier: "immutable",
    read: "read_billing",
    description: "Who pays.",
    schema: z.object({ account: z.string(), headers: headerMap(), at: instant() }),
  },
});
export const hooks = defineHooks({
  "pay.lines": {
    semantic: "filter_chain",
    description: "Lines are about to be paid.",
    payload: z.array(z.string()),
    operation: z.object({ account: z.string(), labels: labelSet() }),
  },
  "pay.message": {
    semantic: "message",
    description: "A message about a payment.",
    payload: messageSchema,
    side: "pre",
  },
});
export const hook = defineHook({
  semantic: "voting",
  description: "Somebody wants to pay.",
  payload: z.object({ facts: jsonObject() }),
});
export const services = defineServices({
  "clock.read": {
    accessor: "getClock",
    handle: "clock",
    description: "Tells the time.",
    type: handleOf<{ now(): number }>(),
  },
});
export const host = defineHost({ slots, hooks, services });
export const {
  createExtensions: hostCreateExtensions,
  decodeExtensions: hostDecodeExtensions,
  encodeExtensions: hostEncodeExtensions,
  withSlots: hostWithSlots,
  filterExtensions: hostFilterExtensions,
  mergeExtensions: hostMergeExtensions,
  declassify: hostDeclassify,
  amend: hostAmend,
  addLabels: hostAddLabels,
  setHeader: hostSetHeader,
  removeHeader: hostRemoveHeader,
  appendHop: hostAppendHop,
  setCustom: hostSetCustom,
  getHeader: hostGetHeader,
  hasLabel: hostHasLabel,
  resolveCapabilities: hostResolveCapabilities,
  encodeTask: hostEncodeTask,
  decodeTask: hostDecodeTask,
  encodeResult: hostEncodeResult,
  encodeInvokeResult: hostEncodeInvokeResult,
  decodeResult: hostDecodeResult,
  slotNames: hostSlotNames,
  capabilities: hostCapabilities,
  hookNames: hostHookNames,
  definePlugin: hostDefinePlugin,
  defineCoreHandler: hostDefineCoreHandler,
  createPluginManager: hostCreatePluginManager,
} = host;
export const hostManager = await host.createPluginManager({ plugins: [] });
export const hostEnvelope = host.createExtensions({});
export const arbitraries = arbitrariesFor(host);

export const node = memoryNode;
export const nodePlugin = defineNodePlugin({ name: "declared", version: "1.0.0" });
export const nodeManager = await createNodeManager({ plugins: [nodePlugin] });
export const mixed = defineHost({ hooks: { ...memoryNodeHooks }, services: memoryNodeServices });
export const mixedManager = await mixed.createPluginManager({ plugins: [] });

export function makeHost() {
  return defineHost({ slots });
}
export function makeManager() {
  return createPluginManager({ plugins: [] });
}
