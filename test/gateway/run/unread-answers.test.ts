/** A caller who reads none of its answers, and others who wait for the room that they take. */
// Only in test:all: it waits for half a minute.
import type { ServerResponse } from "node:http";
import { request } from "node:http";
import { definePlugin } from "glassine";
import { expect, it } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { ada, eve, gatewayBefore } from "../attacks/support.ts";
import { heldServer } from "./support/held-server.ts";
import { longAnswer } from "./support/long-answer.ts";

const answer = longAnswer(9_000_000);
const looks = definePlugin({ name: "looks", version: "1.0.0", hooks: { "cmf.llm_output"() {} } });

it("answers of a model that their caller does not read keep others waiting for half a minute at most", async () => {
  const { waiting, url } = await heldServer();
  const made = await gatewayBefore(
    undefined,
    {
      models: { m: { provider: "openai", url, path: "/openai" } },
      // Two answers fit.
      limits: { messageBytes: 10_000_000, inFlightBytes: 20_000_000 },
    },
    [looks],
  );
  const at = new URL("/openai/v1/chat/completions", made.url);
  const body = JSON.stringify({ model: "m", messages: [{ role: "user", content: "hi" }] });
  const json = { "content-type": "application/json" };
  const write = (response: ServerResponse | undefined) =>
    response?.writeHead(200, { ...json, "content-length": answer.length }).end(answer);

  let begun = 0;
  for (const count of [1, 2]) {
    const asking = request(at, { method: "POST", headers: { ...json, ...eve } });
    asking.on("response", () => {
      begun += 1;
    });
    asking.on("error", () => {});
    asking.end(body);
    afterTest(() => void asking.destroy());
    await expect.poll(() => waiting.length).toBe(count);
    write(waiting[count - 1]);
    await expect.poll(() => begun).toBe(count);
  }
  let isAnswered = false;
  const other = fetch(at, { method: "POST", headers: { ...json, ...ada }, body }).then(
    (response) => {
      isAnswered = true;
      return response;
    },
  );
  await expect.poll(() => waiting.length).toBe(3);
  write(waiting[2]);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(isAnswered).toBe(false);
  await expect.poll(() => isAnswered).toBe(true);
  expect((await (await other).text()).length).toBe(answer.length);
});
