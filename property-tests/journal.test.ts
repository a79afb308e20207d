/**
 * Laws of the journal: a record is one line and reads back unchanged, whatever its strings;
 * replaying it results in the lock; damage is reported, and the intact lines are read.
 */
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { settleLock } from "../src/operate/trust/change/change-lock.ts";
import {
  appended,
  chained,
  checkJournal,
  encodeJournalLine,
  endOf,
  type JournalLine,
  parseJournalLine,
  readJournal,
} from "../src/operate/trust/change/journal.ts";
import { readTrustJournal } from "../src/operate/trust/change/journal-file.ts";
import { missingOf } from "../src/operate/trust/change/pending.ts";
import { revokePlugins, trustPlugins } from "../src/operate/trust/change/trust-plugins.ts";
import type { LockEntry } from "../src/operate/trust/lockfile/entry-rules.ts";
import { readLockfile } from "../src/operate/trust/lockfile/read-lockfile.ts";
import { expectSome, share } from "./support/runs.ts";
import { characters } from "./support/schema-values.ts";

type UnchainedLine = Parameters<typeof chained>[0][number];

const sha256 = (text: string | Uint8Array) => createHash("sha256").update(text).digest("hex");
const encoder = new TextEncoder();

/** What ends a line or a field anywhere, begins an escape, or is not valid text. */
const nasty = fc.constantFrom(
  "\t",
  "\n",
  "\r",
  "\r\n",
  "\0",
  "\u0085",
  "\u2028",
  "\u2029",
  "\v",
  "\f",
  "\u001b[2J",
  "\ud800",
  "\udfff",
  "\ud83d",
  "\ude00",
  "\ufeff",
  "\u202e",
  "\u200b",
  "\u007f",
  "\u009f",
  "\\",
  "\\\\",
  "\\t",
  "\\n",
  "\\x0a",
  "\\u{a}",
  "\\u{d800}",
  "\\u{110000}",
  "\\x",
  "\\u{",
  "prev=",
  "actor=",
  "lock=",
  "before=torn",
  "trust",
  "revoke",
  "-",
  " ",
  "'",
  '"',
  "👍",
);
const texts = fc
  .array(fc.oneof(nasty, fc.string({ unit: characters, maxLength: 6 })), { maxLength: 8 })
  .map((parts) => parts.join(""));
const filled = texts.filter((text) => text !== "");
const times = fc
  .date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true })
  .map((date) => date.toISOString());
const digests = texts.map(sha256);
const changes: fc.Arbitrary<UnchainedLine> = fc.record({
  at: times,
  action: fc.constantFrom("trust" as const, "revoke" as const),
  id: filled,
  version: filled,
  hash: filled,
  reason: texts,
  actor: fc.option(texts, { nil: undefined }),
  lock: digests,
});
const lines: fc.Arbitrary<JournalLine> = fc
  .tuple(changes, fc.option(fc.oneof(digests, texts), { nil: undefined }), fc.boolean())
  .map(([line, prev, afterTorn]) => ({ ...line, prev, afterTorn }));

/** A journal as this library writes it, with some lines per change. */
function written(groups: readonly (readonly UnchainedLine[])[]): Uint8Array {
  return groups.reduce<Uint8Array>((journal, group) => {
    const end = endOf(journal);
    return joined(journal, appended(chained(group, end), end));
  }, new Uint8Array());
}

const joined = (...parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(Buffer.concat(parts));
const groups = fc.array(fc.array(changes, { minLength: 1, maxLength: 3 }), { maxLength: 4 });

/** The changes in the lines, without their positions. */
function changesOf(read: readonly JournalLine[]): readonly UnchainedLine[] {
  return read.map(({ at, action, id, version, hash, reason, actor, lock }) => ({
    at,
    action,
    id,
    version,
    hash,
    reason,
    actor,
    lock,
  }));
}

it("L44: whatever strings it contains, a record is one printable line and reads back unchanged", () => {
  fc.assert(
    fc.property(lines, (line) => {
      const text = encodeJournalLine(line);
      // No character except tab ends a line or a field, hides text, or is invalid.
      expect(text.replaceAll("\t", "")).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u);
      const further = [line.actor, line.lock, line.prev].filter((each) => each !== undefined);
      expect(text.split("\t")).toHaveLength(6 + further.length + (line.afterTorn ? 1 : 0));
      expect(parseJournalLine(text)).toEqual(line);
      expect(parseJournalLine(new TextDecoder().decode(encoder.encode(text)))).toEqual(line);
    }),
  );
});

it("L44: appended records are read in order, without problems", () => {
  fc.assert(
    fc.property(groups, (all) => {
      const { lines: read, problems } = readJournal(written(all));
      expect(problems).toEqual([]);
      expect(changesOf(read)).toEqual(all.flat());
      expect(read.map(({ number }) => number)).toEqual(all.flat().map((_line, at) => at + 1));
    }),
  );
});

it("L44: a journal truncated at any byte reads as a prefix, and a cut within a line is reported", () => {
  fc.assert(
    fc.property(groups, fc.nat(), (all, where) => {
      const journal = written(all);
      const at = where % (journal.length + 1);
      const cut = journal.subarray(0, at);
      const { lines: read, problems } = readJournal(cut);
      const isWhole = at === 0 || journal[at - 1] === 0x0a;
      expect(changesOf(read)).toEqual(all.flat().slice(0, read.length));
      expect(problems.map(({ problem }) => problem)).toEqual(isWhole ? [] : ["torn"]);
      // The damage stays visible, and what is appended next is read.
      const end = endOf(cut);
      const more: UnchainedLine = { ...neutral, reason: "after the cut" };
      const mended = readJournal(joined(cut, appended(chained([more], end), end)));
      expect(mended.lines.at(-1)?.reason).toBe("after the cut");
      expect(mended.lines).toHaveLength(read.length + 1);
      expect(mended.problems.map(({ problem }) => problem)).toEqual(isWhole ? [] : ["torn"]);
    }),
  );
});

const neutral: UnchainedLine = {
  at: "2026-05-25T10:15:30.123Z",
  action: "trust",
  id: "acme.pii",
  version: "1.0.0",
  hash: `sha256:${sha256("")}`,
  reason: "r",
  actor: undefined,
  lock: sha256(""),
};

it("L44: removed, moved or edited lines of a journal are detected, but for an edit of the last one", () => {
  let tried = 0;
  const edits = fc.record({
    how: fc.constantFrom("remove", "swap", "edit", "repeat", "strip"),
    at: fc.nat(),
    bit: fc.nat(),
  });
  fc.assert(
    fc.property(groups, edits, (all, { how, at, bit }) => {
      const text = Buffer.from(written(all)).toString("utf8");
      const raw = text.split("\n").slice(0, -1);
      // Only the lock covers the last line.
      if (raw.length < 2) return;
      const index = at % (raw.length - 1);
      const line = raw[index] as string;
      const next = raw[index + 1] as string;
      if (how === "swap" && line === next) return;
      tried += 1;
      const edited = Buffer.from(line);
      if (how === "edit") {
        const place = bit % (edited.length * 7);
        edited[place % edited.length] = (edited[place % edited.length] ?? 0) ^ (1 << (place % 7));
      }
      const changed = {
        remove: raw.toSpliced(index, 1).map((each) => Buffer.from(each)),
        swap: raw.toSpliced(index, 2, next, line).map((each) => Buffer.from(each)),
        edit: raw.map((each, place) => (place === index ? edited : Buffer.from(each))),
        // Without digests from here on, no line says anything about those before.
        strip: raw.map((each, place) =>
          Buffer.from(place > index ? each.split("\t").slice(0, 6).join("\t") : each),
        ),
        repeat: raw.toSpliced(index, 0, line).map((each) => Buffer.from(each)),
      }[how] as readonly Buffer[];
      const bytes = joined(...changed.flatMap((each) => [each, Buffer.from("\n")]));
      expect(readJournal(bytes).problems).not.toEqual([]);
    }),
  );
  expectSome(tried);
});

it("L44: any bytes are read, and a tampered line does not make others unreadable", () => {
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    texts.map((text) => encoder.encode(text)),
  );
  fc.assert(
    fc.property(groups, noise, (all, bytes) => {
      const before = written(all);
      const { lines: read, problems } = readJournal(joined(before, bytes, encoder.encode("\n")));
      expect(changesOf(read).slice(0, all.flat().length)).toEqual(all.flat());
      expect(problems.every(({ line }) => (line ?? 0) > all.flat().length)).toBe(true);
    }),
  );
});

it("L44: a recovered change has each of its lines once, wherever it was interrupted", () => {
  const after = fc.oneof(
    fc.constant(new Uint8Array()),
    changes.map((line) =>
      encoder.encode(`${encodeJournalLine({ ...line, prev: undefined, afterTorn: false })}\n`),
    ),
    fc.uint8Array({ maxLength: 20 }),
  );
  const torn = fc.oneof(
    fc.constant(""),
    texts.map((text) => text.replaceAll("\n", "")),
  );
  fc.assert(
    fc.property(
      groups,
      torn,
      fc.array(changes, { minLength: 1, maxLength: 3 }),
      fc.nat(),
      after,
      (all, tail, own, where, more) => {
        // Ids are different within a change.
        const wanted = own.map((line, at) => ({ ...line, id: `${line.id}${at}`, reason: "own" }));
        const others = all.map((group) => group.map((line) => ({ ...line, reason: "other" })));
        const before = joined(written(others), encoder.encode(tail));
        const end = endOf(before);
        const chain = chained(wanted, end);
        const whole = appended(chain, end);
        const part = whole.subarray(0, where % (whole.length + 1));
        // Whoever appends after a partial line terminates it first.
        const isEnded = part.length === 0 || part.at(-1) === 0x0a || more.length === 0;
        const broken = joined(before, part, encoder.encode(isEnded ? "" : "\n"), more);
        const record = { old: null, new: sha256(""), journal: before.length, lines: chain };
        const missing = missingOf(record, broken);
        const recovered = joined(broken, missing);
        const read = readJournal(recovered);
        const ownLines = read.lines.filter(({ reason }) => reason === "own");
        // A partial line that lacks only the author counts.
        const who = { actor: undefined, lock: undefined };
        expect(changesOf(ownLines).map((line) => ({ ...line, ...who }))).toEqual(
          wanted.map((line) => ({ ...line, ...who })),
        );
        const broke = read.problems.filter(({ problem }) => problem === "chain_broken");
        // A partial digest does not count.
        if (isEnded) expect(broke).toEqual([]);
        // Then nothing is missing.
        if (missing.length > 0) expect(missingOf(record, recovered)).toEqual(new Uint8Array());
        if (more.length === 0) expect(recovered).toEqual(joined(before, whole));
      },
    ),
  );
});

const ids = ["acme.one", "acme.two", "acme.three"] as const;
function entryOf(id: string, version: string): LockEntry {
  const hash = `sha256:${sha256(id + version)}`;
  return { id, package: `@acme/${id}`, version, entryPoint: "dist/plugin.js:default", hash };
}

/** One change, or what a crash leaves of it. */
const steps = fc.array(
  fc.record({
    action: fc.constantFrom("trust", "trust", "revoke"),
    ids: fc.uniqueArray(fc.constantFrom(...ids), { minLength: 1 }),
    version: fc.constantFrom("1.0.0", "2.0.0"),
    reason: texts.filter((text) => text.trim() !== ""),
  }),
  { minLength: 1, maxLength: 5 },
);

it("L44: replaying the journal results in the lock, after any changes", async () => {
  let revoked = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const folder = await mkdtemp(join(tmpdir(), "glassine-law-"));
      const path = join(folder, "plugins.lock");
      try {
        const reasons: string[] = [];
        for (const { action, ids: some, version, reason } of all) {
          const lock = await readLockfile(path);
          const locked = some.filter((id) => lock?.entries.some((entry) => entry.id === id));
          if (action === "trust") {
            await trustPlugins(
              path,
              some.map((id) => entryOf(id, version)),
              reason,
            );
            reasons.push(...[...some].sort().map(() => reason));
          } else if (locked.length > 0) {
            revoked += 1;
            await revokePlugins(path, locked, reason);
            reasons.push(...locked.map(() => reason));
          }
        }
        const lock = await readLockfile(path);
        if (lock === undefined) return;
        const journal = await readTrustJournal(path);
        expect(checkJournal(lock, journal)).toEqual([]);
        expect(journal.lines.map(({ reason }) => reason)).toEqual(reasons);
        const folded = [...new Map(journal.lines.map((line) => [line.id, line])).values()].filter(
          ({ action }) => action === "trust",
        );
        const trusted = lock.entries.map(({ id, version, hash }) => ({ id, version, hash }));
        const byId = <T extends { readonly id: string }>(items: readonly T[]) =>
          [...items].sort((one, other) => (one.id < other.id ? -1 : 1));
        expect(byId(folded.map(({ id, version, hash }) => ({ id, version, hash })))).toEqual(
          byId(trusted),
        );
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    }),
    share(0.2),
  );
  if (share(0.2).numRuns >= 40) expect(revoked).toBeGreaterThan(0);
});

it("L44: a change interrupted anywhere is done or not done, and recorded as often as it was made", async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(), fc.boolean(), async (all, where, isMade) => {
      const folder = await mkdtemp(join(tmpdir(), "glassine-law-"));
      const path = join(folder, "plugins.lock");
      try {
        await trustPlugins(path, [entryOf("acme.four", "1.0.0")], "before");
        const { ids: some, version, reason } = all[0] as (typeof all)[number];
        const old = { lock: await readFile(path), journal: await readFile(`${path}.journal`) };
        await trustPlugins(
          path,
          some.map((id) => entryOf(id, version)),
          reason,
        );
        const now = { lock: await readFile(path), journal: await readFile(`${path}.journal`) };
        const appendix = now.journal.subarray(old.journal.length);
        const part = isMade ? appendix.subarray(0, where % (appendix.length + 1)) : Buffer.of();
        const record = {
          version: 1,
          old: sha256(old.lock),
          new: sha256(now.lock),
          journal: old.journal.length,
          lines: appendix.toString("utf8").split("\n").slice(0, -1),
        };
        await writeFile(path, isMade ? now.lock : old.lock);
        await writeFile(`${path}.journal`, Buffer.concat([old.journal, part]));
        await writeFile(`${path}.pending`, JSON.stringify(record));
        const outcome = isMade ? "applied" : "discarded";
        expect((await settleLock(path)).recovered).toBe(outcome);
        expect(await readFile(path)).toEqual(isMade ? now.lock : old.lock);
        expect(await readFile(`${path}.journal`)).toEqual(isMade ? now.journal : old.journal);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    }),
    share(0.2),
  );
});
