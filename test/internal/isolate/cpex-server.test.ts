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

it("answers a task that it cannot read under the id of the task", async () => {
  const said: unknown[] = [];
  const server = cpexServer({
    serve: () => Promise.reject(new Error("It is not reached.")),
    write: (line) => void said.push(JSON.parse(line)),
    warn: () => {},
  });
  // A host that waits for this id would wait for good.
  server.handle('{"request_id":"a","task_type":"load_and_run_hook","config":{}}');
  server.handle('{"request_id":"b"}');
  server.handle('{"request_id":3,"task_type":"capabilities"}');
  server.handle('{"request_id":"c","task_type":"capabilities","config":"{ token: x }"}');
  server.handle("{ token: x }");
  await expect.poll(() => said.length).toBe(5);
  expect(said).toMatchObject([
    { status: "error", message: expect.stringContaining("task.config"), request_id: "a" },
    { status: "error", message: expect.stringContaining("task.task_type"), request_id: "b" },
    { status: "error", message: expect.stringContaining("task.request_id"), request_id: "unknown" },
    // Without the parser's own words, which quote the text.
    { status: "error", message: "task is not JSON.", request_id: "unknown" },
    { status: "error", message: "config is not JSON.", request_id: "c" },
  ]);
  await server.close();
});
