/** Real processes that are killed during a change of trust: nothing of them runs afterwards. */
// Only in test:all: it kills and starts processes.
import { readdir, readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../docs/support/pages.ts";
import { verifies } from "../support/verifies.ts";
import { bundlePrograms, type Programs, runFaulty } from "./trust-processes.ts";
import { isWhole, report } from "./trust-report.ts";
import {
  callsOf,
  expectMended,
  expectOldOrNew,
  namesOfScenes,
  type Scene,
  sceneOf,
} from "./trust-scenes.ts";

let programs: Programs;
const scenes: Scene[] = [];
beforeAll(async () => {
  programs = await bundlePrograms("trust-kills");
}, 120_000);
afterAll(async () => {
  for (const scene of scenes) await scene.strike();
});

async function open(name: string, isLinked = false): Promise<Scene> {
  const scene = await sceneOf(name, isLinked);
  scenes.push(scene);
  return scene;
}

/** Before a call that only reads, the files are the same as before the next one. */
const changing = /^(?:open .*(?:wx|journal)$|write|chmod|link|rename|unlink)/;

/** A process dies at a call; the lock is old or new, and the next change repairs the rest. */
async function killAt(scene: Scene, at: number, what = "kill") {
  const stage = await scene.stage();
  const { folder, order } = stage;
  const { signal } = await runFaulty(programs, order, { folder, at, what });
  expect(signal).toBe("SIGKILL");
  const standing = await expectOldOrNew(scene, stage);
  const { recovered, warnings } = await expectMended(scene, stage, standing);
  expect(warnings).toHaveLength(recovered === null ? 0 : 1);
  return { standing, recovered };
}

/** Both cores, and no more: other tests need them too. */
async function twoAtATime<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all([worker(), worker()]);
}

describe("F-09: a process is killed at any system call of a change", () => {
  const linked = isWhole ? namesOfScenes.filter((name) => name !== "first trust") : ["refresh"];
  const cases = [
    ...namesOfScenes.map((name) => ({ name, isLinked: false, title: name })),
    ...linked.map((name) => ({ name, isLinked: true, title: `${name} by a link` })),
  ];
  it.each(cases)("during $title", { timeout: 600_000 }, async ({ name, isLinked }) => {
    verifies("journal:recovery", "journal:whole-lock", "journal:leftovers", "journal:takeover");
    const scene = await open(name, isLinked);
    const calls = await callsOf(scene);
    const kills = calls.flatMap((call, index) => [
      ...(isWhole || changing.test(call) ? [{ at: index + 1, what: "kill" }] : []),
      ...(call.startsWith("write") ? [{ at: index + 1, what: "kill_half" }] : []),
    ]);
    const seen = new Set<string>();
    await twoAtATime(kills, async ({ at, what }) => {
      const { standing, recovered } = await killAt(scene, at, what);
      seen.add(standing).add(recovered ?? "nothing");
    });
    report(`kills: ${scene.name}`, kills.length);
    // Every state occurred: not begun, begun, done, done and recorded.
    const all = ["old", "new", "nothing", "applied", "discarded"];
    const isRenewed = scene.oldLock === scene.newLock;
    expect([...seen].sort()).toEqual((isRenewed ? ["new", "nothing", "applied"] : all).sort());
  });

  it("all calls of a change are observed: the code uses nothing else of the file system", async () => {
    const used = await importsOfFileSystem();
    expect(used.length).toBeGreaterThan(5);
    const seen =
      /from "node:fs\/promises"|^import type|^import \{ (?:constants|type \w+)(?:, type \w+)* \}/;
    expect(used.filter((line) => !seen.test(line))).toEqual([]);
  });
});

/** The lines of the sources that name the file system. */
async function importsOfFileSystem(): Promise<readonly string[]> {
  const folders = ["src/operate/trust/change", "src/operate/trust/lockfile"];
  const texts = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(root + folder);
      return Promise.all(names.map((name) => readFile(`${root}${folder}/${name}`, "utf8")));
    }),
  );
  return texts.flat().flatMap((text) => text.match(/^import [^;]*?"node:fs[^;]*;/gm) ?? []);
}

describe("CLI-049: a process is killed", () => {
  const places = [
    { after: "the record is written", call: /^rename \S+ plugins\.lock\.pending$/, what: "kill" },
    { after: "the new lock is written", call: /^link plugins\.lock plugins/, what: "kill" },
    { after: "the lock is renamed", call: /^rename \S+ plugins\.lock$/, what: "kill" },
    {
      after: "half the line is written",
      call: /^write plugins\.lock\.journal$/,
      what: "kill_half",
    },
    { after: "the line is written", call: /^datasync plugins\.lock\.journal$/, what: "kill" },
  ];
  it.each(places)("after $after", async ({ call, what }) => {
    verifies(
      "journal:pending",
      "journal:recovery",
      "journal:completed-line",
      "journal:unfinished-reported",
    );
    const scene = await open("refresh");
    const index = (await callsOf(scene)).findIndex((each) => call.test(each));
    expect(index).toBeGreaterThan(0);
    // `kill` ends the process before a call, so it is set at the one after the intended call.
    const { standing, recovered } = await killAt(
      scene,
      what === "kill" ? index + 2 : index + 1,
      what,
    );
    const isMade = /lock is renamed|line/.test(
      places.find((each) => each.call === call)?.after ?? "",
    );
    expect({ standing, recovered }).toEqual(
      isMade
        ? { standing: "new", recovered: "applied" }
        : { standing: "old", recovered: "discarded" },
    );
  });
});
