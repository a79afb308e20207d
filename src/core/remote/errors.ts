/** The wire format of what a handler in another process threw. */
import type * as z from "zod/mini";
import { expectOptions, writeText } from "../data/index.ts";
import {
  type ErrorCode,
  errorCodes,
  GlassineError,
  ownErrorCode,
  RejectError,
} from "../errors/index.ts";
import { oneLine, rejectionOf } from "../hooks/index.ts";
import { describeThrown } from "../observe/index.ts";
import { readPlain } from "../schema/index.ts";
import { checkOptions, type DecodeWireOptions, misuse, ownDatum, readWire } from "./documents.ts";
import { compileDocument, errorSchema, internalError } from "./schemas.ts";

/** Options of `encodeError`. */
export interface EncodeErrorOptions {
  /** The plugin whose handler threw. */
  readonly plugin: string;
  /** Facts for the host: plain JSON data. */
  readonly details?: { readonly [key: string]: unknown } | undefined;
  /** The protocol's error code. Default -32603, an internal error. */
  readonly mcpErrorCode?: number | undefined;
}

const maxMessage = 500;
const maxName = 64;

/**
 * Returns what was thrown as text for another process: a message on one line and, for an error of
 * this library, its error code. The stack is left out, and no getter or trap of the thrown value
 * runs.
 *
 * @throws GlassineError `options_invalid`
 * @see spec `remote:error`
 * @example
 * ```ts
 * import { decodeError, encodeError } from "glassine/remote";
 *
 * const text = encodeError(new Error("No model is loaded."), { plugin: "scanner" });
 * console.log(decodeError(text).message); // No model is loaded.
 * ```
 */
export function encodeError(thrown: unknown, options: EncodeErrorOptions): string {
  // The data of an error that was decoded has more.
  checkOptions(options, "encodeError");
  const { plugin, details, mcpErrorCode = internalError } = options;
  if (typeof plugin !== "string" || readPlain(plugin) === undefined) {
    throw misuse("plugin", "the plugin's name");
  }
  if (!Number.isSafeInteger(mcpErrorCode)) throw misuse("mcpErrorCode", "a whole number");
  const read = details === undefined ? undefined : readPlain(details);
  if (details !== undefined && (typeof read !== "object" || read === null || Array.isArray(read))) {
    throw misuse("details", "a plain object of JSON data");
  }
  const code = codeOf(thrown);
  return writeText({
    message: rejectionOf(thrown)?.reason ?? shownMessage(describeThrown(thrown).text),
    plugin_name: plugin,
    code,
    details: read,
    mcp_error_code: mcpErrorCode,
  });
}

/** An error that came from another process keeps the code it had there. */
function codeOf(thrown: unknown): string {
  const code = ownErrorCode(thrown);
  if (code === undefined) return "";
  const remoteCode = ownDatum(ownDatum(thrown, "data"), "remoteCode");
  return typeof remoteCode === "string" ? oneLine(remoteCode, maxName) : code;
}

function shownMessage(message: string): string {
  const line = oneLine(message, maxMessage);
  return line === "" ? "It threw something without a message." : line;
}

const reader = compileDocument(errorSchema);

type ErrorDocument = Readonly<z.output<typeof errorSchema>>;

/**
 * Returns the error in a document from another process, for the handler to throw. Its code is the
 * document's if this library knows it, otherwise `handler_error`. `data` has `plugin`,
 * `remoteCode`, `details` and `mcpErrorCode`. The message is the other side's text: on one line,
 * capped, never trusted.
 *
 * @throws GlassineError `syntax_invalid`, `document_invalid`, `options_invalid`
 * @see spec `remote:error`
 * @example
 * ```ts
 * import { decodeError } from "glassine/remote";
 *
 * const error = decodeError({ message: "Out of memory", plugin_name: "scanner", code: "oom" });
 * console.log(error.code, error.data.remoteCode); // handler_error oom
 * ```
 */
export function decodeError(input: unknown, options: DecodeWireOptions = {}): GlassineError {
  expectOptions(options, ["limits"], "decodeError");
  const what = { what: "plugin error", code: "document_invalid" } as const;
  const { document } = readWire<ErrorDocument>(reader, input, what, options);
  const { message, plugin_name: plugin, code = "", details } = document;
  const data = {
    plugin: oneLine(plugin, maxName),
    remoteCode: oneLine(code, maxName),
    details,
    mcpErrorCode: document.proto_error_code ?? document.mcp_error_code,
  };
  const known: ErrorCode = Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : "handler_error";
  // As in the host's process, a handler can deny by throwing.
  if (known === "rejected") return new RejectError(shownMessage(message));
  return new GlassineError(known, shownMessage(message), data);
}
