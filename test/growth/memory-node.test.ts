// Only in test:all: it measures every function at four or more sizes.
import * as memoryNode from "glassine/memory-node";
import { tryGrowth } from "./subjects.ts";

const asInRoot = "That of `glassine`, of another host.";

tryGrowth(memoryNode, {
  applyScores: {
    seed: { scored: [{ id: "a", score: 1 }], deltas: { a: 1 } },
    run: ({ scored, deltas }: { readonly scored: never[]; readonly deltas: never }) =>
      memoryNode.applyScores(scored, deltas),
  },
  tenantIdFault: {
    seed: { id: "a" },
    run: ({ id }: { id: unknown }) => memoryNode.tenantIdFault(id),
  },
  isInPep440Range: "Gets a range of at most 256 characters from the host.",
  createExtensions: asInRoot,
  createPluginManager: asInRoot,
  definePlugin: asInRoot,
  defineCoreHandler: "Takes a handler of the host.",
});
