/** The empty lists of a result. */
import { deny } from "glassine";
import { expect, it } from "vitest";
import { call, hook, manage, plugin, runOnce, tagger } from "./support.ts";

const throws = plugin("throws", (_p, _c) => Promise.reject(new Error("x")), { onError: "ignore" });
const denies = plugin("denies", (_p, _c) => deny("no"), { mode: "transform" });

it("a recorded run shares its empty lists with all others", async () => {
  const { rejections, errors } = await runOnce([tagger("one")]);
  expect(errors).toEqual([]);
  expect(Object.isFrozen(errors)).toBe(true);
  expect(rejections).toBe(errors);
  const manager = await manage([]);
  expect((await manager.invoke(hook, call)).errors).toBe(errors);
});

it("if one list is not empty, only the other is shared", async () => {
  const emptyList = (await runOnce([tagger("one")])).errors;
  const failed = await runOnce([throws]);
  expect(failed.errors).toHaveLength(1);
  expect(failed.rejections).toBe(emptyList);
  const refused = await runOnce([denies]);
  expect(refused.rejections).toHaveLength(1);
  expect(refused.errors).toBe(emptyList);
  expect([failed.errors, refused.rejections].every(Object.isFrozen)).toBe(true);
});
