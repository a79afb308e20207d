/** Runs the example like a user, but compiled to a separate folder. */
// Only in test:all: it runs example programs.
import process from "node:process";
import { beforeAll, describe, expect, it } from "vitest";
import { compile, type Ran, run } from "../docs/support/compile.ts";

const example = "examples/memory-node";

let ran: Ran;
/** The output under each title: the hooks that ran, and the answer. */
let runs: ReadonlyMap<string, { readonly hooks: string; readonly answer: string }>;

beforeAll(async () => {
  const { out, problems } = await compile("memory-node", [example]);
  expect(problems).toEqual([]);
  ran = await run(process.execPath, [`${out}${example}/main.js`], 240_000);
  const sections = ran.output.split(/\n(?=\S)/).map((section) => section.trim().split("\n  "));
  runs = new Map(
    sections.map(([title = "", hooks = "", answer = ""]) => [
      title,
      { hooks, answer: answer.replace("=> ", "") },
    ]),
  );
}, 180_000);

const assertion = [
  "pre_assert_authorize",
  "pre_assert_validate",
  "pre_assert_transform",
  "post_assert_persist",
  "post_assert_propagate",
  "post_assert_audit",
];
const before = ["identity_resolve", "tenant_resolve", "capability_check"];

describe("the memory node", () => {
  it("ends by itself with exit code 0 and no warnings", () => {
    expect(ran).toMatchObject({ code: 0, complaints: "" });
  });

  it("shows the order: authorize, validate, transform, store, audit", () => {
    expect(runs.get("an assertion")).toEqual({
      hooks: [...before, ...assertion, "audit_emit"].join(", "),
      answer: "project:apollo is stored",
    });
  });

  it("shows that a denial ends an assertion, and is audited", () => {
    expect(runs.get("a source that is blocked")).toEqual({
      hooks: [...before, assertion[0], "audit_emit", "post_assert_audit", "audit_emit"].join(", "),
      answer: "403 this source is blocked",
    });
    expect(runs.get("a fact without a value")?.answer).toBe("422 a fact needs a value");
  });

  it("shows what a failure does at each site of an assertion", () => {
    const failed = (site: string) =>
      `500 handler 'onlooker.${site}' failed for hook '${site}': no more at ${site}`;
    const answers = assertion.map((site) => runs.get(site)?.answer);
    expect(answers).toEqual([
      ...assertion.slice(0, 3).map(failed),
      "project:apollo is stored",
      "project:apollo is stored",
      "500 The assertion could not be audited. (stored)",
    ]);
  });

  it("shows a recall, and that one whose filter fails returns nothing", () => {
    expect(runs.get("a recall")?.answer).toBe("1 found");
    expect(runs.get("a recall")?.hooks).toContain(
      "pre_recall_authorize, pre_recall_rewrite, recall_filter, recall_rank, post_recall_audit",
    );
    expect(runs.get("recall_filter")?.answer).toContain("no more at recall_filter");
  });

  it("shows a peer's batch that continues after a rejection, and facts that are signed and sent", () => {
    expect(runs.get("a batch of three")?.answer).toBe(
      "fact-0, fact-2 accepted; fact-1: only public facts come in",
    );
    expect(ran.output).toContain("sent: project:apollo with a digest: true");
    expect(ran.output.trimEnd().endsWith("=> 1 sent")).toBe(true);
  });
});
