/** Options of individual servers behind one gateway. */
import { definePlugin, deny } from "glassine";
import { expect, it } from "vitest";
import { overStdio, says, testServer } from "./support/servers.ts";

const noCalls = definePlugin({
  name: "no-calls",
  version: "1.0.0",
  hooks: { "cmf.tool_pre_invoke": () => deny({ code: "no_calls", reason: "No calls" }) },
});

it("answers a refused call as `onDeny` of its server says", async () => {
  const aa = await testServer();
  const bb = await testServer();
  const { ask } = await overStdio({ aa, bb }, { of: { bb: { onDeny: "tool_result" } } }, [noCalls]);
  const call = (name: string) => ask("tools/call", { name, arguments: {} });
  expect(await call("aa__t")).toMatchObject({
    error: { code: -32010, data: { code: "no_calls" } },
  });
  expect(await call("bb__t")).toMatchObject({ result: { isError: true, ...says("No calls") } });
});

/** Records the labels of a call's result, and those with which the next call begins. */
function labelling(seen: string[][]) {
  return definePlugin({
    name: "labelling",
    version: "1.0.0",
    capabilities: ["read_labels"],
    hooks: {
      "cmf.tool_pre_invoke": (_message, _context, { security }) =>
        void seen.push([...security.labels].sort()),
    },
  });
}

const ifc = { integrity: "untrusted", confidentiality: ["secret"] };

it.each([
  ["ifc", { _meta: { ifc } }, { name: "t", inputSchema: { type: "object" } }],
  [
    "annotations",
    {},
    { name: "t", inputSchema: { type: "object" }, annotations: { openWorldHint: true } },
  ],
])(
  "takes the labels that servers claim by %s from those alone that may",
  async (kind, more, tool) => {
    const made = () =>
      testServer({
        "tools/call": () => ({ ...says("fine"), ...more }),
        "tools/list": () => ({ tools: [tool] }),
      });
    const aa = await made();
    const bb = await made();
    const seen: string[][] = [];
    const of = { bb: { wireLabels: { [kind]: true } } };
    const { ask } = await overStdio({ aa, bb }, { of }, [labelling(seen)]);
    await ask("tools/list");
    const call = (name: string) => ask("tools/call", { name, arguments: {} });
    for (const name of ["aa__t", "aa__t", "bb__t", "aa__t"])
      expect(await call(name)).toMatchObject({ result: says("fine") });
    const [first, second, , last] = seen;
    expect([first, second]).toEqual([[], []]);
    expect(last?.length).toBeGreaterThan(0);
  },
);
