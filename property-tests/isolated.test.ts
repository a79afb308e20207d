/** A plugin behind a supervisor and its protocol has the same results as one in process. */
import fc from "fast-check";
import { definePlugin } from "glassine";
import { afterAll, describe, expect, it } from "vitest";
import { bind } from "../src/core/host/standard.ts";
import { standardHost } from "../src/core/host/standard-host.ts";
import { manifestCarriedBy } from "../src/core/plugins/index.ts";
import type { CompiledSlots } from "../src/core/slots/index.ts";
import { remoteHandler } from "../src/operate/isolate/isolate-plugin.ts";
import type { Carried } from "../src/operate/isolate/load.ts";
import { poolOf } from "../src/operate/isolate/pool.ts";
import { serve } from "../src/operate/isolate/serve.ts";
import type { Act } from "./support/boundary.ts";
import { withoutSecretKeys } from "./support/boundary.ts";
import { documentsOf } from "./support/documents.ts";
import { expectSome, share } from "./support/runs.ts";
import { everythingOf, outcome, play, scenesOf } from "./support/scenes.ts";
import type { World } from "./support/tables.ts";

const hook = "message_pre_invoke";

/** A far side in this process, whose lines are still strings. */
function isolated(act: Act): { readonly act: Act; readonly close: () => Promise<void> } {
  const handler = (payload: object, context: never, view: object | undefined) =>
    act(payload, context, view);
  const plugin = definePlugin({
    name: "isolated",
    version: "1.0.0",
    hooks: { [hook]: { handler, extensions: true } },
  } as never);
  const manifest = manifestCarriedBy(plugin) as Carried;
  const pool = poolOf({
    start: ({ onLine }) => {
      const take = serve((line) => queueMicrotask(() => onLine(line)), {
        loadPlugin: async () => ({ manifest, configOf: (given: unknown) => given }),
      });
      return { send: (line) => queueMicrotask(() => take(line)), kill() {} };
    },
    load: { file: "/here.mjs", exportName: "default" },
    startTimeoutMs: 10_000,
    closeTimeoutMs: 1_000,
    maxTurns: 64,
    size: 1,
  });
  const ask = remoteHandler(pool, hook);
  return {
    act: (payload, context, view) => ask(payload, context, view),
    close: () => pool.close(),
  };
}

const open: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of open) await close();
});

function behind(act: Act): Act {
  const { act: asked, close } = isolated(act);
  open.push(close);
  return asked;
}

/** Isolated plugins belong to the standard host. */
const standard: World = {
  name: "the standard host",
  slots: bind<CompiledSlots>(({ slots }) => slots),
  host: standardHost as unknown as World["host"],
};

describe("isolated plugins", () => {
  const { slots, host } = standard;
  const documents = documentsOf(slots).map((document) => withoutSecretKeys(document));

  it("L30: isolated plugins see the same, and have the same results, as in process", async () => {
    let changed = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(documents, scenesOf(standard), async (document, scene) => {
        const envelope = host.createExtensions(document);
        const here = await play(standard, envelope, scene, (act) => act);
        const there = await play(standard, envelope, scene, behind);
        expect(there.seen).toEqual(here.seen);
        expect(outcome(there.result)).toEqual(outcome(here.result));
        if (there.result.errors.length > 0) refused += 1;
        // An invalid result is refused on the far side, with another message.
        else expect(everythingOf(there.result)).toBe(everythingOf(here.result));
        if (there.result.extensions !== envelope) changed += 1;
      }),
      share(0.5),
    );
    expectSome(changed);
    expectSome(refused);
  });
});
