/** A check that a configuration for addresses that others can reach makes needless, as it must name hosts. */
import { expect, it } from "vitest";
import { checkOrigin } from "../../../../src/gateway/identity/index.ts";
import { requestOf } from "./support.ts";

it("a gateway that others can reach has no names of its own", () => {
  const open = { host: "0.0.0.0", port: 8080, allowedHosts: undefined, allowedOrigins: [] };
  for (const host of ["localhost:8080", "0.0.0.0:8080"])
    expect(checkOrigin(requestOf({ host }), open)).toMatchObject({ status: 403 });
});
