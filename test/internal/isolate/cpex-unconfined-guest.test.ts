// A process of its own: it has a module replaced.
/** Guests on a platform without namespaces: there, Python can do what its account can. */
import { createPluginManager } from "glassine";
import { cpexPlugin } from "glassine/isolate";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type FakeVenv, fakeVenv, memoryMb } from "../../isolate/cpex/support/fake-venv.ts";
import { verifies } from "../../support/verifies.ts";

vi.mock("../../../src/operate/isolate/sandbox.ts", async (original) => ({
  ...(await original<object>()),
  platformOf: async () => ({ open: ["network", "signals"], why: "there are no namespaces" }),
}));

let venv: FakeVenv;
beforeAll(async () => {
  venv = await fakeVenv();
});
afterAll(async () => {
  await venv.remove();
});

const kind = "cpex_guard.guard.Guard";

it("is refused unless the operator accepts its files, too", async () => {
  verifies("cpex:confined");
  const { python } = venv;
  const start = cpexPlugin({ python, kind, memoryMb, accept: ["network", "signals"] });
  await expect(start).rejects.toMatchObject({
    code: "isolation_refused",
    message: expect.stringMatching(/read and write the files of its account.*accept: \["files"\]/),
  });
});

it("runs where the operator accepts that, and says what is open", async () => {
  const { python } = venv;
  const accept = ["network", "signals", "files"] as const;
  const { plugin, open } = await cpexPlugin({ python, kind, memoryMb, accept });
  expect(open).toEqual(accept);
  const manager = await createPluginManager({ plugins: [plugin] });
  const { payload } = await manager.invoke("tool_pre_invoke", { name: "add", args: {} });
  expect(payload.args).toMatchObject({ served: 1 });
  await manager.close();
});
