/** Where plugins run and what is accepted for them: as plugins.lock says, unless the host overrides it. */
import { expect, it } from "vitest";
import { readIsolations } from "../../../src/operate/discovery/isolation-settings.ts";
import { verifies } from "../../support/verifies.ts";

it("what plugins.lock accepts counts for its own kind, unless the host accepts less", () => {
  verifies("discovery:isolated", "discovery:isolate-option");
  const locked = [{ id: "guard", isolate: "process", accept: ["network", "signals"] }] as const;
  const acceptOf = (given: Parameters<typeof readIsolations>[0]) =>
    readIsolations(given, locked).get("guard");
  expect(acceptOf({})).toMatchObject({ isolate: "process", accept: ["network", "signals"] });
  expect(acceptOf({ guard: { config: 1 } })).toMatchObject({ accept: ["network", "signals"] });
  expect(acceptOf({ guard: { accept: ["signals"] } })).toMatchObject({ accept: ["signals"] });
  expect(acceptOf({ guard: { isolate: "quickjs" } })).toMatchObject({ accept: [] });
});
