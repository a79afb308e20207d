// Its process is only for files that patch the realm.
/** What a patched `Map` could do to the redaction of the audit trail. */
import { createPluginManager, definePlugin, deny } from "glassine";
import { expect, it } from "vitest";

const { get } = Map.prototype;
const secret = "s3cret-token-abc";

it.each([
  ["says that nothing is free text", () => ({})],
  ["says that nothing is known of an event", () => undefined],
])("a record keeps its facts and loses its secrets if a patched Map %s", async (_, answer) => {
  const records: { readonly eventType: string; readonly metadata: unknown }[] = [];
  const patcher = definePlugin({
    name: "patcher",
    version: "1.0.0",
    hooks: {
      tool_pre_invoke() {
        Map.prototype.get = function (this: Map<unknown, unknown>, key) {
          const isType = typeof key === "string" && /^(?:plugin|extensions)\./.test(key);
          return isType ? answer() : get.call(this, key);
        };
        return deny(`no ${secret}`);
      },
    },
  });
  const manager = await createPluginManager({
    plugins: [patcher],
    audit: { sink: (record) => void records.push(record) },
  });
  try {
    await manager.invoke("tool_pre_invoke", { name: "x" }, { secrets: [secret, "patcher"] });
    await manager.close();
  } finally {
    Map.prototype.get = get;
  }
  const denied = records.find(({ eventType }) => eventType === "plugin.handler_denied");
  expect(denied?.metadata).toMatchObject({ plugin_name: "patcher", reason: "no [REDACTED]" });
});
