/** `plugins keygen FILE` */
import { dirname, resolve } from "node:path";
import * as z from "zod";
import { readPackageJson, systemCode, upFrom } from "../../packages/index.ts";
import { defineCommand } from "../command.ts";
import { publisher, text, warnings } from "../documents.ts";
import { misuse, refusal } from "../failure.ts";
import { sharedOptions } from "../options.ts";
import { printable, printableJson, say } from "../print/printable.ts";
import { texts } from "../texts.ts";

export const keygen = defineCommand({
  path: ["plugins", "keygen"],
  summary: "create a signing key, as the author of a plugin",
  about: [
    "Writes a private key to a new file that only its owner can read.",
    "Prints the entry for an operator's key file.",
  ],
  arguments: [{ name: "FILE", what: "the new file for the private key" }],
  options: { identity: sharedOptions.identity, keyId: sharedOptions.keyId },
  examples: [
    { line: "plugins keygen ../signing.pem --identity builder@example.com", what: "create a key" },
  ],
  namesItself: true,
  schema: z.object({
    action: z.literal("keygen"),
    key: text.describe("The path of the private key."),
    publisher,
    warnings,
  }),
  async run({ services, cwd, operands, options, paint }) {
    const { identity, keyId } = options;
    if (identity === undefined) throw misuse(texts.needsOne("--identity"));
    const path = resolve(cwd, operands[0] ?? "");
    const made = await services
      .makeKey({ path, identity, keyId })
      .catch((error: NodeJS.ErrnoException) => {
        if (error.code === "EEXIST")
          throw refusal(
            "io_failed",
            "keygen: the file already exists and is not overwritten: choose another name",
          );
        if (error.code === "ENOENT")
          throw refusal("io_failed", say`keygen: the folder ${dirname(path)} does not exist`);
        if (error.syscall === undefined) throw error;
        throw refusal("io_failed", say`keygen: ${path} cannot be written: ${systemCode(error)}`);
      });
    const folder = await packageAround(dirname(path));
    const warnings = folder === undefined ? [] : [texts.keyInPackage(folder)];
    const entry = { identity, key_id: made.keyId, public_key: made.publicKey };
    return {
      exitCode: 0,
      document: { action: "keygen" as const, key: path, publisher: entry, warnings },
      lines: [
        `${paint.good("created:")} ${printable(path)}`,
        texts.forOperators,
        `  ${printableJson(entry)}`,
      ],
      warnings,
      hasChanged: true,
    };
  },
});

/** Returns the folder of the package around a folder that npm would publish, if there is one. */
async function packageAround(folder: string): Promise<string | undefined> {
  for (const each of upFrom(folder)) {
    const file = await readPackageJson(each);
    if (!("fault" in file) && file.data?.private !== true) return each;
  }
  return undefined;
}
