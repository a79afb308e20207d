/** Starts the node: plugins, migrations, and the handlers of its own. */
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
  /** Who calls, by the token that they show. */
  readonly tokens?: { readonly [token: string]: Identity };
  /** Gets what the node warns of. */
  readonly log?: (line: string) => void;
}

/**
 * Either all of it starts, or nothing: a plugin that is refused, or a migration that cannot be
 * applied, stops it.
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

/** The node's own word on who calls. Plugins come after it, and may say more. */
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

/** What plugins may ask for: facts of the default tenant, and nothing that is written. */
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
