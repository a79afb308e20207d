/** The SDKs of the providers through the gateway's routes: answers as JSON and as streams. */
import { addLabels, definePlugin, deny, type Plugin } from "glassine";
import { piiLabels } from "glassine/plugins";
import { describe, expect, it } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import {
  type ModelApi,
  modelCases,
  modelClients,
  modelServer,
  redacted,
} from "../support/model-sdks.ts";
import { type Started, startGateway } from "./support/gateway.ts";

async function gatewayTo(api: ModelApi, plugins: readonly Plugin[]): Promise<Started> {
  const { url, close } = await modelServer(api);
  afterTest(close);
  const provider = api === "responses" ? "openai" : api;
  const models = { model: { provider, url, path: "/model" } };
  const made = await startGateway({ models, identity: { anonymous: true } }, [...plugins]);
  afterTest(made.close);
  return made;
}

describe.each(modelCases)("$api, streamed: $isStreamed", ({ api, isStreamed }) => {
  const ask = ({ url }: Started) => modelClients[api](new URL("/model", url).href, isStreamed);

  it("gets what plugins left of an answer", async () => {
    const made = await gatewayTo(api, [piiLabels({ action: "redact" })]);
    expect(await ask(made)).toBe(redacted);
    expect(made.gateway.counts()).toMatchObject({ started: 1, allowed: 1, open: 0 });
  });

  it("raises its own error for an answer that a plugin refuses", async () => {
    const judge = definePlugin({
      name: "judge",
      version: "1.0.0",
      capabilities: ["append_labels", "read_labels"],
      hooks: {
        "cmf.llm_input": (_message, _context, extensions) => ({
          modifiedExtensions: addLabels(extensions, ["SECRET"]),
        }),
        "cmf.llm_output": (_message, _context, { security }) =>
          security.labels.includes("SECRET")
            ? deny({ code: "secret_known", reason: "A secret is known here" })
            : undefined,
      },
    });
    const made = await gatewayTo(api, [judge]);
    await expect(ask(made)).rejects.toMatchObject({
      status: 403,
      message: expect.stringContaining("A secret is known here"),
    });
    expect(made.gateway.counts()).toMatchObject({ started: 1, denied: 1, open: 0 });
  });
});
