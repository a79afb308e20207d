/** The slot table as a flat list of parts, and which of them a grant opens. */
export {
  growingLists,
  growingSets,
  isHidden,
  isOpen,
  mayWrite,
  type Part,
  partsOf,
} from "../../src/testing/parts.ts";
