/** The slot table as a flat list of parts, and what a grant opens of them. */
export {
  growingLists,
  growingSets,
  isHidden,
  isOpen,
  mayWrite,
  type Part,
  partsOf,
} from "../../src/testing/parts.ts";
