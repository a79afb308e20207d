// Only in test:all: it runs whole command flows.
/** Every failing command ends with an exit code, a sentence, and with `--json` one document. */

import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorCodes, GlassineError } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { drift, locked, rejected, report, trusted, verified } from "./support/facts.ts";
import { documentOf, linesOf, type RunOptions, run, runJson } from "./support/run.ts";

const thrown = Object.assign(new Error("EACCES: permission denied, open '/a'"), {
  code: "EACCES",
  path: "/a",
  syscall: "open",
});
const failing = (error: unknown) => () => Promise.reject(error);
const everywhere = (error: unknown): NonNullable<RunOptions["services"]> => ({
  discover: failing(error),
  journalState: failing(error),
  verify: failing(error),
});
const inspections: readonly (readonly [readonly string[]])[] = [
  [["plugins", "list"]],
  [["plugins", "describe", "a"]],
  [["plugins", "doctor"]],
  [["doctor"]],
  [["plugins", "verify"]],
];

/** Things that can be thrown, some of which throw when they are inspected. */
const odd: Readonly<Record<string, unknown>> = {
  undefined: undefined,
  null: null,
  "a text": "boom\n\u001b[2J",
  "a number": 0,
  "an object": {},
  "an error with a getter": Object.defineProperty(new Error("a"), "stack", {
    get() {
      throw new Error("no");
    },
  }),
  "an error whose message is not a string": Object.assign(new Error("a"), { message: 7 }),
  "a proxy": new Proxy(new Error("a"), {
    get() {
      throw new Error("no");
    },
    getPrototypeOf() {
      throw new Error("no");
    },
  }),
};

describe("a failing service", () => {
  it.each(inspections)("CLI-008: every fault is one document with --json: %j", async (argv) => {
    verifies("cli:json-document", "cli:error-document");
    const codes = [...Object.keys(errorCodes), "io_failed", "internal_error"];
    const faults = [
      ...Object.keys(errorCodes).map((code) => new GlassineError(code as never, `it is ${code}`)),
      thrown,
      new TypeError("a bug"),
      ...Object.values(odd),
    ];
    for (const fault of faults) {
      const { code, document } = await runJson(argv, { services: everywhere(fault) });
      expect([2, 70]).toContain(code);
      expect(codes).toContain(document.error.code);
      expect(document).toEqual({
        error: { code: expect.any(String), message: expect.any(String) },
      });
    }
  });

  it.each(inspections)("CLI-008: broken plugins are one document: %j", async (argv) => {
    const broken = {
      rejected: [
        rejected({ id: "a", reason: "\u001b[2J\n{" }),
        rejected({ id: null, facts: null }),
      ],
      drift: [drift({ expected: "\u2028", actual: "\ud800" })],
    };
    const services = {
      discover: () => Promise.resolve(report(broken)),
      verify: () => Promise.resolve(verified({ drift: broken.drift })),
    };
    const { stdout, document } = await runJson(argv, { services });
    expect(document).not.toHaveProperty("error");
    expect(stdout.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}]/u);
  });

  it.each(Object.entries(odd))("is an internal error if it throws %s", async (_, value) => {
    verifies("cli:internal", "cli:exit-codes");
    const options = { services: everywhere(value) };
    for (const argv of [
      ["plugins", "list"],
      ["plugins", "list", "--verbose"],
    ]) {
      const { code, stdout, stderr } = await run(argv, options);
      expect([code, stdout]).toEqual([70, ""]);
      expect(stderr).toMatch(/^internal error/);
      expect(stderr).not.toContain("\u001b");
    }
  });

  it("is one line, with a stack only under --verbose", async () => {
    verifies("cli:internal");
    const services = everywhere(new TypeError("a bug"));
    const short = await run(["plugins", "list"], { services });
    expect(linesOf(short.stderr)).toEqual([
      "internal error: TypeError: a bug (--verbose prints the stack)",
    ]);
    const long = await run(["plugins", "list", "--verbose"], { services });
    expect(linesOf(long.stderr).length).toBeGreaterThan(2);
    expect(long.stderr).toContain("failures.test.ts");
    const refused = everywhere(new GlassineError("setting_invalid", "no"));
    expect((await run(["plugins", "list", "--verbose"], { services: refused })).stderr).toBe(
      "no\n",
    );
  });

  it("names the plugin that was loaded last, whose code may be the cause", async () => {
    verifies("cli:internal");
    const discover: NonNullable<RunOptions["services"]>["discover"] = ({ progress }) => {
      for (const [done, name] of ["egress-guard", "bad-plug"].entries())
        progress({ what: "loading", done, total: 2, name });
      return Promise.reject(new Error(""));
    };
    const { document, stderr } = await runJson(["plugins", "list"], { services: { discover } });
    expect(stderr).toMatch(/^internal error: .*Plugins had been loaded, 'bad-plug' last/);
    expect(stderr).toBe(`${document.error.message}\n`);
  });

  it("is a refusal if the system refuses", async () => {
    verifies("cli:error-document");
    const { code, document, stderr } = await runJson(["plugins", "list"], {
      services: everywhere(thrown),
    });
    expect([code, document.error, stderr]).toEqual([
      2,
      { code: "io_failed", message: thrown.message },
      `${thrown.message}\n`,
    ]);
    const argv = ["plugins", "sign", ".", "--key", "-", "--identity", "a"];
    const sign = () => Promise.reject(thrown);
    const ended = await run(argv, { services: { sign }, stdin: ["key"] });
    expect([ended.code, ended.stderr]).toEqual([2, `sign: ${thrown.message}\n`]);
  });
});

/** A standard output whose writes fail. */
function failingOutput(
  code: string,
  how: "callback" | "throw" | "event",
): NonNullable<RunOptions["stdout"]> {
  const error = Object.assign(new Error(code), { code });
  const listeners: ((error: Error) => void)[] = [];
  return {
    write(_text, done) {
      if (how === "throw") throw error;
      if (how === "event") for (const listener of listeners) listener(error);
      done(error);
      return false;
    },
    on: (_event, listener) => listeners.push(listener),
  };
}

describe("standard output", () => {
  const ways = ["callback", "throw", "event"] as const;

  it.each(ways)("that nobody reads any more does not change the exit code: %s", async (how) => {
    verifies("cli:closed-pipe");
    for (const code of ["EPIPE", "ERR_STREAM_DESTROYED"]) {
      const stdout = failingOutput(code, how);
      expect(await run(["plugins", "list"], { stdout })).toEqual({
        code: 0,
        stdout: "",
        stderr: "",
      });
      const services = { verify: () => Promise.resolve(verified({ drift: [drift()] })) };
      expect((await run(["plugins", "verify", "--json"], { stdout, services })).code).toBe(1);
      expect((await run(["--help"], { stdout })).code).toBe(0);
    }
  });

  it.each(ways)("that cannot be written to is a refusal: %s", async (how) => {
    verifies("cli:closed-pipe");
    const stdout = failingOutput("ENOSPC", how);
    for (const argv of [["plugins", "list"], ["plugins", "list", "--json"], ["--help"]]) {
      const { code, stderr } = await run(argv, { stdout });
      expect([code, stderr]).toEqual([2, "cannot write to standard output: ENOSPC\n"]);
    }
  });

  const madeKey = { identity: "a", keyId: "k", publicKey: "p" };
  it.each<[readonly string[], NonNullable<RunOptions["services"]>, boolean]>([
    [["trust", "a", "--reason", "r"], { trust: async () => trusted() }, true],
    [["lock"], { lock: async () => locked({ created: true }) }, true],
    [["lock"], { lock: async () => locked() }, false],
    [
      ["keygen", join(tmpdir(), "k.pem"), "--identity", "a"],
      { makeKey: async () => madeKey },
      true,
    ],
  ])("that cannot be written to does not hide that %j changed something", async (...row) => {
    verifies("cli:closed-pipe");
    const [argv, services, isChange] = row;
    const stdout = failingOutput("ENOSPC", "callback");
    for (const how of [[], ["--json"]]) {
      const ended = await run(["plugins", ...argv, ...how], { stdout, services });
      const more = isChange ? "; the change was made" : "";
      expect([ended.code, ended.stderr]).toEqual([
        2,
        `cannot write to standard output: ENOSPC${more}\n`,
      ]);
    }
  });

  it("receives the result and nothing else", async () => {
    verifies("cli:streams");
    const services = { trust: () => Promise.resolve(trusted({ warnings: ["w"] })) };
    const argv = ["plugins", "trust", "a", "--reason", "r"];
    const { stdout, stderr } = await run(argv, { services });
    expect([stdout.includes("warning"), stderr]).toEqual([false, "warning: w\n"]);
    const { stdout: text } = await run([...argv, "--json"], { services });
    expect(documentOf(text).warnings).toEqual(["w"]);
  });
});
