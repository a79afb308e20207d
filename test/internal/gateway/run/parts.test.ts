/** What a program gives to `createGateway` and `reload`, checked and with defaults. */
import { createPluginManager } from "glassine";
import { expect, it } from "vitest";
import { knownSecrets, secretReader } from "../../../../src/gateway/config/index.ts";
import { partsFrom } from "../../../../src/gateway/run/create-gateway.ts";
import { afterTest } from "../../../support/cleanup.ts";

const secret = { env: "TOKEN" };
const quiet = { info() {}, warn() {}, error() {} };

async function optionsWith(secrets: unknown) {
  const manager = await createPluginManager({ plugins: [], audit: { sink() {} } });
  afterTest(() => manager.close());
  const lines: string[] = [];
  const log = {
    info() {},
    warn() {},
    error: (...line: unknown[]) => lines.push(JSON.stringify(line)),
  };
  const servers = { fake: { url: "http://127.0.0.1:1/mcp" } };
  const options = { manager, log, secrets, config: { listen: { port: 0 }, servers } };
  return { lines, options: options as never };
}

it("keeps the secrets of before a reload out of the log", async () => {
  const known = knownSecrets(secretReader({}));
  const before = await optionsWith(() => "first-secret");
  partsFrom(before.options, known, quiet).secrets(secret);
  const { lines, options } = await optionsWith(() => "second-secret");
  const parts = partsFrom(options, known, quiet);
  parts.secrets(secret);
  parts.log.error("server_error", { text: "first-secret, second-secret, none" });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain("none");
  expect(lines[0]).not.toContain("-secret");
});

it("refuses secrets that are not text", async () => {
  const known = knownSecrets(secretReader({}));
  const { options } = await optionsWith(async () => "late");
  expect(() => partsFrom(options, known, quiet).secrets(secret)).toThrow(
    expect.objectContaining({
      code: "secret_missing",
      message:
        'secrets, an option of createGateway, must return a string: it returned a promise for {"env":"TOKEN"}',
    }),
  );
  const wrong = await optionsWith("a secret");
  expect(() => partsFrom(wrong.options, known, quiet)).toThrow(
    "createGateway expects secrets to be a function, got a string.",
  );
  expect(partsFrom(options, known, quiet).secrets("of the configuration")).toBe(
    "of the configuration",
  );
});

it.each([
  [{ strickt: true }, 'audit, an option of createGateway, has no option "strickt".'],
  [{ strict: "true" }, 'The option "strict" expects a boolean, got string.'],
  [{ hooks: 1 }, 'The option "hooks" expects a boolean, got number.'],
  [true, "audit, an option of createGateway, expects its options in an object, got boolean."],
])("refuses %o as what it writes to the audit trail", async (audit, text) => {
  const { options } = await optionsWith(undefined);
  const known = knownSecrets(secretReader({}));
  const given = { ...(options as object), audit } as never;
  expect(() => partsFrom(given, known, quiet)).toThrow(text);
});
