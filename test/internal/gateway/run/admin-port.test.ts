/** Whether a gateway is ready, as its admin port reports it. */
import { expect, it } from "vitest";
import { openAdminPort } from "../../../../src/gateway/run/admin-port.ts";
import { afterTest } from "../../../support/cleanup.ts";

it("is not ready without its label store, or before it has started", async () => {
  const of = { allowedHosts: undefined, host: "127.0.0.1", port: 0 };
  let isUp = false;
  let state: "starting" | "ready" = "starting";
  const { address, server } = await openAdminPort(of, {
    state: () => state,
    generation: () => 3,
    metrics: () => "",
    store: {
      load: () => (isUp ? Promise.resolve([]) : Promise.reject(new Error("ECONNREFUSED"))),
      append: () => Promise.resolve([]),
    },
  });
  afterTest(() => server.close());
  const ask = async () => {
    const response = await fetch(`http://127.0.0.1:${address.port}/readyz`);
    return [response.status, ((await response.json()) as { code?: string }).code];
  };
  expect(await ask()).toEqual([503, "starting"]);
  state = "ready";
  expect(await ask()).toEqual([503, "label_store_unreachable"]);
  isUp = true;
  expect(await ask()).toEqual([200, undefined]);
});
