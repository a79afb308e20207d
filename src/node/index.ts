/** glassine/node: what needs Node. */
export type { AuditEvent, AuditSink } from "../audit/index.ts";
export {
  type FileAuditSink,
  type FileAuditSinkOptions,
  fileAuditSink,
} from "./file-audit-sink.ts";
export { streamAuditSink, type WritableLike } from "./stream-audit-sink.ts";
