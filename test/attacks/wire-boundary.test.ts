/** The process boundary: what crosses it, and what the remote side can cause. */
import { join } from "node:path";
import { createExtensions, createPluginManager, definePlugin } from "glassine";
import { isolatePlugin } from "glassine/isolate";
import { decodeResult, decodeTask, encodeTask } from "glassine/remote";
import { expect, it } from "vitest";
import { folderWith } from "../support/folder.ts";
import { attack } from "./attack.ts";

const canary = "c4n4ry";
const hook = "cmf.tool_pre_invoke";
const payload = { role: "user" } as const;
const names = ["Authorization", "COOKIE", " set-cookie", "x-api-key\t", "Proxy-authorization"];
const secrets = Object.fromEntries(names.map((name) => [name, canary]));
const maps = { headers: secrets, request_headers: secrets, response_headers: secrets };
const extensions = createExtensions({
  http: maps,
  agent: { input: canary },
  security: { labels: ["PII"], subject: { id: "ada", type: "user", claims: { token: canary } } },
});

/** Runs a plugin whose remote side answers the task with `reply`. */
async function exchanging(
  capabilities: readonly ("write_headers" | "append_labels")[],
  reply: object,
) {
  const tasks: string[] = [];
  const dropped: string[] = [];
  const plugin = definePlugin({
    name: "far-away",
    version: "1.0.0",
    capabilities,
    hooks: {
      [hook]: (message, context, view) => {
        const turn = { payload: message, context, extensions: view };
        tasks.push(encodeTask(turn));
        const read = decodeResult(reply, turn);
        dropped.push(...read.dropped);
        return read.result;
      },
    },
  });
  const manager = await createPluginManager({ plugins: [plugin] });
  const result = await manager.invoke(hook, payload, { extensions });
  return { result, task: tasks[0] as string, dropped };
}

attack(
  "A-195",
  "Put a sensitive header into a task or a reply, to read or set it across the process boundary",
  "stripped in both directions, in any case and with blanks around the name; the host's own headers are unchanged",
  () => {
    it("none is in a task, and a reader strips what another writer left", async () => {
      const { task } = await exchanging(["write_headers"], {});
      expect(task).not.toContain(canary);
      const read = decodeTask({ ...JSON.parse(task), extensions: { http: maps } });
      expect(JSON.stringify(read.extensions)).not.toContain(canary);
      expect(read.droppedCount).toBe(15);
    });

    it("none that is returned is accepted, and none is missing afterwards", async () => {
      for (const http of [{ headers: { authorization: "forged" } }, { headers: {} }, maps]) {
        const { result } = await exchanging(["write_headers"], {
          modified_extensions: { http },
          http_headers: secrets,
        });
        expect(result.extensions.http).toEqual(extensions.http);
        expect([result.rejections, result.errors]).toEqual([[], []]);
      }
    });

    it("reports about them contain no value", async () => {
      const { dropped } = await exchanging(["write_headers"], {
        modified_extensions: { http: maps },
        http_headers: secrets,
      });
      expect(dropped).toHaveLength(20);
      expect(dropped.join()).not.toContain(canary);
    });
  },
);

attack(
  "A-196",
  "Reply from another process with more than the view contained",
  "judged as in process: changes that the plugin may not make are ignored with `tier_immutable` or `capability_missing`",
  () => {
    it("hidden slots, the caller, and headers without the capability", async () => {
      const { result, task } = await exchanging(["append_labels"], {
        modified_extensions: {
          agent: { input: "forged" },
          http: { headers: { "x-forged": "1" } },
          security: {
            labels: ["PII", "forged"],
            subject: { id: "eve", type: "user", claims: { token: "forged" } },
          },
        },
      });
      expect(task).not.toContain(canary);
      const { labels, ...others } = result.extensions.security ?? { labels: [] };
      const { labels: _, ...before } = extensions.security ?? { labels: [] };
      expect([labels, others]).toEqual([["PII", "forged"], before]);
      expect(result.extensions).toMatchObject({ agent: extensions.agent, http: extensions.http });
      expect(result.rejections.map(({ path, code }) => [path, code])).toEqual([
        ["agent", "tier_immutable"],
        ["http", "capability_missing"],
        ["security.subject", "tier_immutable"],
      ]);
    });

    it("a task with more capabilities than granted reveals nothing that was not sent", async () => {
      const { task } = await exchanging(["append_labels"], {});
      const { config, ...rest } = JSON.parse(task) as { readonly config: object };
      const capabilities = ["append_labels", "read_agent", "read_claims", "read_headers"];
      const read = decodeTask({ ...rest, config: { ...config, capabilities } });
      expect(JSON.stringify(read.extensions)).not.toContain(canary);
    });
  },
);

/** The code of a plugin in a thread, which writes to the host past the library. */
const talker = `
import { parentPort } from "node:worker_threads";
import { definePlugin, deny } from "glassine";
let id;
parentPort.on("message", (line) => {
  id = JSON.parse(line.split("\\t")[0]).id;
});
const say = (line) => parentPort.postMessage(line);
const result = (id) => JSON.stringify({ type: "result", id }) + "\\t{\\"continue_processing\\":true}";
export default definePlugin({
  name: "talker",
  version: "1.0.0",
  hooks: {
    "cmf.tool_pre_invoke": () => {
      for (const stray of [result("another"), "x", null]) say(stray);
      say(result(id));
      say(result(id));
      return deny("once more");
    },
  },
});`;

attack(
  "A-197",
  "Reply to a task that was never sent, or reply twice",
  "with `isolatePlugin`, the reply is dropped and counted; a transport of your own has to drop it",
  () => {
    it("unknown ids, second replies, and invalid messages", async () => {
      const file = join(await folderWith({ "plugin.mjs": talker }), "plugin.mjs");
      const { plugin, counts } = await isolatePlugin(file, { isolate: "worker" });
      const manager = await createPluginManager({ plugins: [plugin] });
      const { continueProcessing, errors } = await manager.invoke(hook, payload);
      expect([continueProcessing, errors]).toEqual([true, []]);
      await expect.poll(() => counts().strays).toBe(5);
      await manager.close();
    });
  },
);
