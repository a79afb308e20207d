/** Headers of a proxy that are longer than the gateway's own port takes, but not than Envoy does. */
import { expect, it } from "vitest";
import { identifierOf, requestOf } from "./support.ts";

it("too many roles are refused", async () => {
  const trustedHeaders = { from: ["10.0.0.1"], subject: "x-user", roles: "x-roles" };
  const identifier = await identifierOf({ trustedHeaders });
  const roles = Array.from({ length: 30_000 }, (_, i) => i).join(",");
  const request = requestOf({ "x-user": "ada", "x-roles": roles });
  const refusal = await identifier.identify(request, "10.0.0.1");
  expect(await (refusal as Response).json()).toMatchObject({
    error: { data: { code: "header_invalid" } },
  });
});
