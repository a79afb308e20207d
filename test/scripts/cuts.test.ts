// Only in test:all: it runs scripts of the repository.
import { describe, expect, it } from "vitest";
import { recorded } from "../adapters/http/support/recorded.ts";
import { runScript } from "./run-script.ts";

const run = (...args: string[]) => runScript("cuts.mjs", args);
const names = recorded.map(({ name }) => name);

describe("npm run cuts", () => {
  it.each([[], ...names.map((name) => [name])])(
    "cuts the stream of each recorded API: %s",
    (...chosen) => {
      const { status, said } = run(...chosen);
      expect(said).toEqual([expect.stringContaining("run test/adapters/http/cuts.test.ts")]);
      expect(status).toBe(0);
    },
  );

  it("refuses another API in one line", () => {
    const { status, said, complained } = run("Converse");
    expect({ status, said }).toEqual({ status: 2, said: [] });
    expect(complained).toEqual([`"Converse" is none of ${names.join(", ")}.`]);
  });
});
