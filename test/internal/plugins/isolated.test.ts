/** Ending the code of isolated plugins. */
import { definePlugin } from "glassine";
import { expect, it } from "vitest";
import { endIsolated, markIsolated } from "../../../src/core/plugins/index.ts";
import { verifies } from "../../support/verifies.ts";

it("ends all of them at once, and waits for each", async () => {
  verifies("isolation:close");
  const ended: string[] = [];
  let endFirst = () => {};
  const untilSecond = new Promise<void>((resolve) => {
    endFirst = resolve;
  });
  const marked = (name: string, close: () => Promise<void>) =>
    markIsolated(definePlugin({ name, version: "1.0.0", hooks: {} }), {
      kind: "worker",
      open: [],
      close: async () => {
        await close();
        ended.push(name);
      },
    });
  await endIsolated([
    marked("first", () => untilSecond),
    definePlugin({ name: "in-process", version: "1.0.0", hooks: {} }),
    marked("second", async () => endFirst()),
  ]);
  expect(ended.sort()).toEqual(["first", "second"]);
});
