/** Strings chosen by packages, in everything that is printed. */
// Only in test:all: it runs whole command flows.
import fc from "fast-check";
import { GlassineError } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { drift, facts, locked, rejected, report, trusted, verified } from "./support/facts.ts";
import { documentOf, linesOf, type RunOptions, run, runJson } from "./support/run.ts";

const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
/** Strings that break a line, hide text, or move a terminal's cursor. */
const spoilers = [
  "\n",
  "\r",
  "\u0085",
  "\u2028",
  "\u2029",
  "\u001b[2J\u001b[31m",
  "\u009b31m",
  "\0",
  "\b",
  "\u007f",
  "\u202e",
  "\u2066",
  "\u200b",
  "\ufeff",
  "\u{e0041}",
  "\ud83d",
  "\t",
  "\v",
  "\u115f",
  "\u1160",
  "\u3164",
  "\uffa0",
  "\u2800",
  "\ufe0f",
  "\u034f",
];
// Any character, but no lone surrogate. fast-check's unit "binary" takes most of a second to make.
const characters = fc
  .integer({ min: 0, max: 0x10ffff - 0x800 })
  .map((at) => String.fromCodePoint(at < 0xd800 ? at : at + 0x800));
const texts = fc
  .array(fc.oneof(fc.constantFrom(...spoilers), fc.string({ unit: characters, maxLength: 5 })), {
    minLength: 1,
    maxLength: 6,
  })
  .map((parts) => parts.join(""));

/** A plugin with the string in every field. */
function spoiled(text: string): ReturnType<typeof facts> {
  const health = { status: text, message: text, checked_at: text, error_summary: text };
  const names = { id: text, name: text, version: text, package: text, entry_point: text };
  const lists = { capabilities: [text], hooks: [text], depends_on: [text] };
  const streams = { [text]: { window: 9 } };
  const policy = { signed_by: text, trust_decision: text, requires: text };
  const key = { key: text, type: text, required: true, default: [text], secret: false };
  return facts({
    ...names,
    ...lists,
    ...policy,
    streams,
    health,
    config: [key],
    distribution_hash: text,
    discovery_source: { [text]: text },
    unsupplied_capabilities: [text],
    dependencies: [{ name: text, version: text, hash: text }],
    lock_only_dependencies: [text],
    provided_by_host: [text],
    trusted: trusted({
      capabilities: [`${text}x`],
      hooks: [`${text}x`],
      signer: `${text}x`,
      until: text,
    }),
  });
}

function services(text: string): RunOptions["services"] & object {
  const plugin = spoiled(text);
  const rows = [drift({ id: text, expected: text, actual: text })];
  const refused = [
    rejected({
      id: text,
      package: text,
      entry_point: text,
      code: text,
      reason: text,
      facts: plugin,
    }),
    rejected({ id: null, package: text, entry_point: null, code: text, reason: text, facts: null }),
  ];
  const lock = { path: text, schema_version: 1, entries: 1 };
  const journal_problems = [{ line: 1, id: text, problem: text }];
  const change = trusted({
    id: text,
    version: text,
    distribution_hash: text,
    lock,
    journal_path: text,
    capabilities: [text],
    previous: { ...trusted(), version: text, capabilities: ["a"] },
    warnings: [text],
  });
  const { lock: _, journal_path: __, warnings: ___, ...trustedPlugin } = change;
  return {
    discover: () =>
      Promise.resolve(
        report({
          lock,
          lock_fault: { code: text, message: text },
          loaded: [plugin],
          rejected: refused,
          drift: rows,
          warnings: [text],
        }),
      ),
    journalState: () =>
      Promise.resolve({
        pending: true,
        journal_problems,
        journal_problem_count: 2,
        journal_fault: { code: text, message: text },
      }),
    verify: () =>
      Promise.resolve(
        verified({
          lock,
          drift: rows,
          journal_problems,
          warnings: [text],
          rejected: refused,
          permissions: [
            {
              id: text,
              added: [text],
              removed: [text],
              hook_change: { added: [text], removed: [text] },
              signer_change: { was: text, now: `${text}x` },
            },
          ],
        }),
      ),
    trust: () => Promise.resolve(change),
    untrust: () => Promise.reject(new GlassineError("trust_refused", `${text} is not locked`)),
    lock: () =>
      Promise.resolve(
        locked({
          lock,
          journal_path: text,
          trusted: [trustedPlugin],
          untrusted: [{ id: text }],
          skipped: [{ id: text, code: text, reason: text }],
        }),
      ),
    sign: () => Promise.reject(new Error("not run here")),
  };
}

const commands: readonly (readonly [readonly string[]])[] = [
  [["plugins", "list"]],
  [["plugins", "doctor"]],
  [["doctor"]],
  [["plugins", "verify"]],
  [["plugins", "trust", "a", "--reason", "r"]],
  [["plugins", "untrust", "a", "--reason", "r"]],
  [["plugins", "lock", "--all", "--reason", "r"]],
];

describe("text that a package chose", () => {
  it.each(commands)("CLI-009: adds no line and no control character to %j", async (argv) => {
    verifies("cli:escaped", "cli:json-escaped");
    const plain = await run(argv, { services: services("plain") });
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const ended = await run(argv, { services: services(text) });
        for (const [mine, theirs] of [
          [ended.stdout, plain.stdout],
          [ended.stderr, plain.stderr],
        ] as const) {
          expect(linesOf(mine)).toHaveLength(linesOf(theirs).length);
          expect(mine.replaceAll("\n", "")).not.toMatch(unprintable);
        }
        const { stdout } = await run([...argv, "--json"], { services: services(text) });
        expect(stdout.replaceAll("\n", "")).not.toMatch(unprintable);
        documentOf(stdout);
      }),
      { numRuns: 25 },
    );
  });

  it("CLI-009: adds no line to describe", async () => {
    verifies("cli:escaped");
    await fc.assert(
      fc.asyncProperty(
        texts.filter((text) => text.trim() !== ""),
        async (text) => {
          const { code, stdout } = await run(["plugins", "describe", "--", text], {
            services: services(text),
          });
          expect(code).toBe(0);
          expect(stdout.replaceAll("\n", "")).not.toMatch(unprintable);
          const { stdout: plain } = await run(["plugins", "describe", "plain"], {
            services: services("plain"),
          });
          expect(linesOf(stdout)).toHaveLength(linesOf(plain).length);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("CLI-009: adds no line to a refusal that quotes an argument", async () => {
    verifies("cli:escaped");
    for (const text of spoilers) {
      for (const argv of [
        ["plugins", "describe", "--", `a${text}b`],
        ["plugins", "enable", "--", `a${text}b`],
        ["plugins", `a${text}b`],
        ["plugins", "list", `--a${text}b`],
        ["plugins", "list", "--root", `/a${text}b`],
        ["plugins", "list", "--plugin-mode", `a${text}b`],
        ["plugins", "search", "a", "--catalog", `/a${text}b`],
        ["plugins", "list", "--host", `./a${text}b`],
      ]) {
        const { code, stderr } = await run(argv);
        expect([1, 2]).toContain(code);
        expect(stderr.replaceAll("\n", "")).not.toMatch(unprintable);
        expect(stderr).toMatch(/^[^\n]+\n($|\nUsage|note: )/);
      }
    }
  });

  it("CLI-009: is escaped in place", async () => {
    verifies("cli:escaped");
    const version = "1.0.0\u001b[2K\r\u202efake\nevil 9.9.9 hooks=0";
    const loaded = [facts({ id: "a", version })];
    const { stdout } = await run(["plugins", "list"], {
      services: { discover: () => Promise.resolve(report({ loaded })) },
    });
    expect(linesOf(stdout).at(-1)).toBe(
      "a 1.0.0\\u{1b}[2K\\u{d}\\u{202e}fake\\u{a}evil 9.9.9 hooks=0 hooks=0 health=healthy signed_by=builder@example.com",
    );
  });
});

describe("printable text", () => {
  const listed = (version: string): RunOptions["services"] & object => ({
    discover: () => Promise.resolve(report({ loaded: [facts({ id: "a", version })] })),
  });

  it("is unchanged if nothing has to be escaped", async () => {
    verifies("cli:escaped");
    for (const text of ["", "plain", "Grüße, 世界", "👍", "a\\b", "e\u0301"]) {
      const { stdout } = await run(["plugins", "list"], { services: listed(text) });
      expect(stdout).toContain(`a ${text} hooks=0`);
    }
  });

  it("in quotes cannot close its quote", async () => {
    verifies("cli:escaped");
    const argv = ["plugins", "trust", "a", "--reason", "r", "--isolate", "it's \\ \n"];
    expect((await run(argv)).stderr).toContain("got 'it\\'s \\\\ \\u{a}'\n");
  });

  it("as JSON parses to the same value", async () => {
    verifies("cli:json-escaped");
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const { stdout, document } = await runJson(["plugins", "list"], { services: listed(text) });
        expect(document.loaded[0].version).toBe(text);
        expect(stdout.replaceAll("\n", "")).not.toMatch(unprintable);
      }),
    );
  });
});

describe("colours", () => {
  const escapeCode = "\u001b[";
  const list = (options: RunOptions) =>
    run(["plugins", "list"], { ...options, services: services("plain") });

  it("are used on a terminal only", async () => {
    verifies("cli:colours");
    expect((await list({ isTTY: { stdout: true } })).stdout).toContain(escapeCode);
    expect((await list({ isTTY: { stderr: true } })).stdout).not.toContain(escapeCode);
    expect((await list({ env: { FORCE_COLOR: "1" } })).stdout).not.toContain(escapeCode);
  });

  it.each([
    [{ NO_COLOR: "1" }, false],
    [{ NO_COLOR: "" }, true],
    [{ TERM: "dumb" }, false],
    [{ TERM: "xterm" }, true],
  ])("are used with %j: %s", async (env, used) => {
    verifies("cli:colours");
    const { stdout } = await list({ isTTY: { stdout: true }, env });
    expect(stdout.includes(escapeCode)).toBe(used);
  });

  it("are never in a document", async () => {
    verifies("cli:colours");
    const options = { isTTY: { stdout: true, stderr: true }, services: services("plain") };
    expect((await run(["plugins", "list", "--json"], options)).stdout).not.toContain(escapeCode);
  });

  it("only surround what is printed without them", async () => {
    verifies("cli:colours");
    const painted = await list({ isTTY: { stdout: true } });
    const plain = await list({});
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are made of them.
    expect(painted.stdout.replaceAll(/\u001b\[\d+m/g, "")).toBe(plain.stdout);
  });
});
