/** Ways for a peer to get a message past the plugins that are there for messages of its kind. */
import { createPluginManager, definePlugin } from "glassine";
import { expect, it } from "vitest";
import { exchange } from "../adapters/mcp/support/exchange.ts";
import { attack } from "./attack.ts";

const secret = "078-05-1120";
const uri = "file:///a";
const params = { uri };
const odd = { contents: [{ uri, text: "a", note: secret }] };

attack(
  "A-326",
  "Put a text into a field that MCP does not name, past plugins that listen for other messages only, or not any more",
  "refused with `guard_failed`",
  () => {
    it.each([{ tools: ["tools/list"] }, { tenants: ["acme"] }, { servers: ["files"] }])(
      "with conditions %j",
      async (conditions) => {
        const seen: string[] = [];
        const plugin = definePlugin({
          name: "for-others",
          version: "1.0.0",
          hooks: {
            "cmf.mcp_request": { conditions, handler: (m) => void seen.push(JSON.stringify(m)) },
            "cmf.mcp_response": { conditions, handler: (m) => void seen.push(JSON.stringify(m)) },
          },
        });
        const manager = (await createPluginManager({ plugins: [plugin] })) as never;
        const options = { tenant: "globex", serverId: "mails", onWarning: () => {} };
        const answered = await exchange(
          manager,
          "resources/read",
          params,
          { result: odd },
          options,
        );
        expect(answered.answer).toMatchObject({ error: { data: { code: "guard_failed" } } });
        const asking = { uri, note: secret };
        const asked = await exchange(manager, "resources/read", asking, { result: odd }, options);
        expect(asked.sent).toBeUndefined();
        expect(seen.join()).not.toContain(secret);
      },
    );

    it("switched off after a failure", async () => {
      const plugin = definePlugin({
        name: "fails",
        version: "1.0.0",
        hooks: {
          "cmf.mcp_response": {
            onError: "disable",
            handler() {
              throw new Error("no");
            },
          },
        },
      });
      const manager = await createPluginManager({ plugins: [plugin], onHandlerError: () => {} });
      const read = () =>
        exchange(manager as never, "resources/read", params, { result: odd }, { pass: ["tokens"] });
      await read();
      expect(await read()).toMatchObject({
        answer: { error: { data: { code: "guard_failed" } } },
      });
    });

    it("but not where one is skipped and another runs", async () => {
      const seen: string[] = [];
      const plugins = [{ tools: ["tools/list"] }, undefined].map((conditions, at) =>
        definePlugin({
          name: `listener-${at}`,
          version: "1.0.0",
          hooks: {
            "cmf.mcp_response": {
              ...(conditions && { conditions }),
              handler: (message) => void seen.push(JSON.stringify(message)),
            },
          },
        }),
      );
      const manager = (await createPluginManager({ plugins })) as never;
      const { answer } = await exchange(manager, "resources/read", params, { result: odd });
      expect(answer.result).toEqual(odd);
      expect(seen.join()).toContain(secret);
    });
  },
);
