// Its process is only for files that patch the realm.
/** PH-061: a handler of migration_register may change only its own plugin's migrations. */
import { PluginExecutionError } from "glassine";
import {
  createPluginManager,
  defineCoreHandler,
  definePlugin,
  type Migration,
} from "glassine/memory-node";
import { describe, expect, it } from "vitest";

const entryOf = (plugin: string, id: number, changes: Partial<Migration> = {}): Migration => ({
  plugin_name: plugin,
  migration_id: id,
  sql: `CREATE TABLE ${plugin}_${id} (id TEXT)`,
  description: "",
  plugin_version: "1.0.0",
  backend: "sqlite",
  ...changes,
});

type Chain = (given: readonly Migration[]) => readonly Migration[];

const adding = (name: string, chain: Chain) =>
  definePlugin({ name, version: "1.0.0", hooks: { migration_register: (given) => chain(given) } });

const operation = { dbPath: "node.db", migrationsDir: "migrations", settings: {} };

/** Returns what plugins aaa and bbb on the hook make of an empty list. */
async function collected(aaa: Chain, bbb: Chain): Promise<readonly Migration[]> {
  const manager = await createPluginManager({ plugins: [adding("bbb", bbb), adding("aaa", aaa)] });
  return manager.invoke("migration_register", [], { operation });
}

const aaaAdds: Chain = (given) => [...given, entryOf("aaa", 1), entryOf("aaa", 2)];

describe("PH-061: migrations", () => {
  it("PH-061: of several plugins are collected, each under its own name, wherever the plugin puts them", async () => {
    const bbb: Chain = ([first, ...rest]) => [
      entryOf("bbb", 1),
      ...(first === undefined ? [] : [first]),
      entryOf("bbb", 2),
      ...rest,
    ];
    const names = (await collected(aaaAdds, bbb)).map(
      ({ plugin_name, migration_id }) => `${plugin_name} ${migration_id}`,
    );
    expect(names).toEqual(["bbb 1", "aaa 1", "bbb 2", "aaa 2"]);
  });

  it.each<[string, Chain, string]>([
    [
      "adds one under another's name",
      (given) => [...given, entryOf("aaa", 3)],
      '"bbb" added migration 3 of "aaa"',
    ],
    [
      "adds one under the host's name",
      (given) => [...given, entryOf("core", 1)],
      '"bbb" added migration 1 of "core"',
    ],
    ["drops one", ([first]) => (first ? [first] : []), '"bbb" removed migration 2 of "aaa"'],
    ["drops all", () => [], '"bbb" removed migration 1 of "aaa"'],
    [
      "takes one over",
      ([first, ...rest]) => [entryOf("bbb", 1, { sql: first?.sql ?? "" }), ...rest],
      '"bbb" removed migration 1 of "aaa"',
    ],
    [
      "rewrites its SQL",
      (given) => given.map((entry) => ({ ...entry, sql: "DROP TABLE facts" })),
      '"bbb" altered migration 1 of "aaa"',
    ],
    [
      "rewrites its description",
      (given) => given.map((entry) => ({ ...entry, description: "nothing" })),
      '"bbb" altered migration 1 of "aaa"',
    ],
    ["turns their order", (given) => [...given].reverse(), '"bbb" moved migration 1 of "aaa"'],
    ["doubles one", (given) => [...given, ...given], '"bbb" added migration 1 of "aaa"'],
  ])("PH-061: a plugin that %s is refused, and named", async (_, bbb, problem) => {
    const failure = await collected(aaaAdds, bbb).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(PluginExecutionError);
    const { message, code, data } = failure as PluginExecutionError;
    expect(message).toContain(problem);
    expect(message).toMatch(
      /^handler 'bbb\.\w+' returned an unfit value for filter-chain hook 'migration_register'/,
    );
    expect([code, data.plugin]).toEqual(["execution_failed", "bbb"]);
  });

  it("PH-061: a plugin that hides what it drops behind elements of all arrays is refused", async () => {
    const hiding: Chain = ([first, second]) => {
      Object.defineProperty(Array.prototype, 1, {
        configurable: true,
        writable: true,
        value: second,
      });
      return first === undefined ? [] : [first];
    };
    try {
      await expect(collected(aaaAdds, hiding)).rejects.toThrow(
        '"bbb" removed migration 2 of "aaa"',
      );
    } finally {
      Reflect.deleteProperty(Array.prototype, 1);
    }
  });

  it("PH-061: the host's own handler adds under the name core, and plugins leave that alone", async () => {
    const core = defineCoreHandler({
      hook: "migration_register",
      name: "core.001.base",
      handler: (given) => [...given, entryOf("core", 1)],
    });
    const kept = await createPluginManager({ core: [core], plugins: [adding("aaa", aaaAdds)] });
    expect(await kept.invoke("migration_register", [], { operation })).toHaveLength(3);
    const dropping = await createPluginManager({
      core: [core],
      plugins: [adding("aaa", () => [])],
    });
    await expect(dropping.invoke("migration_register", [], { operation })).rejects.toThrow(
      '"aaa" removed migration 1 of "core"',
    );
  });
});
