/** Starts the node: its plugins, its migrations and its own handlers. */
import type { Plugin } from "glassine";
import {
  createPluginManager,
  defineCoreHandler,
  type Identity,
  type RecallQuery,
} from "glassine/memory-node";
import type { MemoryNode } from "./node.ts";
import { queryOf } from "./recall.ts";
import { type FactStore, openStore } from "./store.ts";

interface NodeOptions {
  readonly plugins: readonly Plugin[];
  /** The identity behind each token. */
  readonly tokens?: { readonly [token: string]: Identity };
  /** Receives the node's warnings and errors. */
  readonly log?: (line: string) => void;
}

/**
 * Starts everything or nothing: a rejected plugin or a migration that cannot be applied stops
 * the start.
 */
export async function startNode({ plugins, tokens = {}, log }: NodeOptions): Promise<MemoryNode> {
  const store = await openStore();
  try {
    const manager = await createPluginManager({
      plugins,
      core: [tokenCheck(tokens)],
      services: servicesOf(store),
      audit: { sink: (event) => store.write(event) },
      logger: { warn: log ?? console.warn, error: log ?? console.error },
    });
    await migrate({ store, manager });
    return { store, manager };
  } catch (error) {
    store.close();
    throw error;
  }
}

async function migrate({ store, manager }: MemoryNode): Promise<void> {
  const operation = { dbPath: ":memory:", migrationsDir: "migrations", settings: {} };
  try {
    store.migrate(await manager.invoke("migration_register", [], { operation }));
  } catch (error) {
    await manager.close();
    throw error;
  }
}

export async function stopNode({ manager, store }: MemoryNode): Promise<void> {
  await manager.close();
  store.close();
}

/** Identifies callers by token. Plugins run after it and may change the result. */
function tokenCheck(tokens: NonNullable<NodeOptions["tokens"]>) {
  const known = new Map(Object.entries(tokens));
  return defineCoreHandler({
    hook: "identity_resolve",
    name: "core.001.tokens",
    handler(nobody, { operation: { rawCredentials } }) {
      const identity = typeof rawCredentials === "string" ? known.get(rawCredentials) : undefined;
      return identity ?? nobody;
    },
  });
}

/** Services for plugins: read-only access to the facts of the default tenant. */
function servicesOf(store: FactStore) {
  const tenantId = "default";
  return {
    factsReader: {
      get: (id: string) => store.get(id, tenantId),
      find: (query: Partial<RecallQuery>) =>
        store.find(queryOf(query), tenantId, new Date().toISOString()),
    },
  };
}
