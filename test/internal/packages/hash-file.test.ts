/** One file of a package, which may change while it is read, and the totals over all files. */
import { appendFileSync, mkdirSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hashFile } from "../../../src/operate/packages/hash-package.ts";
import { packageSize } from "../../../src/operate/packages/walk-package.ts";
import { isLinux, makePipe, packageOf, plugin, refusalOf } from "../../packages/hash-support.ts";
import { verifies } from "../../support/verifies.ts";

const reader = (root: string) => ({
  root,
  path: "README.md",
  buffer: new Uint8Array(16),
  size: packageSize(),
});

it.runIf(isLinux)(
  "a file that changes kind before it is opened is refused and not followed",
  async () => {
    const folder = packageOf({ ...plugin, "link.js": { link: "README.md" } });
    makePipe(join(folder, "pipe.js"));
    mkdirSync(join(folder, "folder.js"));
    for (const path of ["link.js", "pipe.js", "folder.js", "gone.js"]) {
      const reading = () => hashFile({ ...reader(folder), path });
      expect(await refusalOf(reading)).toEqual({ code: "unsupported_file", path });
    }
  },
);

describe("a file that changes while it is read", () => {
  /** Calls `deed` each time the file's bytes are counted, which is before they are read. */
  const whenCounted = (folder: string, deed: (time: number) => void) => {
    let time = 0;
    return {
      ...reader(folder),
      size: {
        ...packageSize(),
        addBytes: () => {
          time += 1;
          deed(time);
        },
      },
    };
  };

  it("is read once more", async () => {
    verifies("package:changing");
    const folder = packageOf(plugin);
    const input = whenCounted(folder, (time) => {
      if (time === 1) appendFileSync(join(folder, "README.md"), "more\n");
    });
    const once = await hashFile(input);
    expect(once).toEqual(await hashFile(reader(folder)));
    expect(once.size).toBe("# Example\nmore\n".length);
  });

  it.each([
    ["grows", (path: string) => appendFileSync(path, "more\n")],
    ["shrinks", (path: string) => truncateSync(path, 1)],
    ["changes within its size", (path: string) => writeFileSync(path, "# Elpmaxe\n")],
    ["is written as it is", (path: string) => writeFileSync(path, "# Example\n")],
  ])("is refused where it %s each time", async (_how, deed) => {
    verifies("package:changing");
    const folder = packageOf(plugin);
    const path = join(folder, "README.md");
    let times = 0;
    const input = whenCounted(folder, (time) => {
      times = time;
      writeFileSync(path, "# Example\n".repeat(time));
      deed(path);
      // The clock of a file system may stand still for some milliseconds.
      utimesSync(path, time, time);
    });
    expect(await refusalOf(() => hashFile(input))).toEqual({
      code: "unsupported_file",
      path: "README.md",
    });
    expect(times).toBe(2);
  });
});

describe("the size of a package", () => {
  it("512 MiB are enough, one byte more is too much", () => {
    const size = packageSize();
    size.addBytes("a", 512 * 1024 * 1024);
    expect(() => size.addBytes("b", 1)).toThrow('With "b" the package has more than 512 MiB.');
  });

  it("folders are counted separately", () => {
    const size = packageSize();
    for (let n = 0; n < 20_000; n++) {
      size.add("folders", "d");
      size.add("files", "f");
    }
    expect(() => size.add("folders", "d")).toThrow("The package has more than 20000 folders.");
  });
});
