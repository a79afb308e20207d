/** Facts, events and applied migrations in SQLite, in this process and without a native build. */
import type { Fact, MemoryNodeEvent, Migration, RecallQuery } from "glassine/memory-node";
import initSqlJs, { type Database, type SqlValue } from "sql.js";

const schema = `
CREATE TABLE facts (
  place INTEGER PRIMARY KEY, id TEXT UNIQUE, tenant TEXT, entity TEXT, relation TEXT, source TEXT,
  scope TEXT, garden_id TEXT, confidence REAL, timestamp TEXT, valid_until TEXT, attested INTEGER,
  contradicted INTEGER, body TEXT
);
CREATE TABLE events (place INTEGER PRIMARY KEY, body TEXT);
CREATE TABLE migrations (plugin_name TEXT, migration_id INTEGER, PRIMARY KEY (plugin_name, migration_id));
`;

export interface FactStore {
  /** Runs `write` in a transaction, one at a time. Rolls back if it throws. */
  transaction<T>(write: () => Promise<T>): Promise<T>;
  /** Returns false if the store already has a fact with that id. */
  insert(fact: Fact, tenantId: string): boolean;
  get(id: string, tenantId: string): Fact | undefined;
  find(query: RecallQuery, tenantId: string, now: string): readonly Fact[];
  /** Returns the facts of these scopes, whoever asserted them. */
  ofScopes(scopes: readonly string[], tenantId: string): readonly Fact[];
  write(event: MemoryNodeEvent): void;
  events(): readonly MemoryNodeEvent[];
  /** Applies new migrations. Each is applied and recorded in one transaction. */
  migrate(migrations: readonly Migration[]): void;
  tables(): readonly string[];
  close(): void;
}

export async function openStore(): Promise<FactStore> {
  const { Database } = await initSqlJs();
  const db = new Database();
  db.exec(schema);
  let writers: Promise<unknown> = Promise.resolve();

  const bodies = <T>(sql: string, values: SqlValue[]) =>
    rowsOf(db, sql, values).map(([body]) => JSON.parse(String(body)) as T);

  async function alone<T>(write: () => Promise<T>): Promise<T> {
    db.run("BEGIN");
    try {
      const result = await write();
      db.run("COMMIT");
      return result;
    } catch (error) {
      db.run("ROLLBACK");
      throw error;
    }
  }

  return {
    transaction(write) {
      const result = writers.then(() => alone(write));
      writers = result.catch(() => undefined);
      return result;
    },
    insert(fact, tenantId) {
      const row = columnsOf(fact, tenantId);
      const marks = row.map(() => "?").join(", ");
      db.run(`INSERT OR IGNORE INTO facts VALUES (NULL, ${marks})`, row);
      return db.getRowsModified() === 1;
    },
    get(id, tenantId) {
      const found = "SELECT body FROM facts WHERE id = ? AND tenant = ?";
      return bodies<Fact>(found, [id, tenantId])[0];
    },
    find(query, tenantId, now) {
      const { where, values } = conditionsOf(query, tenantId, now);
      const sql = `SELECT body FROM facts WHERE ${where} ORDER BY place LIMIT ?`;
      return bodies<Fact>(sql, [...values, query.limit ?? 50]);
    },
    ofScopes(scopes, tenantId) {
      const marks = scopes.map(() => "?").join(", ");
      const sql = `SELECT body FROM facts WHERE tenant = ? AND scope IN (${marks}) ORDER BY place`;
      return bodies<Fact>(sql, [tenantId, ...scopes]);
    },
    write: (event) => void db.run("INSERT INTO events VALUES (NULL, ?)", [JSON.stringify(event)]),
    events: () => bodies<MemoryNodeEvent>("SELECT body FROM events ORDER BY place", []),
    migrate(migrations) {
      for (const { plugin_name, migration_id, sql } of migrations) {
        const name = [plugin_name, migration_id];
        db.run("BEGIN");
        try {
          db.run("INSERT OR IGNORE INTO migrations VALUES (?, ?)", name);
          if (db.getRowsModified() === 1) db.exec(sql);
          db.run("COMMIT");
        } catch (error) {
          db.run("ROLLBACK");
          throw error;
        }
      }
    },
    tables() {
      const sql = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
      return rowsOf(db, sql, []).map(([name]) => String(name));
    },
    close: () => db.close(),
  };
}

function rowsOf(db: Database, sql: string, values: SqlValue[]): readonly SqlValue[][] {
  return db.exec(sql, values)[0]?.values ?? [];
}

function columnsOf(fact: Fact, tenantId: string): SqlValue[] {
  const { id, entity, relation, source, scope, garden_id, confidence, timestamp } = fact;
  const texts = [id, tenantId, entity, relation, source, scope, garden_id];
  return [
    ...texts.map((text) => text ?? null),
    confidence ?? 1,
    timestamp ?? null,
    fact.valid_until ?? null,
    fact.attested === true ? 1 : 0,
    fact.contradicted === true ? 1 : 0,
    JSON.stringify(fact),
  ];
}

/** Facts with a lower confidence count as low trust. */
const lowTrust = 0.3;

function conditionsOf(query: RecallQuery, tenantId: string, now: string) {
  const conditions: [string, SqlValue | null][] = [
    ["tenant = ?", tenantId],
    ["entity = ?", query.entity],
    ["relation = ?", query.relation],
    ["source = ?", query.source],
    ["scope = ?", query.scope],
    ["garden_id = ?", query.garden_id],
    ["confidence >= ?", query.min_confidence],
    ["confidence >= ?", query.include_low_trust ? null : lowTrust],
    ["attested = ?", query.attested === null ? null : Number(query.attested)],
    ["contradicted = ?", query.include_contradicted ? null : 0],
    ["timestamp > ?", query.after],
    ["timestamp <= ?", query.as_of],
    ["(valid_until IS NULL OR valid_until > ?)", query.include_expired ? null : now],
    ["place > ?", query.cursor === null ? null : Number(query.cursor)],
  ];
  const asked = conditions.filter(([, value]) => value !== null);
  return {
    where: asked.map(([condition]) => condition).join(" AND "),
    values: asked.map(([, value]) => value as SqlValue),
  };
}
