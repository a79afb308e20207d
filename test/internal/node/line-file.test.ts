/** Writing lines to a simulated disk that fails. */
import { describe, expect, it } from "vitest";
import { type LineHandle, lineFile } from "../../../src/node/line-file.ts";
import { rest } from "../../audit/support.ts";
import { verifies } from "../../support/verifies.ts";

/** A file that accepts as many bytes of each write as `room` says, and then all. */
class Disk implements LineHandle {
  text = "";
  syncs = 0;
  closes = 0;
  writes = 0;
  /** For each write, how many bytes it accepts, or the error that it throws. */
  room: readonly (number | Error)[] = [];
  syncFault: Error | undefined;
  nlink = 1;
  isRegular = true;

  async stat() {
    const { length: size } = new TextEncoder().encode(this.text);
    return { isFile: () => this.isRegular, nlink: this.nlink, size };
  }

  endsMidLine = async () => !this.text.endsWith("\n");

  async write(bytes: Uint8Array) {
    const room = this.room[this.writes++] ?? bytes.length;
    await rest();
    if (room instanceof Error) throw room;
    this.text += new TextDecoder().decode(bytes.subarray(0, room));
    return { bytesWritten: Math.min(room, bytes.length) };
  }

  async datasync() {
    this.syncs += 1;
    if (this.syncFault) throw this.syncFault;
  }

  async close() {
    this.closes += 1;
  }
}

const full = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
const opened = (disk: Disk) => ({ handle: disk, endsMidLine: disk.endsMidLine });
const fileOn = (disk: Disk, { fsync = false } = {}) => lineFile(async () => opened(disk), fsync);

describe("a partially written line", () => {
  it("is not accepted, and the next one starts on a new line", async () => {
    verifies("audit:file-torn");
    const disk = new Disk();
    disk.room = [3];
    const file = fileOn(disk);
    await expect(file.append("first")).rejects.toMatchObject({
      code: "audit_failed",
      message: "Only 3 of 6 bytes of the record were written. The disk may be full.",
    });
    await file.append("second");
    await file.append("third");
    expect(disk.text).toBe("fir\nsecond\nthird\n");
  });

  it.each<[string, (number | Error)[], string, number]>([
    ["nothing of it", [0], "second\nthird\n", 1],
    ["all but its end", [5], "first\nsecond\nthird\n", 1],
    ["a part, then nothing", [2, 0], "fi\nthird\n", 2],
    ["a part, then its end", [2, 1], "fi\nthird\n", 2],
    ["a part, then another", [2, 4], "fi\nsec\nthird\n", 2],
    ["a part, then an error", [2, full], "fi\nthird\n", 2],
    ["an error", [full], "second\nthird\n", 1],
  ])("leaves every other line whole: %s", async (_what, room, expected, failures) => {
    const disk = new Disk();
    disk.room = room;
    const file = fileOn(disk);
    const ends = await Promise.allSettled(
      ["first", "second", "third"].map((line) => file.append(line)),
    );
    expect(disk.text).toBe(expected);
    expect(ends.filter(({ status }) => status === "rejected")).toHaveLength(failures);
  });

  it("may exist from before", async () => {
    const disk = new Disk();
    disk.text = "cut";
    const file = fileOn(disk);
    await file.append("first");
    expect(disk.text).toBe("cut\nfirst\n");
  });

  it("may be another process's", async () => {
    verifies("audit:file-torn");
    const disk = new Disk();
    const file = fileOn(disk);
    await file.append("first");
    disk.text += "cut";
    await file.append("second");
    disk.text += "theirs\n";
    await file.append("third");
    expect(disk.text).toBe("first\ncut\nsecond\ntheirs\nthird\n");
  });

  it("is ended by whoever is first", async () => {
    const disk = new Disk();
    disk.room = [3];
    const file = fileOn(disk);
    await expect(file.append("first")).rejects.toMatchObject({ code: "audit_failed" });
    disk.text += "\ntheirs\n";
    await file.append("second");
    expect(disk.text).toBe("fir\ntheirs\nsecond\n");
  });

  it("is remembered where nobody may read the file", async () => {
    const disk = new Disk();
    disk.room = [3];
    const file = lineFile(
      async () => ({ handle: disk, endsMidLine: async () => undefined }),
      false,
    );
    await expect(file.append("first")).rejects.toMatchObject({ code: "audit_failed" });
    disk.text += "theirs";
    await file.append("second");
    expect(disk.text).toBe("firtheirs\nsecond\n");
  });
});

describe("lines", () => {
  it.each([
    ["one write if they wait at the same time", true, 1],
    ["one write each where the system takes only small writes as a whole", false, 3],
  ])("are %s, in the order in which they came", async (_what, isRegular, writes) => {
    const disk = new Disk();
    disk.isRegular = isRegular;
    const file = fileOn(disk);
    await Promise.all(["a", "b", "ä\u{1f512}"].map((line) => file.append(line)));
    expect(disk.text).toBe("a\nb\nä\u{1f512}\n");
    expect([disk.writes, disk.syncs]).toEqual([writes, 0]);
  });

  it("are accepted one by one where only some of those in a write got to the disk", async () => {
    const disk = new Disk();
    disk.room = [8];
    const file = fileOn(disk, { fsync: true });
    const ends = ["first", "second", "third"].map((line) => file.append(line));
    await expect(ends[0]).resolves.toBeUndefined();
    await expect(ends[1]).rejects.toMatchObject({
      message: "Only 2 of 7 bytes of the record were written. The disk may be full.",
    });
    await expect(ends[2]).resolves.toBeUndefined();
    expect([disk.text, disk.syncs]).toEqual(["first\nse\nthird\n", 2]);
  });

  it("are not on the disk, all of those in a write, if that cannot be made sure of", async () => {
    const disk = new Disk();
    disk.syncFault = new Error("EIO");
    const file = fileOn(disk, { fsync: true });
    const ends = await Promise.allSettled(["a", "b"].map((line) => file.append(line)));
    const lost = { status: "rejected", reason: disk.syncFault };
    expect(ends).toEqual([lost, lost]);
  });

  it("are on the disk when they count as taken, if the host wants that", async () => {
    const disk = new Disk();
    const file = fileOn(disk, { fsync: true });
    await file.append("a");
    expect(disk.syncs).toBe(1);
    disk.syncFault = new Error("EIO");
    await expect(file.append("b")).rejects.toBe(disk.syncFault);
    disk.syncFault = undefined;
    await file.append("c");
    expect(disk.text).toBe("a\nb\nc\n");
  });

  it("go to a file that is opened once, and again if that failed", async () => {
    const disk = new Disk();
    let opens = 0;
    const file = lineFile(async () => {
      opens += 1;
      if (opens === 1) throw full;
      return opened(disk);
    }, false);
    await expect(file.append("a")).rejects.toBe(full);
    await Promise.all([file.append("b"), file.append("c")]);
    await file.close();
    await file.close();
    expect([opens, disk.text, disk.closes]).toEqual([2, "b\nc\n", 1]);
  });
});

describe("a file that was removed", () => {
  it.each([
    ["is made anew", true, 2],
    ["is not, where it is no file that has a name", false, 1],
  ])("%s", async (_, isRegular, opens) => {
    verifies("audit:file-removed");
    const disks: Disk[] = [];
    const file = lineFile(async () => {
      const disk = new Disk();
      disk.isRegular = isRegular;
      disks.push(disk);
      return opened(disk);
    }, false);
    await file.append("first");
    for (const disk of disks) disk.nlink = 0;
    await file.append("second");
    expect(disks).toHaveLength(opens);
    expect(disks.map(({ text }) => text).join("")).toBe("first\nsecond\n");
    expect(disks[0]?.closes).toBe(opens - 1);
  });
});
