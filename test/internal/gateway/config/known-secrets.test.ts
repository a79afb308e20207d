/** Whoever follows the values of secrets hears only of those that are new. */
import { expect, it } from "vitest";
import { knownSecrets, secretReader } from "../../../../src/gateway/config/index.ts";

it("calls a follower for each change alone, until it leaves", () => {
  const vars: Record<string, string> = { FIXED: "fixed" };
  const { read, follow } = knownSecrets(secretReader(vars));
  const seen: (readonly string[])[] = [];
  const unfollow = follow((all) => seen.push(all));
  for (const value of ["one", "two"]) {
    vars.TOKEN = value;
    for (const env of ["FIXED", "TOKEN", "TOKEN"]) read({ env });
  }
  unfollow();
  vars.TOKEN = "three";
  read({ env: "TOKEN" });
  expect(seen).toEqual([[], ["fixed"], ["fixed", "one"], ["fixed", "one", "two"]]);
});
