/** Data policies keyed by the name of a resource, which its URI does not contain. */
import { createExtensions } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { settle } from "./support/fake-manager.ts";
import { labelled, withPolicies } from "./support/labelled.ts";
import { request, result } from "./support/raw.ts";

const data = { Payroll: { apply_labels: ["SALARY"], denied_actions: ["read"] } };
const tagged = { Payroll: { apply_labels: ["SALARY"] } };
const uri = "file:///p.csv";
const contents = { result: { contents: [{ uri, text: "90000" }] } };
const denied = { error: { data: { code: "data_action_denied" } } };
const listing = (...resources: unknown[]) => ({ result: { resources } });

describe("a policy by the name of a resource", () => {
  it("applies if the envelope contains the name", async () => {
    verifies("labels:resource-names");
    const mcp = { resource: { uri, name: "Payroll" } };
    const sealed = createExtensions({ mcp, security: { data } } as never);
    const { ask } = await labelled({ envelope: () => sealed });
    expect(await ask("resources/read", { uri }, contents)).toMatchObject(denied);
    const plain = { mcp, security: { data: tagged } };
    const read = await labelled({ envelope: () => plain });
    expect(await read.ask("resources/read", { uri }, contents)).toMatchObject(contents);
    expect(read.labelsAt("cmf.resource_post_fetch")).toEqual(["SALARY"]);
  });

  it("applies once the server listed it in a directory by that name", async () => {
    verifies("labels:resource-names");
    const { ask } = await labelled({ envelope: () => withPolicies(data) });
    await ask("resources/directory/read", { uri: "file:///" }, listing({ uri, name: "Payroll" }));
    expect(await ask("resources/read", { uri }, contents)).toMatchObject(denied);
  });

  it("applies once the server listed it as a skill of that name", async () => {
    verifies("labels:resource-names");
    const { ask } = await labelled({ envelope: () => withPolicies(data) });
    const skill = { uri, frontmatter: { name: "Payroll" }, resources: [{ uri }] };
    await ask("skills/list", {}, { result: { skills: [skill] } });
    expect(await ask("resources/read", { uri }, contents)).toMatchObject(denied);
  });

  it("applies once the server listed it by that name", async () => {
    verifies("labels:resource-names");
    const { ask, tool, errors } = await labelled({ envelope: () => withPolicies(data) });
    await ask("resources/list", {}, listing({ uri, name: "Payroll" }));
    expect(await ask("resources/read", { uri }, contents)).toMatchObject(denied);
    // However else the request spells the URI.
    const around = await ask("resources/read", { uri: "file:///x/../p.csv" }, contents);
    expect(around).toMatchObject(denied);
    const block = { type: "resource", resource: { uri, text: "90000" } };
    expect(await tool("t", { result: { content: [block] } })).toMatchObject(denied);
    expect(errors.map(({ code }) => code)).toEqual(Array(3).fill("data_action_denied"));
  });

  it("applies to what a result linked by that name, and not to the link", async () => {
    verifies("labels:resource-names");
    const { ask, tool, labelsAt } = await labelled({ envelope: () => withPolicies(data) });
    const link = { type: "resource_link", uri, name: "Payroll" };
    expect(await tool("t", { result: { content: [link] } })).toMatchObject({ result: {} });
    expect(labelsAt("cmf.tool_post_invoke")).toEqual([]);
    expect(await ask("resources/read", { uri }, contents)).toMatchObject(denied);
  });

  it("applies permanently: no later list removes a name", async () => {
    verifies("labels:resource-names-grow");
    const { ask } = await labelled({ envelope: () => withPolicies(data) });
    await ask("resources/list", {}, listing({ uri, name: "Payroll" }));
    await ask("resources/list", {}, listing({ uri, name: "Harmless" }));
    await ask("resources/list", {}, listing());
    expect(await ask("resources/read", { uri }, contents)).toMatchObject(denied);
  });

  it("applies only to the server that listed it, and survives invalid lists", async () => {
    const { ask, peer, guard } = await labelled({ envelope: () => withPolicies(data) });
    peer(request(1, "resources/list", {}));
    await guard.send(result(1, listing({ uri, name: "Payroll" }).result));
    await settle();
    for (const resources of [
      null,
      "x",
      [null, 1, { uri }, { name: "Payroll" }, { uri: 1, name: 2 }],
    ]) {
      await ask("resources/list", {}, { result: { resources } });
    }
    await ask("resources/list", {}, { error: { code: 1, message: "no" } });
    expect(await ask("resources/read", { uri }, contents)).toMatchObject(contents);
  });
});

describe("names of resources", () => {
  it("that are unknown are under every policy", async () => {
    const { ask, labelsAt } = await labelled({ envelope: () => withPolicies(tagged) });
    const many = Array.from({ length: 65_537 }, (_, at) => ({ uri: `a:${at}`, name: "n" }));
    await ask("resources/list", {}, listing(...many));
    await ask("resources/read", { uri: "a:1" }, { result: { contents: [] } });
    expect(labelsAt("cmf.resource_post_fetch")).toEqual([]);
    await ask("resources/read", { uri: "a:65536" }, { result: { contents: [] } });
    expect(labelsAt("cmf.resource_post_fetch")).toEqual(["SALARY"]);
  });
});

describe("names of resources are kept up to a limit, beyond which a resource may have any name", () => {
  const listed = Array.from({ length: 65_536 }, (_, at) => ({ uri: `a:${at}`, name: "n" }));
  const started = async () => {
    const { ask } = await labelled({ envelope: () => withPolicies(data) });
    const list = (...resources: readonly object[]) =>
      ask("resources/list", {}, listing(...resources));
    const read = (of: string) =>
      ask("resources/read", { uri: of }, { result: { contents: [{ uri: of, text: "90000" }] } });
    return { list, read };
  };
  const passed = { result: { contents: [{ text: "90000" }] } };

  it("of names", async () => {
    verifies("labels:resource-names-grow");
    const { list, read } = await started();
    for (let at = 0; at < listed.length; at += 4_096) await list(...listed.slice(at, at + 4_096));
    expect(await read("a:1")).toMatchObject(passed);
    expect(await read("a:x")).toMatchObject(passed);
    await list({ uri: "a:1", name: "n" });
    expect(await read("a:x")).toMatchObject(passed);
    await list({ uri: "a:x", name: "n" });
    expect(await read("a:x")).toMatchObject(denied);
    expect(await read("a:1")).toMatchObject(passed);
  });

  it("of text", async () => {
    verifies("labels:resource-names-grow");
    const { list, read } = await started();
    // The key of a name is the direction and the URI.
    const left = 8_388_608 - "outgoing a:1".length;
    await list({ uri: "a:1", name: "n".repeat(left) });
    expect(await read("a:x")).toMatchObject(passed);
    await list({ uri: "a:1", name: "m" });
    expect(await read("a:x")).toMatchObject(denied);
    expect(await read("a:1")).toMatchObject(passed);
  });
});
