/** Runs the example like `npm start`, but compiled to a separate folder. */
// Only in test:all: it runs example programs.
import process from "node:process";
import { beforeAll, describe, expect, it } from "vitest";
import { compile, type Ran, run } from "../docs/support/compile.ts";
import { excerptsOf, expectPrinted } from "./support/excerpts.ts";

const example = "examples/gateway";

let ran: Ran;

beforeAll(async () => {
  const { out } = await compile("gateway", [example, "src/gateway/command/main.ts"]);
  ran = await run(process.execPath, [`${out}${example}/main.js`], 240_000);
}, 480_000);

describe("the example of the gateway", () => {
  it("ends by itself with exit code 0 and no warnings", () => {
    expect(ran).toMatchObject({ code: 0, complaints: "" });
  });

  it("refuses by role and by label, also in the next call of the session", () => {
    const [, log = ""] = ran.output.split("the gateway's log, a few fields of each line\n");
    expect(log.trimEnd().split("\n")).toEqual([
      "  echo allowed",
      "  echo allowed",
      "  get-env denied role_missing by role-guard",
      "  echo denied egress_denied by egress-guard",
      "  get-sum allowed",
      "  echo denied egress_denied by egress-guard",
    ]);
  });

  it("prints neither the secret in an answer nor anything personal in its log", () => {
    const answers = ran.output.split("\n").filter((line) => line.startsWith("  "));
    expect(answers.join("\n")).not.toMatch(/AKIA|078-05-1120/);
  });
});

describe("excerpts of its output", () => {
  const excerpts = excerptsOf("npm start");

  it("are in the README", () => {
    expect(excerpts.map(({ at }) => at.split(":")[0])).toContain("README.md");
  });

  it.each(excerpts)("are as it prints: $at", (excerpt) => {
    expectPrinted(ran.output, excerpt);
  });
});
