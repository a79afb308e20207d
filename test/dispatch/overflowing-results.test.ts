/** A result that overflows the stack when it is read is refused by a limit, not as a proxy. */
import vm from "node:vm";
import { createPluginManager, definePlugin } from "glassine";
import { createMessage } from "glassine/messages";
import { expect, it } from "vitest";

/** A global of another context, which runs `read` when its properties are read. */
function contextOf(read: () => never): object {
  const sandbox = new Proxy({ a: 1 }, { getOwnPropertyDescriptor: read });
  const global = vm.runInContext("this", vm.createContext(sandbox)) as object;
  return Object.setPrototypeOf(global, null) as object;
}

const overflow = (): never => overflow();
const fail = (): never => {
  throw new TypeError("boom");
};

it.each([
  [
    "overflows the stack",
    overflow,
    "snapshot_limit",
    "Expected a result that fits on the stack, got one that is nested too deeply.",
  ],
  [
    "throws any other error",
    fail,
    "snapshot_proxy",
    "Expected a plain object, got one that throws when it is read.",
  ],
] as const)("a result that %s when it is read is refused", async (_, read, code, reason) => {
  const plugin = definePlugin({
    name: "odd",
    version: "1.0.0",
    hooks: { evaluate: () => contextOf(read) as never },
  });
  const manager = await createPluginManager({ plugins: [plugin] });
  const payload = createMessage({ role: "user", content: [] });
  const { errors, rejections } = await manager.invoke("evaluate", payload);
  expect(errors).toMatchObject([{ plugin: "odd", code }]);
  expect(rejections).toMatchObject([{ path: "(result)", code, reason }]);
  await manager.close();
});
