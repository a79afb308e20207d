/** Many processes that change what is trusted at the same time. */
// Only in test:all: it kills and starts processes.
import { readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { readLockfile, readTrustJournal } from "glassine/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { lockFolder, verifiedAt } from "../trust/change-support.ts";
import type { Order } from "./trust-orders.ts";
import { bundlePrograms, type Crew, crewOf, type Programs } from "./trust-processes.ts";
import { isWhole, report, roundsOfWriters } from "./trust-report.ts";
import { entryOf } from "./trust-scenes.ts";

const size = 32;
const timeout = 60_000 + roundsOfWriters * 60_000;
/** Longer than any queue: waiting is not the subject here. */
const waitMs = 300_000;

let programs: Programs;
let crew: Crew;
beforeAll(async () => {
  programs = await bundlePrograms("trust-writers");
  crew = await crewOf(size, programs);
}, 120_000);
afterAll(() => crew.dismiss());

const idOf = (at: number) => `acme.p${at}`;
const names = (count: number) => Array.from({ length: count }, (_, at) => idOf(at));
const trusting = (path: string, ids: readonly string[], version?: string): readonly Order[] =>
  ids.map((id) => ({ path, trust: [entryOf(id, version)], reason: `by ${id}`, waitMs }));
const rounds = Array.from({ length: roundsOfWriters }, (_, at) => at + 1);

/** The lock and its journal, which have to agree. */
async function agreed(path: string) {
  const lock = await readLockfile(path);
  if (lock === undefined) throw new Error("There is no lock.");
  const journal = await readTrustJournal(path);
  expect((await verifiedAt(path)).problems).toEqual([]);
  return { ids: lock.entries.map(({ id }) => id), lines: journal.lines };
}

/** Reads the lock over and over while something goes on. Each time it has to be valid. */
async function readDuring<T>(path: string, work: Promise<T>): Promise<{ done: T; reads: number }> {
  let isOver = false;
  let reads = 0;
  const reading = (async () => {
    for (; !isOver; reads++) {
      await readLockfile(path);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  const done = await work.finally(() => {
    isOver = true;
  });
  await reading;
  return { done, reads };
}

describe("F-11: 32 processes trust different plugins at once", () => {
  it.each(rounds)("all entries exist, with a line each: round %i", { timeout }, async () => {
    verifies("journal:exclusion", "journal:one-line-each", "journal:chain");
    const { path, names: files } = await lockFolder();
    const outcomes = await crew.carryOut(trusting(path, names(size)));
    expect(outcomes.filter(({ code }) => code !== null)).toEqual([]);
    const { ids, lines } = await agreed(path);
    expect([...ids].sort()).toEqual(names(size).sort());
    // The order of the entries is that in which they were trusted.
    expect(lines.map(({ id }) => id)).toEqual(ids);
    expect(await files()).toEqual(["plugins.lock", "plugins.lock.journal"]);
    report("rounds of 32 writers", 1);
  });

  it.each(rounds)("even if all find a stale claim: round %i", { timeout }, async (round) => {
    verifies("journal:takeover", "journal:takeover-once");
    const { path, exclusion, names: files } = await lockFolder();
    // No process has this id: it is beyond the largest.
    const left = { pid: 2 ** 22 + round, host: hostname(), since: "2026-01-01T00:00:00.000Z" };
    await writeFile(exclusion, JSON.stringify(left));
    const outcomes = await crew.carryOut(trusting(path, names(size)));
    expect(outcomes.filter(({ code }) => code !== null)).toEqual([]);
    const { ids, lines } = await agreed(path);
    expect([...ids].sort()).toEqual(names(size).sort());
    expect(lines).toHaveLength(size);
    expect(await files()).toEqual(["plugins.lock", "plugins.lock.journal"]);
    report("rounds of 32 successors", 1);
  });

  it.each(rounds)("even if some of them are killed: round %i", { timeout }, async (round) => {
    verifies("journal:takeover", "journal:recovery");
    const { path, names: files } = await lockFolder();
    const victims = [0, 1, 2, 3].map((at) => (at * 7 + round) % 12);
    const orders = trusting(path, names(12));
    // What a killed process began may be done or not; those alive have to succeed.
    const survivors = crew.carryOut(orders.filter((_order, at) => !victims.includes(at)));
    const doomed = await crewOf(victims.length, programs);
    void doomed.carryOut(victims.map((at) => orders[at] as Order));
    const killing = victims.map(async (_victim, at) => {
      await new Promise((resolve) => setTimeout(resolve, (at * 37 + round * 13) % 150));
      await doomed.kill(at);
    });
    await Promise.all(killing);
    expect((await survivors).filter(({ code }) => code !== null)).toEqual([]);
    const [last] = await crew.carryOut(trusting(path, ["acme.last"]));
    expect(last).toMatchObject({ code: null });
    const { ids, lines } = await agreed(path);
    const alive = names(12).filter((_id, at) => !victims.includes(at));
    expect(ids).toEqual(expect.arrayContaining([...alive, "acme.last"]));
    expect(lines.map(({ id }) => id)).toEqual(ids);
    expect(await files()).toEqual(["plugins.lock", "plugins.lock.journal"]);
    report("rounds with killed writers", 1);
  });
});

describe("processes that change one lock at the same time", () => {
  it("CLI-050: 20 trust 20 plugins, and every reader meanwhile finds a valid lock", {
    timeout,
  }, async () => {
    verifies("journal:whole-lock");
    const { path } = await lockFolder("version = 1\n");
    const { done, reads } = await readDuring(path, crew.carryOut(trusting(path, names(20))));
    expect(done.filter(({ code }) => code !== null)).toEqual([]);
    const { ids, lines } = await agreed(path);
    expect([...ids].sort()).toEqual(names(20).sort());
    expect(lines).toHaveLength(20);
    expect(reads).toBeGreaterThan(0);
  });

  it("CLI-051: two trust the same plugin: one entry, two lines", { timeout }, async () => {
    const { path } = await lockFolder();
    await crew.carryOut(trusting(path, ["acme.same", "acme.same"]));
    const { ids, lines } = await agreed(path);
    expect(ids).toEqual(["acme.same"]);
    expect(lines.map(({ id, action }) => [id, action])).toEqual([
      ["acme.same", "trust"],
      ["acme.same", "trust"],
    ]);
  });

  it("CLI-052: one trusts what another revokes: the last line decides", {
    timeout,
  }, async () => {
    const { path } = await lockFolder();
    const trust = trusting(path, ["acme.same"]);
    const revoke = [{ path, revoke: ["acme.same"], reason: "away", waitMs }];
    await crew.carryOut(trust);
    for (let at = 0; at < (isWhole ? 50 : 8); at++) {
      const orders = at % 2 === 0 ? [...trust, ...revoke] : [...revoke, ...trust];
      // A second revocation in a row finds nothing to revoke.
      const outcomes = await crew.carryOut(orders);
      const refused = outcomes.filter(({ code }) => code !== null).map(({ code }) => code);
      expect(["", "trust_refused"]).toContain(refused.join());
      const { ids, lines } = await agreed(path);
      const last = lines.at(-1)?.action ?? "";
      expect(ids).toEqual(last === "trust" ? ["acme.same"] : []);
      if (last === "revoke") await crew.carryOut(trust);
    }
  });

  it("CLI-057: a reader never finds an invalid lock during 100 writes", { timeout }, async () => {
    verifies("journal:whole-lock");
    const { path } = await lockFolder("version = 1\n");
    const writing = (async () => {
      for (let at = 0; at < 25; at++) await crew.carryOut(trusting(path, names(4), `1.0.${at}`));
    })();
    const { reads } = await readDuring(path, writing);
    expect(reads).toBeGreaterThan(10);
    const { ids, lines } = await agreed(path);
    expect([...ids].sort()).toEqual(names(4));
    expect(lines).toHaveLength(100);
    expect(await readFile(path, "utf8")).toContain('version = "1.0.24"');
  });
});
