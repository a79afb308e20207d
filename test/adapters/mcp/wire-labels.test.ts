/** Labels from the wire, if the host enabled them. */
import { labelsFromAnnotations, labelsFromIfc } from "glassine/labels";
import type { WireLabels } from "glassine/mcp";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { settle } from "./support/fake-manager.ts";
import { labelled, withPolicies } from "./support/labelled.ts";
import { request, result } from "./support/raw.ts";

const good = { ifc: { integrity: "trusted", confidentiality: "public" } };
const worst = { ifc: { integrity: "untrusted", confidentiality: "private" } };
const envelope = () => withPolicies({}, ["private"]);
const over = (fromWire: WireLabels) => labelled({ labels: { fromWire } });
const of = (_meta: unknown) => ({ result: { content: [], _meta } });
const post = "cmf.tool_post_invoke";

describe("_meta", () => {
  it("adds no label by itself", async () => {
    verifies("labels:wire-off");
    const { tool, labelsAt } = await labelled({ labels: {} });
    await tool("t", of({ ...worst, labels: ["X"], security: { labels: ["X"] } }));
    expect(labelsAt(post)).toEqual([]);
  });

  it("adds labels to the result and the session, through the host's mapping", async () => {
    const { tool, labelsAt, received } = await over({ meta: labelsFromIfc });
    await tool("t", of(good));
    expect(labelsAt(post)).toEqual([]);
    await tool("t", of({ ifc: { ...good.ifc, integrity: "untrusted" } }));
    expect(labelsAt(post)).toEqual(["untrusted"]);
    await tool("t", of(undefined));
    expect(labelsAt("cmf.tool_pre_invoke")).toEqual(["untrusted"]);
    expect(labelsAt(post)).toEqual(["private", "untrusted"]);
    expect(received()[0]).toMatchObject({ result: { _meta: good } });
  });

  it("removes no label, whatever it contains", async () => {
    verifies("labels:wire-adds");
    const { tool, labelsAt } = await labelled({
      envelope,
      labels: { fromWire: { meta: labelsFromIfc } },
    });
    await tool("t", of(worst));
    await tool("t", of(good));
    expect(labelsAt(post)).toEqual(["private", "untrusted"]);
  });

  it("counts as missing on an error, a prompt, a resource and a task without it", async () => {
    for (const [method, params, outcome] of [
      ["tools/call", { name: "t" }, { error: { code: 1, message: "m", data: { _meta: good } } }],
      ["prompts/get", { name: "t" }, { result: { messages: [] } }],
      ["resources/read", { uri: "file:///a" }, { result: { contents: [] } }],
      ["tasks/result", { taskId: "t" }, of(undefined)],
      ["tasks/get", { taskId: "t" }, { result: { _meta: good, result: { content: [] } } }],
    ] as const) {
      const { ask, seen } = await over({ meta: labelsFromIfc });
      await ask(method, params, outcome);
      expect([method, seen.at(-1)?.labels]).toEqual([method, ["private", "untrusted"]]);
    }
  });

  it("is a copy: a mapping that writes to it changes nothing that is forwarded", async () => {
    const { tool } = await over({
      meta(meta) {
        (meta as { ifc: unknown }).ifc = "changed";
        return [];
      },
    });
    expect(await tool("t", of(good))).toMatchObject({ result: { _meta: good } });
  });

  it.each<[string, () => unknown]>([
    ["throws", () => (undefined as never as { x: object }).x],
    ["returns nothing", () => undefined],
    ["returns an invalid label", () => ["\u200b"]],
    ["returns a string", () => "SECRET"],
    ["returns a set", () => new Set(["SECRET"])],
    ["promises a list", async () => ["SECRET"]],
    ["returns more than fits an envelope", () => Array.from({ length: 257 }, (_, at) => `L${at}`)],
  ])("refuses the answer when the mapping %s", async (_, meta) => {
    const { tool, errors } = await over({ meta: meta as never });
    expect(await tool("t", of(good))).toMatchObject({ error: { code: -32011 } });
    expect(errors.map(({ point }) => point)).toEqual(["labels"]);
    const listed = await over({ annotations: meta as never });
    await listed.ask("tools/list", {}, { result: { tools: [{ name: "t" }] } });
    expect(await listed.tool("t", of(good))).toMatchObject({ error: { code: -32011 } });
  });
});

describe("annotations of tools", () => {
  const closed = { openWorldHint: false };
  const listing = (...tools: object[]) => ({ result: { tools } });
  const fromWire = { annotations: (all: unknown) => labelsFromAnnotations(all) };

  it("are those of the tools that were listed; others have none", async () => {
    const { ask, tool, labelsAt } = await over(fromWire);
    const answer = await ask("tools/list", {}, listing({ name: "t", annotations: closed }));
    expect(answer).toMatchObject(listing({ name: "t", annotations: closed }));
    await tool("t");
    expect(labelsAt(post)).toEqual([]);
    await tool("never-listed");
    expect(labelsAt(post)).toEqual(["untrusted"]);
  });

  it("are not relaxed by another list", async () => {
    verifies("labels:annotations-grow");
    const { ask, tool, labelsAt } = await over(fromWire);
    await ask("tools/list", {}, listing({ name: "t", annotations: { openWorldHint: true } }));
    await ask("tools/list", {}, listing({ name: "t", annotations: closed }));
    await tool("t");
    expect(labelsAt(post)).toEqual(["untrusted"]);
    const worse = await over(fromWire);
    await worse.ask("tools/list", {}, listing({ name: "t", annotations: closed }, { name: "t" }));
    await worse.tool("t");
    expect(worse.labelsAt(post)).toEqual(["untrusted"]);
  });

  it("do not apply to prompts and resources, nor to lists of the other direction", async () => {
    const { ask, peer, guard, labelsAt, seen } = await over(fromWire);
    await ask("prompts/get", { name: "p" }, { result: { messages: [] } });
    await ask("resources/read", { uri: "u:a" }, { result: { contents: [] } });
    expect(seen.map(({ labels }) => labels)).toEqual([[], [], [], []]);
    // The peer requests our list. Annotations of our tools do not apply to the peer's tools.
    peer(request(1, "tools/list", {}));
    await guard.send(result(1, { tools: [{ name: "t", annotations: closed }] }));
    await ask("tools/call", { name: "t" }, { result: { content: [] } });
    expect(labelsAt(post)).toEqual(["untrusted"]);
  });

  it("are remembered for the tool of a task, not for a task of an unknown tool", async () => {
    const { ask, guard, peer, labelsAt } = await over(fromWire);
    const names = ["t", "undefined"];
    await ask("tools/list", {}, listing(...names.map((name) => ({ name, annotations: closed }))));
    await ask(
      "tools/call",
      { name: "t" },
      { result: { task: { taskId: "1", status: "working" } } },
    );
    await guard.send(request(7, "tasks/result", { taskId: "1" }));
    peer(result(7, { content: [] }));
    await settle();
    expect(labelsAt(post)).toEqual([]);
    await ask("tasks/result", { taskId: "unknown" }, { result: { content: [] } });
    expect(labelsAt(post)).toEqual(["untrusted"]);
  });

  it("of a tool over the limit, of invalid lists and of throwing mappings count as never listed", async () => {
    const many = Array.from({ length: 4096 }, (_, at) => ({ name: `n${at}`, annotations: closed }));
    const { ask, tool, labelsAt } = await over(fromWire);
    await ask("tools/list", {}, listing(...many, { name: "t", annotations: closed }));
    await tool("n4095");
    expect(labelsAt(post)).toEqual([]);
    await tool("t");
    expect(labelsAt(post)).toEqual(["untrusted"]);

    const long = await over(fromWire);
    const names = ["n".repeat(1024), "n".repeat(1025)] as const;
    await long.ask(
      "tools/list",
      {},
      listing(...names.map((name) => ({ name, annotations: closed }))),
    );
    await long.tool(names[0]);
    expect(long.labelsAt(post)).toEqual([]);
    await long.tool(names[1]);
    expect(long.labelsAt(post)).toEqual(["untrusted"]);

    const odd = await over(fromWire);
    await odd.ask("tools/list", {}, { result: { tools: [null, 1, { name: 1 }, "t"] } });
    await odd.ask("tools/list", {}, { result: { tools: "t" } });
    await odd.ask("tools/list", {}, { error: { code: 1, message: "no" } });
    await odd.tool("t");
    expect(odd.labelsAt(post)).toEqual(["untrusted"]);

    const throws = await over({
      annotations(annotations) {
        if (annotations !== undefined) throw new Error("unreadable");
        return ["unread"];
      },
    });
    await throws.ask("tools/list", {}, listing({ name: "t", annotations: closed }));
    await throws.tool("t");
    expect(throws.labelsAt(post)).toEqual(["unread"]);
  });
});
