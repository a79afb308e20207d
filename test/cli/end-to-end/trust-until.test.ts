/** Trust that ends on a given day: from the option to a production start. */
// Only in test:all: it runs whole commands in processes of their own.
import { readFile, writeFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { newWorkspace, unsigned, type Workspace } from "./support.ts";
import { marked, placeIn, valuesOf } from "./trust-support.ts";

const timeout = 300_000;
const production = { env: { ...unsigned, GLASSINE_PLUGIN_MODE: "production" } };
const day = (days: number) =>
  new Date(Date.now() + days * 24 * 60 * 60 * 1000).toISOString().slice(0, 10);

let workspace: Workspace;
beforeAll(async () => {
  workspace = await newWorkspace();
  await workspace.install(marked("aaa-guard", workspace), marked("bbb-guard", workspace));
}, timeout);

const until = (end: string) => ["trust", "aaa-guard", "--reason", "trial", "--until", end];

/** A place where trust in one of two plugins ended long ago, by journal and lock. */
async function ended() {
  const place = await placeIn(workspace);
  await place.trust("bbb-guard");
  await place.done(until("9999-12-31"));
  for (const file of [place.lock, place.journal])
    await writeFile(file, (await readFile(file, "utf8")).replaceAll("9999-12-31", "2020-02-29"));
  return place;
}

describe("trust until a day", () => {
  it("is in the lock, the journal and the answer, and goes with the next grant", async () => {
    verifies("cli:trust-until", "journal:until");
    const place = await placeIn(workspace);
    await place.trust("bbb-guard");
    expect((await place.done(until("9999-12-31"))).split("\n")[0]).toMatch(
      /^trusted: aaa-guard 1\.0\.0 \(sha256:.*…\) until 9999-12-31$/,
    );
    expect(valuesOf("until", await place.text())).toEqual(["9999-12-31"]);
    expect((await place.lines())[1]).toContain("until=9999-12-31");
    expect(await place.done(["describe", "aaa-guard"])).toContain("trusted_until: 9999-12-31\n");
    expect((await place.done(["verify", "--strict-journal"])).split("\n")[1]).toMatch(
      /^plugins\.lock verified: 2 entries/,
    );
    const { data } = await place.json(["trust", "aaa-guard", "--reason", "for good"]);
    expect(data).toMatchObject({ until: null, previous: { until: "9999-12-31" } });
    expect(valuesOf("until", await place.text())).toEqual([]);
  });

  it.each(["2020-01-01", "2027-02-30", "tomorrow", "2027-1-1", "20270101", "9999-12-31\n", " "])(
    "%j is refused as a day, and nothing is written",
    async (end) => {
      verifies("cli:trust-until");
      const place = await placeIn(workspace);
      expect(await place.refused(until(end))).toMatch(
        /^trust: --until expects today or a later day/,
      );
      expect(await place.names()).toEqual([]);
    },
  );

  it("that is over is drift, fails verify, and is refused by production alone", async () => {
    verifies("lockfile:until", "lockfile:drift");
    const place = await ended();
    const verified = await place.run(["verify"]);
    expect(verified.code).toBe(1);
    expect(verified.stdout).toContain(
      `  aaa-guard: expired (expected='2020-02-29', actual='${day(0)}')\n`,
    );
    const { data } = await place.json(["list"], production);
    expect(data).toMatchObject({
      loaded: [{ id: "bbb-guard" }],
      rejected: [{ id: "aaa-guard", code: "trust_expired" }],
      drift: [{ id: "aaa-guard", kind: "trust_expired", expected: "2020-02-29", blocking: true }],
    });
    const dev = await place.json(["list"]);
    expect(dev.data).toMatchObject({
      loaded: [{ id: "aaa-guard" }, { id: "bbb-guard" }],
      drift: [{ kind: "trust_expired" }],
    });
  });

  it("that is over is not prolonged by lock --all", async () => {
    verifies("cli:lock-all");
    const place = await ended();
    const before = await place.state();
    const all = await place.run(["lock", "--all", "--reason", "again"]);
    expect(all).toMatchObject({ code: 1 });
    expect(all.stdout).toContain("skipped: aaa-guard: trust_expired\n");
    expect(await place.state()).toEqual(before);
  });

  it("that is over soon is warned of, and one that is far is not", async () => {
    verifies("lockfile:until");
    const place = await placeIn(workspace);
    await place.trust("bbb-guard");
    await place.done(until(day(40)));
    expect((await place.run(["verify"])).stderr).toBe("");
    await place.done(until(day(3)));
    const { code, stderr } = await place.run(["verify"]);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `warning: trust in 'aaa-guard' ends after ${day(3)}: review it, and trust it again before that\n`,
    });
  });

  it("cannot be prolonged in the lock alone", async () => {
    verifies("journal:pairing");
    const place = await ended();
    await writeFile(place.lock, (await place.text()).replace("2020-02-29", "9999-12-31"));
    const { data } = await place.json(["verify", "--strict-journal"]);
    expect(data).toMatchObject({
      ok: false,
      journal_problems: [{ line: 2, id: "aaa-guard", problem: "journal_mismatch" }],
    });
  });
});

describe("lock --all", () => {
  it("writes nothing for what did not change", async () => {
    verifies("cli:lock-all");
    const place = await placeIn(workspace);
    await place.done(until("9999-12-31"));
    const { data } = await place.json(["lock", "--all", "--reason", "all"]);
    expect(data).toMatchObject({ trusted: [{ id: "bbb-guard" }] });
    expect((await place.lines()).map(([, , id]) => id)).toEqual(["aaa-guard", "bbb-guard"]);
    const before = await place.state();
    expect(await place.done(["lock", "--all", "--reason", "again"])).toContain("nothing to trust");
    expect(await place.state()).toEqual(before);
  });
});
