/** `plugins sign TARBALL`: the key comes from a file or from standard input. */
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { platform } from "node:process";
import * as z from "zod";
import { type ByteSource, defineCommand } from "../command.ts";
import { publisher, text, warnings } from "../documents.ts";
import { misuse, refusal } from "../failure.ts";
import { sharedOptions } from "../options.ts";
import { shortHash } from "../print/parts.ts";
import { printableJson, say } from "../print/printable.ts";
import { texts } from "../texts.ts";

/** More than any private key needs. */
const maxKeyBytes = 64 * 1024;

export const sign = defineCommand({
  path: ["plugins", "sign"],
  summary: "sign your own package, as the author of a plugin",
  about: [
    "Adds glassine.sig.json to a tarball made by `npm pack`. The signature covers every file, so sign last.",
    "The key is read from a file or from standard input, never from the command line.",
    "Prints the entry for an operator's key file.",
  ],
  arguments: [{ name: "TARBALL", what: "a tarball made by `npm pack`" }],
  options: {
    key: {
      flag: "--key",
      value: "PEM",
      what: "the file with the private key, or - for standard input",
    },
    identity: sharedOptions.identity,
    keyId: sharedOptions.keyId,
  },
  examples: [
    {
      line: "plugins sign guard-1.0.0.tgz --key ../signing.pem --identity builder@example.com",
      what: "sign a tarball",
    },
    {
      line: "plugins sign guard-1.0.0.tgz --key - --identity builder@example.com < ../signing.pem",
      what: "the same, with the key from standard input",
    },
  ],
  namesItself: true,
  schema: z.object({
    action: z.literal("sign"),
    package: text,
    version: text,
    distribution_hash: text,
    identity: text,
    key_id: text,
    evidence: text.describe("The path of the signature."),
    publisher,
    warnings,
  }),
  async run({ services, host, cwd, stdin, operands, options, paint }) {
    const { key, identity, keyId } = options;
    if (key === undefined) throw misuse(texts.needsOne("--key"));
    if (identity === undefined) throw misuse(texts.needsOne("--identity"));
    if (/[\r\n]|-----/.test(key)) throw misuse(texts.keyAsArgument);
    const fromFile = key === "-" ? undefined : await readKey(resolve(cwd, key));
    const pem = fromFile?.text ?? (await readAll(stdin));
    if (pem.trim() === "")
      throw refusal("options_invalid", "sign: what --key names contains no key");
    const path = resolve(cwd, operands[0] ?? "");
    const warnings: string[] = [];
    if (fromFile?.isOpen === true)
      warnings.push("the key file can be read by others: `chmod 600` keeps it to its owner");
    const signed = await services
      .sign({ path, key: pem, identity, keyId }, host)
      .catch((error: NodeJS.ErrnoException) => {
        // Node names the path only in some errors.
        if (error.syscall === undefined || error.path !== undefined) throw error;
        throw refusal("io_failed", say`sign: ${path} cannot be signed: ${error.message}`);
      });
    warnings.push(...signed.warnings);
    const { key_id, public_key } = signed;
    const entry = { identity: signed.identity, key_id, public_key };
    return {
      exitCode: 0,
      document: { ...signed, action: "sign" as const, publisher: entry, warnings },
      lines: [
        `${paint.good("signed:")} ${say`${signed.package} ${signed.version} (${shortHash(signed.distribution_hash)})`}`,
        say`  identity: ${signed.identity}`,
        say`  key:      ${key_id}`,
        say`  evidence: ${signed.evidence}`,
        texts.forOperators,
        `  ${printableJson(entry)}`,
      ],
      warnings,
      hasChanged: true,
    };
  },
});

/** Messages never contain the path, because it could be the key itself, passed by mistake. */
async function readKey(path: string): Promise<{ text: string; isOpen: boolean }> {
  try {
    const file = await open(path, "r");
    try {
      const stats = await file.stat();
      const isOpen = platform !== "win32" && stats.isFile() && (stats.mode & 0o077) !== 0;
      return { text: await readAll(file.createReadStream({ autoClose: false })), isOpen };
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const message = `sign: the key file cannot be read: ${code} (its name is not repeated: it may be the key)`;
    throw refusal("io_failed", message);
  }
}

async function readAll(source: ByteSource): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of source) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > maxKeyBytes)
      throw refusal("options_invalid", "sign: the key is longer than a private key can be");
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}
