/** The labels of sessions that are over. */
import { addLabels, definePlugin } from "glassine";
import { expect, it } from "vitest";
import { memoryDefaults } from "../../../../src/core/labels/index.ts";
import { sessionOf } from "../../../gateway/run/support/caller.ts";
import { fakeServer } from "../../../gateway/run/support/fake-server.ts";
import { startGateway } from "../../../gateway/run/support/gateway.ts";
import { afterTest } from "../../../support/cleanup.ts";

const labeller = definePlugin({
  name: "labeller",
  version: "1.0.0",
  capabilities: ["append_labels"],
  hooks: {
    "cmf.tool_post_invoke": (_message, _context, extensions) => ({
      modifiedExtensions: addLabels(extensions, "PII"),
    }),
  },
});

it("take up no room in memory, of which there is some for sessions that are open", async () => {
  const defaults: { maxSessions: number } = memoryDefaults;
  const { maxSessions } = defaults;
  afterTest(() => Object.assign(defaults, { maxSessions }));
  defaults.maxSessions = 2;
  const server = await fakeServer((came) => came.answer("fine"));
  afterTest(server.close);
  const made = await startGateway({ servers: { fake: { url: server.url } } }, [labeller]);
  afterTest(made.close);
  for (let count = 0; count < 4; count++) {
    const own = await sessionOf(made.url);
    expect((await own.call(1)).code).toBeUndefined();
    expect((await own.post(undefined, { method: "DELETE" })).status).toBe(200);
  }
  const open = [await sessionOf(made.url), await sessionOf(made.url), await sessionOf(made.url)];
  const codes = [];
  for (const each of open) codes.push((await each.call(1)).code);
  expect(codes).toEqual([undefined, undefined, "guard_failed"]);
});
