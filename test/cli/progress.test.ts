/** The line that says how far long work has come. */
import { describe, expect, it } from "vitest";
import { progressLine } from "../../src/cli/progress.ts";
import { verifies } from "../support/verifies.ts";
import { report } from "./support/facts.ts";
import { run } from "./support/run.ts";

function shown(isTerminal = true, env = {}) {
  const written: string[] = [];
  let time = 0;
  const line = progressLine({
    isTerminal,
    env,
    write: (text) => written.push(text),
    now: () => time,
  });
  const at = (ms: number, name?: string) => {
    time = ms;
    line.show({ what: "hashing", done: ms, total: 2000, name });
  };
  return { at, end: line.end, written };
}

describe("progress", () => {
  it("is not shown for what is done at once", () => {
    verifies("cli:progress");
    const { at, end, written } = shown();
    at(0);
    at(399);
    end();
    expect(written).toEqual([]);
  });

  it("is one line that is written over and taken away", () => {
    verifies("cli:progress");
    const { at, end, written } = shown();
    for (const ms of [400, 450, 499, 500, 700]) at(ms, "@acme/plugin");
    end();
    at(900);
    end();
    expect(written).toEqual([
      "\r\u001b[2Khashing 400/2000 @acme/plugin",
      "\r\u001b[2Khashing 500/2000 @acme/plugin",
      "\r\u001b[2Khashing 700/2000 @acme/plugin",
      "\r\u001b[2K",
    ]);
  });

  it("stays on its line, whatever a package is called", () => {
    const { at, written } = shown();
    at(400, `a\n\u001b[2J${"b".repeat(200)}`);
    const words = (written[0] ?? "").replace("\r\u001b[2K", "");
    expect(words.startsWith("hashing 400/2000 a\\u{a}\\u{1b}[2Jbbb")).toBe(true);
    expect(written[0]?.length).toBeLessThan(90);
  });

  it("is not shown where there is no terminal that can take it away", () => {
    verifies("cli:progress");
    for (const { at, end, written } of [shown(false), shown(true, { TERM: "dumb" })]) {
      at(1000);
      end();
      expect(written).toEqual([]);
    }
  });

  it("is what a command hands to its services", async () => {
    verifies("cli:progress");
    const discover = ({ progress }: { progress: (step: never) => void }) => {
      progress({ what: "hashing", done: 1 } as never);
      return Promise.resolve(report());
    };
    const ended = await run(["plugins", "list"], {
      services: { discover },
      isTTY: { stderr: true },
    });
    expect([ended.code, ended.stderr]).toEqual([0, ""]);
  });
});
