/** What is served to a CPEX host, without a process. */
import { createPluginManager, definePlugin } from "glassine";
import { expect, it } from "vitest";
import { cpexServer } from "../../../src/operate/isolate/cpex/cpex-server.ts";

it("a manager that could not be created is tried again at the next task", async () => {
  const hooks = { tool_pre_invoke: () => undefined };
  const plugin = definePlugin({ name: "served", version: "1.0.0", hooks });
  const said: { readonly status?: string; readonly message?: string }[] = [];
  let tries = 0;
  const server = cpexServer({
    async serve(_, itemOf) {
      tries += 1;
      if (tries === 1) throw new Error("It did not start in time.");
      const manager = await createPluginManager({ plugins: [itemOf(plugin)], logger: {} });
      return { plugin, manager };
    },
    write: (line) => void said.push(JSON.parse(line)),
    warn: () => {},
  });
  for (const count of [1, 2, 3]) {
    server.handle(JSON.stringify({ task_type: "capabilities", config: '{"name":"served"}' }));
    await expect.poll(() => said.length).toBe(count);
  }
  expect(said).toMatchObject([
    { status: "error", message: expect.stringContaining("It did not start in time.") },
    { status: "success" },
    { status: "success" },
  ]);
  expect(tries).toBe(2);
  await server.close();
});
