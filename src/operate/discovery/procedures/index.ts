export type { CheckedProcedure } from "./check-procedure.ts";
export {
  defineProcedure,
  type Procedure,
  type ProcedureClass,
  procedureKind,
} from "./define-procedure.ts";
export { defineKind, type Kind } from "./kinds.ts";
