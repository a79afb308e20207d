/** `plugins sign PACKAGE`: the key comes from a file or from standard input. */
import { open } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { platform } from "node:process";
import type { ByteSource, Handler } from "../command-context.ts";
import { misuse, refusal } from "../failure.ts";
import { optionTable } from "../option-table.ts";
import { signDocument, signLines } from "../print/sign.ts";
import { texts } from "../texts.ts";

/** More than any private key has. */
const maxKeyBytes = 64 * 1024;

export const sign: Handler = async ({ services, cwd, stdin, operands, options, paint }) => {
  const { key, identity, keyId } = options;
  if (key === undefined) throw misuse(texts.needsOne(optionTable.key.flag));
  if (identity === undefined) throw misuse(texts.needsOne(optionTable.identity.flag));
  if (/[\r\n]|-----/.test(key)) throw misuse(texts.keyAsArgument);
  const fromFile = key === "-" ? undefined : await readKey(resolve(cwd, key));
  const text = fromFile?.text ?? (await readAll(stdin));
  if (text.trim() === "") throw refusal("options_invalid", texts.noKey);
  const path = resolve(cwd, operands[0] ?? "");
  const exposed = [
    ...(fromFile?.isOpen === true ? [texts.keyReadable] : []),
    ...(fromFile !== undefined && isInside(path, resolve(cwd, key)) ? [texts.keyInside] : []),
  ];
  const signed = await services.sign({ path, key: text, identity, keyId });
  const report = { ...signed, warnings: [...exposed, ...signed.warnings] };
  return {
    exitCode: 0,
    document: signDocument(report),
    lines: signLines(report, paint),
    warnings: report.warnings,
  };
};

function isInside(folder: string, path: string): boolean {
  const from = relative(folder, path);
  return from !== ".." && !from.startsWith(`..${sep}`) && !isAbsolute(from);
}

/** No message has the path: somebody may have given the key in its place. */
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
    throw code === undefined ? error : refusal("io_failed", texts.keyFile(code));
  }
}

async function readAll(source: ByteSource): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of source) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > maxKeyBytes) throw refusal("options_invalid", texts.keyTooLong);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}
