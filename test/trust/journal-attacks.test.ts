/** The journal of trust: reasons that forge lines, and journals that somebody edited. */
import { truncate, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { loadJournal, revokePlugins, trustPlugins } from "../../src/trust/change/index.ts";
import { attack } from "../attacks/attack.ts";
import { byHand, entryOf, lockFolder, problemsOf, refusalOf } from "./change-support.ts";

const pii = entryOf("acme.pii");

attack(
  "A-198",
  "Put tabs, line feeds, carriage returns, NUL or separators of lines into a reason, to forge a line of the journal",
  "escaped: one change is one line, the reason one of its fields, and what is read back is what was given",
  () => {
    const forged = "2026-01-01T00:00:00Z\ttrust\tacme.evil\t1.0.0\tsha256:0\tapproved";
    it.each([
      ...[
        "\t",
        "\n",
        "\r",
        "\r\n",
        "\0",
        "\u2028",
        "\u2029",
        "\u0085",
        "\v",
        "\u001b[1A",
        "\ud800",
      ],
      ...[`ok\n${forged}\n`, `ok\tactor=root@host\tprev=-\tbefore=torn`, "\\n\\t\\", "\u202e"],
    ])("%j", async (text) => {
      const { path, journalText, lines } = await lockFolder();
      const reason = `a${text}b`;
      await trustPlugins(path, [pii], reason, { actor: `eve${text}@host` });
      const whole = await journalText();
      expect(whole.split(/[\n\r\v\f\u0085\u2028\u2029]/)).toHaveLength(2);
      expect(whole.split("\t")).toHaveLength(9);
      const [line, ...others] = await lines();
      expect(others).toEqual([]);
      expect(line).toMatchObject({ id: "acme.pii", reason, afterTorn: false, prev: "-" });
      expect(await problemsOf(path)).toEqual([]);
    });
  },
);

attack(
  "A-199",
  "Grant or take back trust for no reason, for blanks, or for a megabyte of text",
  "refused with `reason_invalid`, and nothing is written",
  () => {
    const long = ["x".repeat(2001), "x".repeat(1024 * 1024)];
    const reasons = [undefined, "", " ", "\t\n\r", "\u00a0\u2003", ...long];
    it.each(reasons.map((reason) => ({ shown: reason?.slice(0, 9), reason })))(
      "$shown",
      async ({ reason }) => {
        const { path, names, text } = await lockFolder("version = 1\n");
        for (const change of [
          () => trustPlugins(path, [pii], reason as string),
          () => revokePlugins(path, [pii.id], reason as string),
        ])
          expect((await refusalOf(change)).code).toBe("reason_invalid");
        expect([await names(), await text()]).toEqual([["plugins.lock"], "version = 1\n"]);
      },
    );
  },
);

/** A journal of three lines, and its texts without line feeds. */
async function threeLines() {
  const lock = await lockFolder();
  for (const reason of ["one", "two", "three"]) await trustPlugins(lock.path, [pii], reason);
  const [one = "", two = "", three = ""] = (await lock.journalText()).split("\n");
  const put = (lines: readonly string[]) =>
    writeFile(lock.journal, lines.map((line) => `${line}\n`).join(""));
  return { ...lock, one, two, three, put };
}

attack(
  "A-218",
  "Cut a journal in the middle of a line, edit a line, remove one, or change their order",
  "told as `torn` or `chain_broken` with the line's number; the other lines are read",
  () => {
    it("cut within a line", async () => {
      const { path, journal, one, two } = await threeLines();
      await truncate(journal, Buffer.byteLength(`${one}\n${two}`) - 5);
      expect(await problemsOf(path)).toContainEqual({ line: 2, id: "acme.pii", problem: "torn" });
      expect((await loadJournal(path)).lines.map(({ reason }) => reason)).toEqual(["one"]);
    });

    it("edited, removed, or in another order", async () => {
      const { path, put, one, two, three } = await threeLines();
      for (const [lines, at] of [
        [[one, two.replace("two", "2wo"), three], 3],
        [[one.replace("acme.pii", "acme.pij"), two, three], 2],
        [[two, three], 1],
        [[one, three], 2],
        [[two, one, three], 1],
        [[one, three, two], 2],
        [[one, one, two, three], 2],
      ] as const) {
        await put(lines);
        const { problems, lines: read } = await loadJournal(path);
        expect(problems[0]).toMatchObject({ line: at, problem: "chain_broken" });
        expect(read).toHaveLength(lines.length);
      }
      await put([one, two, three]);
      expect(await problemsOf(path)).toEqual([]);
    });
  },
);

attack(
  "A-219",
  "Forge a line with an earlier time, to tell that trust was taken back, or granted, long ago",
  "between lines it is told as `chain_broken`; at the end it has to agree with the lock, or is told as `journal_mismatch`; its time counts for nothing",
  () => {
    const revoked = ["2001-01-01T00:00:00.000Z", "revoke", "acme.pii", "-", "-", "long ago"];
    const line = byHand(revoked).slice(0, -1);

    it("at the beginning or in the middle", async () => {
      const { path, put, one, two, three } = await threeLines();
      for (const [lines, at] of [
        [[line, one, two, three], 2],
        [[one, line, two, three], 3],
        [[one, two, `${line}\tprev=-`, three], 3],
      ] as const) {
        await put(lines);
        expect(await problemsOf(path)).toContainEqual(
          expect.objectContaining({ line: at, problem: "chain_broken" }),
        );
      }
    });

    it("at the end", async () => {
      const { path, put, one, two, three } = await threeLines();
      await put([one, two, three, line]);
      expect(await problemsOf(path)).toEqual([
        { line: 4, id: "acme.pii", problem: "journal_mismatch" },
      ]);
      const granted = line.replace("revoke\tacme.pii\t-\t-", "trust\tacme.evil\t1.0.0\tsha256:0");
      await put([one, two, three, granted]);
      expect(await problemsOf(path)).toEqual([
        { line: 4, id: "acme.evil", problem: "journal_mismatch" },
      ]);
    });
  },
);
