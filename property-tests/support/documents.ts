/** Extension documents and grants, read off the slot table. */
export { closureOf, documentsOf, grantsOf } from "../../src/testing/documents.ts";
