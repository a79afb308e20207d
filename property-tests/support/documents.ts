/** Extension documents and grants, derived from the slot table. */
export { closureOf, documentsOf, grantsOf } from "../../src/testing/documents.ts";
