/** `plugins keygen FILE`: a key to sign with, and what an operator is told of it. */
import { resolve } from "node:path";
import type { Handler } from "../command-context.ts";
import { misuse, refusal } from "../failure.ts";
import { optionTable } from "../option-table.ts";
import { printable, printableJson } from "../print/printable.ts";
import { texts } from "../texts.ts";

export const keygen: Handler = async ({ services, cwd, operands, options, paint }) => {
  const { identity, keyId } = options;
  if (identity === undefined) throw misuse(texts.needsOne(optionTable.identity.flag));
  const path = resolve(cwd, operands[0] ?? "");
  const request = { path, identity, keyId };
  const made = await services.makeKey(request).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "EEXIST" ? refusal("io_failed", texts.keyExists) : error;
  });
  const publisher = { identity, key_id: made.keyId, public_key: made.publicKey };
  return {
    exitCode: 0,
    document: { action: "keygen", key: path, publisher },
    lines: [
      `${paint.good("made:")} ${printable(path)}`,
      texts.forOperators,
      `  ${printableJson(publisher)}`,
    ],
    warnings: [],
  };
};
