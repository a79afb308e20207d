// A process of its own: on its clock there must be no timers of other files.
// Only in test:all: it starts processes.
/** One process at a time: who holds a lock, who takes it over, and who must wait. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { lstat, mkdir, readFile, symlink, unlink, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import process from "node:process";
import { trustPlugins } from "glassine/node";
import { describe, expect, it, vi } from "vitest";
import { installFaults } from "../faults/trust-fs-faults.ts";
import { afterTest } from "../support/cleanup.ts";
import { verifies } from "../support/verifies.ts";
import { entryOf, lockFolder, refusalOf, sha256 } from "./change-support.ts";

const pii = entryOf("acme.pii");
const isLinux = process.platform === "linux";
const since = "2026-01-01T00:00:00.000Z";
const noPid = 2 ** 22 + 1;

/** A process that lives until the test is over. */
async function liveProcess(): Promise<number> {
  const child = spawn(process.execPath, ["-e", "console.log(1); setInterval(() => {}, 1000)"]);
  afterTest(() => {
    child.kill("SIGKILL");
  });
  await once(child.stdout, "data");
  return child.pid as number;
}

async function endedProcess(): Promise<number> {
  const child = spawn(process.execPath, ["-e", "0"]);
  await once(child, "exit");
  return child.pid as number;
}

/** A lock with a claim on it, and what to expect of a change that does not wait. */
async function claimed(claim: object | string) {
  const lock = await lockFolder("version = 1\n");
  const text = typeof claim === "string" ? claim : JSON.stringify(claim);
  await writeFile(lock.exclusion, text);
  const change = (waitMs = 0) => trustPlugins(lock.path, [pii], "r", { waitMs });
  const expectBusy = async (message: string, waitMs?: number) => {
    expect(await refusalOf(() => change(waitMs))).toMatchObject({ code: "lockfile_busy", message });
    expect(await lock.names()).toEqual(["plugins.lock", "plugins.lock.lck"]);
    expect(await readFile(lock.exclusion, "utf8")).toBe(text);
    expect(await lock.text()).toBe("version = 1\n");
  };
  const expectTaken = async () => {
    expect((await change()).lock.entries).toEqual([pii]);
    expect(await lock.names()).toEqual(["plugins.lock", "plugins.lock.journal"]);
  };
  return { ...lock, text, change, expectBusy, expectTaken };
}

const busy = "plugins.lock is being changed by another process";

describe("CLI-053: a claim", () => {
  it("of a process that has ended is taken over", async () => {
    verifies("journal:takeover");
    const { expectTaken } = await claimed({ pid: await endedProcess(), host: hostname(), since });
    await expectTaken();
  });

  it("of a live process is waited for, then refused with the process id", async () => {
    verifies("journal:busy");
    const pid = await liveProcess();
    const { expectBusy } = await claimed({ pid, host: hostname(), since });
    await expectBusy(`${busy} (pid ${pid})`);
    await expectBusy(`${busy} (pid ${pid})`, 100);
  });

  it("of a live process is waited for up to ten seconds by default", async () => {
    verifies("journal:busy");
    const { path, exclusion } = await lockFolder("version = 1\n");
    const pid = await liveProcess();
    await writeFile(exclusion, JSON.stringify({ pid, host: hostname(), since }));
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    afterTest(() => void vi.useRealTimers());
    const begun = performance.now();
    let end: unknown;
    void trustPlugins(path, [pii], "r").catch((error: unknown) => {
      end = error;
    });
    while (end === undefined) {
      // Files are read between two pauses, without any timer.
      await new Promise((resolve) => setImmediate(resolve));
      if (vi.getTimerCount() > 0) vi.advanceTimersToNextTimer();
    }
    expect(end).toMatchObject({ code: "lockfile_busy", message: `${busy} (pid ${pid})` });
    const waited = performance.now() - begun;
    expect([waited >= 10_000, waited < 10_100]).toEqual([true, true]);
  });

  it("of another host is never taken over; the refusal names the file to remove", async () => {
    verifies("journal:elsewhere");
    const claim = { pid: noPid, host: `not-${hostname()}\n`, since };
    const { expectBusy, exclusion } = await claimed(claim);
    await expectBusy(
      `${busy} (pid ${noPid} on host "not-${hostname()}\\u{a}"). If that process has ended, remove ${exclusion} and try again.`,
    );
  });

  it.runIf(isLinux)(
    "of another container counts as another host, whatever its host name",
    async () => {
      verifies("journal:elsewhere");
      const claim = { pid: noPid, host: hostname(), space: "pid:[1]", since };
      const { expectBusy, exclusion } = await claimed(claim);
      await expectBusy(
        `${busy} (pid ${noPid} on host "${hostname()}"). If that process has ended, remove ${exclusion} and try again.`,
      );
    },
  );

  it.runIf(isLinux)("of a process whose id was reused is taken over", async () => {
    verifies("journal:takeover");
    const pid = await liveProcess();
    const { expectTaken } = await claimed({ pid, host: hostname(), started: "1", since });
    await expectTaken();
  });

  it.runIf(isLinux)("of a zombie process is taken over", async () => {
    verifies("journal:takeover");
    // The shell becomes a program that never reaps its child.
    const parent = spawn("sh", ["-c", "sleep 0.2 & echo $!; exec sleep 60"]);
    afterTest(() => {
      parent.kill("SIGKILL");
    });
    const [output] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = Number(`${output}`.trim());
    const stateOf = async () => (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ")[1]?.[0];
    while ((await stateOf()) !== "Z") await new Promise((resolve) => setTimeout(resolve, 5));
    const { expectTaken } = await claimed({ pid, host: hostname(), since });
    await expectTaken();
  });

  it("is read whatever form its start time has", async () => {
    const pid = await liveProcess();
    const { expectBusy } = await claimed({ pid, host: hostname(), started: since });
    await expectBusy(`${busy} (pid ${pid})`);
  });

  it.each([
    "",
    "\n",
    "null",
    "[]",
    "{}",
    "17",
    "\ufeff{}",
    '{"pid":"17","host":"a"}',
    '{"pid":17}',
    '{"pid":0,"host":"a"}',
    '{"pid":-1,"host":"a"}',
    '{"pid":1.5,"host":"a"}',
    "\xff",
    '{"pid":17,"host":""}',
  ])("that names no process is never taken over: %j", async (text) => {
    verifies("journal:elsewhere");
    const { expectBusy, exclusion } = await claimed(text);
    await expectBusy(
      `${busy}, which ${exclusion} does not name. If no process is changing it, remove ${exclusion} and try again.`,
    );
  });
});

describe("taking over a stale claim", () => {
  const left = JSON.stringify({ pid: noPid, host: hostname(), since });
  const rightTo = (path: string, claim: string) => `${path}.lck.${sha256(claim).slice(0, 16)}`;

  it("takes over from a process that died while taking over", async () => {
    verifies("journal:takeover-once", "journal:leftovers");
    const { path, expectTaken } = await claimed(left);
    const second = JSON.stringify({ pid: noPid + 1, host: hostname(), since });
    await writeFile(rightTo(path, left), second);
    await writeFile(
      rightTo(path, second),
      JSON.stringify({ pid: noPid + 2, host: hostname(), since }),
    );
    await expectTaken();
  });

  it("waits for a process that is taking over", async () => {
    verifies("journal:takeover-once");
    const { path, change, exclusion, names } = await claimed(left);
    const pid = await liveProcess();
    const right = rightTo(path, left);
    await writeFile(right, JSON.stringify({ pid, host: hostname(), since }));
    const { message } = await refusalOf(() => change(60));
    expect(message).toBe(`${busy} (pid ${pid})`);
    expect(await readFile(exclusion, "utf8")).toBe(left);
    expect(await names()).toHaveLength(3);
  });

  it("never removes a claim that changed owner after it was read", async () => {
    verifies("journal:takeover-once");
    const { folder, change, exclusion, names } = await claimed(left);
    const pid = await liveProcess();
    const theirs = JSON.stringify({ pid, host: hostname(), since });
    let isTaken = false;
    // Another process takes it over just before this one acts.
    const at = {
      test: (call: string) => {
        if (!isTaken && /^(?:link|rename|unlink) .*\.lck/.test(call)) {
          isTaken = true;
          writeFileSync(exclusion, theirs);
        }
        return false;
      },
    };
    const { restore } = installFaults({ folder, at, what: "none" });
    const { message } = await refusalOf(() => change()).finally(restore);
    expect({ isTaken, message }).toEqual({ isTaken: true, message: `${busy} (pid ${pid})` });
    expect(await readFile(exclusion, "utf8")).toBe(theirs);
    expect(await names()).toEqual(["plugins.lock", "plugins.lock.lck"]);
  });

  it("ends when claims name each other in a circle", async () => {
    const { path, change, exclusion } = await claimed(left);
    const other = JSON.stringify({ pid: noPid + 1, host: hostname(), since });
    await writeFile(rightTo(path, left), other);
    await writeFile(rightTo(path, other), left);
    const { code, message } = await refusalOf(() => change());
    expect({ code, message }).toMatchObject({
      code: "lockfile_busy",
      message: expect.stringContaining(`remove ${exclusion}`),
    });
  });
});

describe("something that is not a regular file", () => {
  const make: Readonly<Record<string, (path: string) => unknown>> = {
    "a folder": (path) => mkdir(path),
    "a link": async (path) => {
      await writeFile(`${path}.target`, "");
      await symlink(`${path}.target`, path);
    },
    "no file": (path) => void execFileSync("mkfifo", [path]),
  };
  const places = ["lck", "pending", "journal"].flatMap((place) =>
    Object.keys(make).map((what) => ({ place, what })),
  );
  it.skipIf(process.platform === "win32").each(places)(
    "is refused in place of .$place: $what",
    async ({ place, what }) => {
      verifies("journal:files-only");
      const { path, text } = await lockFolder("version = 1\n");
      const there = `${path}.${place}`;
      await make[what]?.(there);
      const refused = await refusalOf(() => trustPlugins(path, [pii], "r", { waitMs: 0 }));
      expect(refused).toMatchObject({
        code: "lockfile_failed",
        message: `${there} is not a regular file. Move it away, and keep it.`,
        data: { path: there },
      });
      expect(await text()).toBe("version = 1\n");
      expect((await lstat(there)).isFile()).toBe(false);
      if (what === "a link") expect(await readFile(`${there}.target`, "utf8")).toBe("");
    },
  );
});

describe("a file system without links", () => {
  it("still applies changes and undoes them, even if the disk is full", async () => {
    verifies("journal:exclusion", "journal:all-or-nothing");
    const { folder, path, text, names, lines } = await lockFolder();
    await trustPlugins(path, [entryOf("acme.one")], "r");
    const links = installFaults({ folder, at: /^link /, what: "EPERM" });
    await trustPlugins(path, [pii], "r");
    expect(links.calls.filter((call) => call.startsWith("link "))).toHaveLength(2);
    const before = await text();
    let isFull = false;
    const at = {
      test: (call: string) => {
        isFull ||= call === "write plugins.lock.journal";
        return isFull;
      },
    };
    const full = installFaults({ folder, at, what: "full" });
    const { data } = await refusalOf(() => trustPlugins(path, [entryOf("acme.new")], "r"));
    full.restore();
    links.restore();
    expect(data.systemCode).toBe("ENOSPC");
    expect(await text()).toBe(before);
    expect(await names()).toEqual(["plugins.lock", "plugins.lock.journal"]);
    expect(await lines()).toHaveLength(2);
  });

  it("still allows one claim at a time", async () => {
    verifies("journal:exclusion");
    const { folder, path, lines } = await lockFolder();
    const links = installFaults({ folder, at: /^link /, what: "ENOTSUP" });
    const ids = ["acme.one", "acme.two", "acme.three", "acme.four"];
    await Promise.all(ids.map((id) => trustPlugins(path, [entryOf(id)], "r")));
    links.restore();
    expect((await lines()).map(({ id }) => id).sort()).toEqual([...ids].sort());
  });
});

describe("files left beside a lock", () => {
  it("are removed by the next change, and nothing else is", async () => {
    verifies("journal:leftovers");
    const { folder, path, names } = await lockFolder("version = 1\n");
    const hex = "0123456789abcdef";
    const left = [`.${hex}.tmp`, `.lck.${hex}`, `.lck.${hex}.tmp`, `.lck.${hex}.${hex}.tmp`];
    const kept = [
      "bak",
      "tmp",
      `${hex}.tmp~`,
      "0123.tmp",
      `${hex}`,
      `${hex.toUpperCase()}.tmp`,
      "lck.old",
      `pending.${hex}.tmp`,
      `lck.${hex}0`,
      "pending.conflict-20260101T000000000Z",
    ].map((name) => `plugins.lock.${name}`);
    const others = [`other.lock.${hex}.tmp`, `xplugins.lock.${hex}.tmp`];
    for (const name of left) await writeFile(path + name, "");
    for (const name of [...kept, ...others]) await writeFile(`${folder}/${name}`, "");
    const { recovered, warnings } = await trustPlugins(path, [pii], "r");
    expect([recovered, warnings]).toEqual([undefined, []]);
    expect(await names()).toEqual(
      ["plugins.lock", "plugins.lock.journal", ...kept, ...others].sort(),
    );
    await unlink(path);
  });
});
