/** An observer that the gateway itself never lets throw. */
import { expect, it } from "vitest";
import { createIdentifier } from "../../../../src/gateway/identity/index.ts";
import { jwt } from "../../../gateway/identity/support.ts";
import { requestOf, settingsOf } from "./support.ts";

it("an observer of refusals that throws changes nothing", async () => {
  const { identity, listen } = settingsOf(jwt());
  const identifier = await createIdentifier(identity, {
    listen,
    onRefused: () => {
      throw new Error("full disk");
    },
  });
  expect(await identifier.identify(requestOf(), undefined)).toMatchObject({ status: 401 });
});
