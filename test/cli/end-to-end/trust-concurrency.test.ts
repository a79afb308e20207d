/** Several commands at once: only one at a time changes a lock, and readers never wait. */
// Only in test:all: it runs whole commands in processes of their own.
import { writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import process from "node:process";
import { readLockfile, trustPlugins } from "glassine/node";
import { beforeAll, describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { entryOf, verifiedAt } from "../../trust/change-support.ts";
import { newWorkspace, type Workspace } from "./support.ts";
import { type Place, placeIn, valuesOf } from "./trust-support.ts";

const timeout = 300_000;
const ids = Array.from({ length: 20 }, (_, at) => `guard-${String.fromCharCode(97 + at)}`);
const busy = "plugins.lock is being changed by another process";

let workspace: Workspace;
beforeAll(async () => {
  workspace = await newWorkspace();
  // One package has all the plugins: who writes counts here, not what is installed.
  const plugins = Object.fromEntries(ids.map((id) => [id, "./plugin.js"]));
  await workspace.install({ name: "guards", glassine: { plugins } });
}, timeout);

/** The journal must agree with the lock, and no other file may be there. */
async function expectAgreed({ lock, names }: Place): Promise<void> {
  expect((await verifiedAt(lock)).problems).toEqual([]);
  expect(await names()).toEqual(["plugins.lock", "plugins.lock.journal"]);
}

describe("commands at the same time", () => {
  it("CLI-050: 20 processes trust 20 plugins: all are locked, and the lock is always valid", {
    timeout,
  }, async () => {
    verifies("journal:exclusion", "journal:one-line-each", "journal:whole-lock");
    const place = await placeIn(workspace, "version = 1\n");
    let isOver = false;
    let reads = 0;
    const reading = (async () => {
      for (; !isOver; reads++) {
        await readLockfile(place.lock);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    const ended = await Promise.all(
      ids.map((id) => place.run(["trust", id, "--reason", `by ${id}`])),
    ).finally(() => {
      isOver = true;
    });
    await reading;
    expect(ended.map(({ code, stderr }) => [code, stderr])).toEqual(ids.map(() => [0, ""]));
    expect([...valuesOf("id", await place.text())].sort()).toEqual(ids);
    const lines = await place.lines();
    expect(lines.map((line) => [line[1], line[2], line[5]]).sort()).toEqual(
      ids.map((id) => ["trust", id, `by ${id}`]),
    );
    expect(reads).toBeGreaterThan(0);
    await expectAgreed(place);
  });

  it("CLI-051: two processes trust one plugin: one entry, two journal lines", {
    timeout,
  }, async () => {
    const place = await placeIn(workspace);
    await Promise.all(["one", "two"].map((reason) => place.trust("guard-a", reason)));
    expect(valuesOf("id", await place.text())).toEqual(["guard-a"]);
    expect((await place.lines()).map((line) => line[5]).sort()).toEqual(["one", "two"]);
    await expectAgreed(place);
  });

  it("CLI-052: one process trusts what another revokes: the last journal line holds", {
    timeout,
  }, async () => {
    const place = await placeIn(workspace);
    await place.trust("guard-a", "before");
    for (const round of [1, 2, 3]) {
      const commands = [
        place.run(["trust", "guard-a", "--reason", `${round}`]),
        place.run(["untrust", "guard-a", "--reason", `${round}`]),
      ];
      expect((await Promise.all(commands)).map(({ code }) => code)).toEqual([0, 0]);
      const last = (await place.lines()).at(-1)?.[1];
      expect(valuesOf("id", await place.text())).toEqual(last === "trust" ? ["guard-a"] : []);
      await expectAgreed(place);
      if (last === "revoke") await place.trust("guard-a", "again");
    }
  });

  it("CLI-057: list never finds an invalid lock while it is written 100 times", {
    timeout,
  }, async () => {
    verifies("journal:whole-lock");
    const place = await placeIn(workspace, "version = 1\n");
    let lists = 0;
    let writes = 0;
    let isOver = false;
    const listing = (async () => {
      for (; !isOver; lists++) {
        const { code, stderr, stdout } = await place.run(["list", "--no-load"]);
        // None of the plugins is installed.
        expect(stderr).toMatch(
          /^(?:warning: plugin mode is dev: plugins\.lock is not enforced.*\n)?$/,
        );
        expect([code, stdout.split("\n")[1]]).toEqual([
          0,
          `plugins.lock: ${place.lock} (schema v1)`,
        ]);
      }
    })();
    const writing = (async () => {
      for (; writes < 100 || lists < 5; writes++) {
        const id = `acme.p${writes % 4}`;
        await trustPlugins(place.lock, [entryOf(id, `1.0.${writes}`)], "r", { waitMs: 60_000 });
      }
      isOver = true;
    })();
    await Promise.all([listing, writing]);
    expect(await place.lines()).toHaveLength(writes);
  });
});

describe("CLI-053: a claim", () => {
  const since = "2026-01-01T00:00:00.000Z";
  const noPid = 2 ** 22 + 1;
  const argv = ["trust", "guard-a", "--reason", "r"];

  it("of a process that is gone is taken over", async () => {
    verifies("journal:takeover");
    const place = await placeIn(workspace, "version = 1\n");
    const claim = { pid: noPid, host: hostname(), since };
    await writeFile(`${place.lock}.lck`, JSON.stringify(claim));
    await place.trust("guard-a");
    await expectAgreed(place);
  });

  it("of a live process, another host or nobody is waited for, then reported", {
    timeout,
  }, async () => {
    verifies("journal:busy", "journal:elsewhere");
    const cases = [
      [{ pid: process.pid, host: hostname(), since }, () => `${busy} (pid ${process.pid})`],
      [
        { pid: noPid, host: "elsewhere", since },
        (file: string) =>
          `${busy} (pid ${noPid} on host "elsewhere"). If that process has ended, remove ${file} and try again.`,
      ],
      [
        {},
        (file: string) =>
          `${busy}, which ${file} does not name. If no process is changing it, remove ${file} and try again.`,
      ],
    ] as const;
    // Each one waits ten seconds, so all of them wait at the same time.
    const waits = cases.map(async ([claim, messageFor]) => {
      const place = await placeIn(workspace, "version = 1\n");
      await writeFile(`${place.lock}.lck`, JSON.stringify(claim));
      const before = await place.state();
      expect(await place.refused(argv)).toBe(`trust: ${messageFor(`${place.lock}.lck`)}\n`);
      expect(await place.state()).toEqual(before);
    });
    await Promise.all(waits);
  });
});
