/** Runs the example like `npm run start:guard`, but compiled to a separate folder. */
// Only in test:all: it runs example programs.
import process from "node:process";
import { beforeAll, describe, expect, it } from "vitest";
import { compile, type Ran, run } from "../docs/support/compile.ts";

const example = "examples/guarded-everything";
const limitMs = 240_000;

let ran: Ran;
/** The output under each call, by the call's title. */
let calls: ReadonlyMap<string, string>;
let ending: string;

beforeAll(async () => {
  const { out } = await compile("guarded-everything", [example]);
  ran = await run(process.execPath, [`${out}${example}/main.js`], limitMs);
  const [, ...sections] = ran.output.trimEnd().split("\n\n");
  ending = sections.pop() ?? "";
  calls = new Map(sections.map((section) => [section.split("\n")[0] ?? "", section]));
}, 480_000);

/** Returns one plugin's lines under a call, up to the next plugin or hook. */
function linesOf(call: string, plugin: string): string {
  const section = calls.get(call) ?? "";
  const [, after = ""] = section.split(`\n    ${plugin} `);
  return after.split(/\n {2,4}\S/)[0] ?? "";
}

describe("the guarded server-everything", () => {
  it("ends by itself with exit code 0, and logs the result that was refused", () => {
    const refused =
      "returned something that was refused at security.labels on cmf.prompt_pre_fetch";
    const why = "Something that was shown is missing. It may only grow.";
    expect(ran).toMatchObject({ code: 0, complaints: `plugin 'mischief' ${refused}: ${why}\n` });
  });

  it("connects to the real server, and makes calls of several kinds", () => {
    expect(ran.output).toMatch(
      /^the handshake\n {2}warning: plugin trace-header .*\n(?: .*\n)+connected to mcp-servers\/everything through the guard\n/,
    );
    expect([...calls.keys()]).toEqual([
      'tool echo, "Ahoy"',
      "tool get-sum, 2 + 3",
      "tool get-env, as an analyst",
      "prompt simple-prompt",
      "tool echo, with a social security number",
      "tool get-sum again, in the session that has seen PII",
    ]);
    expect(calls.get("tool get-sum, 2 + 3")).toContain("The sum of 2 and 3 is 5.");
  });

  it("never hands an envelope to the plugin with two parameters", () => {
    for (const call of ['tool echo, "Ahoy"', "tool get-sum, 2 + 3"])
      expect(linesOf(call, "old-logger")).toContain("was handed 2 arguments, so no envelope");
    expect(ran.output).not.toMatch(/old-logger +sees/);
  });

  it("reports what each of the others could see", () => {
    const call = 'tool echo, "Ahoy"';
    expect(linesOf(call, "pii-scanner")).toContain("sees security.labels");
    expect(linesOf(call, "trace-header")).toContain("sees http");
    expect(linesOf(call, "mischief")).toContain("sees security.labels");
    expect(linesOf(call, "egress-guard")).toContain(
      "sees security.labels, security.subject, security.subject.roles",
    );
  });

  it("reports what they changed: a label and a header", () => {
    const call = "tool echo, with a social security number";
    expect(linesOf(call, "pii-scanner")).toContain("changed security.labels");
    expect(linesOf(call, "trace-header")).toContain("changed http");
    expect(linesOf('tool echo, "Ahoy"', "pii-scanner")).not.toContain("changed");
  });

  it("refuses misbehaviour, and says why: an edit, a forged caller, a dropped label", () => {
    const call = linesOf('tool echo, "Ahoy"', "mischief");
    expect(call).toContain("could not edit the view: TypeError");
    expect(call).toContain("was refused security.subject (tier_immutable): It never changes.");
    const prompt = linesOf("prompt simple-prompt", "mischief");
    expect(prompt).toContain("was refused security.labels (tier_monotonic)");
    expect(ran.output).not.toMatch(/mischief[^\n]*\n(?: {18}[^\n]*\n)* {18}changed/);
  });

  it("refuses calls by roles and by labels, also in the next call of the session", () => {
    const reasons = {
      "tool get-env, as an analyst": "get-env needs the role admin",
      "tool echo, with a social security number": "PII may not leave",
      "tool get-sum again, in the session that has seen PII": "PII may not leave",
    };
    for (const [call, reason] of Object.entries(reasons)) {
      expect(calls.get(call)).toContain(`=> egress-guard refused the call: ${reason}`);
      expect(calls.get(call)).toContain(`error:  MCP error -32010: ${reason}`);
    }
  });

  it("has all labels, the caller and the written header at the end", () => {
    expect(ending.split("\n")).toEqual([
      "labels at the end: INTERNAL, PII",
      "subject at the end: ada",
      "headers at the end: Authorization, x-trace-id",
    ]);
  });
});
