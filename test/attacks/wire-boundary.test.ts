/** The process boundary: what crosses it, and what the remote side can cause. */
import { createExtensions, createPluginManager, definePlugin } from "glassine";
import { decodeResult, decodeTask, encodeTask } from "glassine/remote";
import { expect, it } from "vitest";
import { FarSide, type Port } from "../../examples/plugin-in-a-worker/far-side.ts";
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

/** A port whose remote side sends what the test sends. */
function scriptedPort() {
  const listeners = new Map<string, (value: unknown) => void>();
  const sent: { readonly id: number }[] = [];
  let ended = 0;
  const port: Port = {
    postMessage: (message) => sent.push(message as { readonly id: number }),
    on: (event: string, listener: (value: never) => void) =>
      listeners.set(event, listener as (value: unknown) => void),
    terminate: () => {
      ended += 1;
    },
  };
  return {
    port,
    sent,
    ended: () => ended,
    say: (event: string, value?: unknown) => listeners.get(event)?.(value),
  };
}

attack(
  "A-197",
  "Reply to a task that was never sent, or reply twice",
  "up to the transport: in the example the reply is dropped and counted",
  () => {
    it("unknown ids, second replies, and invalid messages", async () => {
      const { port, sent, say } = scriptedPort();
      const far = new FarSide(() => port);
      const { signal } = new AbortController();
      const first = far.ask("first", signal);
      const second = far.ask("second", signal);
      const [one, two] = sent.map(({ id }) => id);
      for (const stray of [{ id: 99, result: "x" }, { id: "1", result: "x" }, null, "x", {}]) {
        say("message", stray);
      }
      say("message", { id: two, result: "to the second" });
      say("message", { id: two, result: "once more" });
      say("message", { id: one, result: "to the first" });
      expect(await Promise.all([first, second])).toEqual(["to the first", "to the second"]);
      expect(far.strays).toBe(6);
    });

    it("replies from a remote that was closed", async () => {
      const ports = [scriptedPort(), scriptedPort()] as const;
      let next = 0;
      const far = new FarSide(() => (ports[next++] as (typeof ports)[0]).port);
      const host = new AbortController();
      const late = far.ask("late", host.signal);
      host.abort();
      await expect(late).rejects.toThrow("it did not answer in time");
      expect(ports[0].ended()).toBe(1);
      const again = far.ask("again", new AbortController().signal);
      const { id } = ports[1].sent[0] as { readonly id: number };
      ports[0].say("message", { id, result: "from the dead" });
      ports[0].say("exit");
      ports[1].say("message", { id, result: "alive" });
      expect([await again, far.starts, far.strays]).toEqual(["alive", 2, 0]);
    });
  },
);
