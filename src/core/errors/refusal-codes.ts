import type { ErrorCodeSpec } from "./code-spec.ts";

/**
 * The codes of values that are refused. Part of `errorCodes`, and apart from it because a manager
 * shows their meaning, so a bundle with one contains these and none of the others.
 */
export const refusalCodes = {
  // What a value handed in or handed back looks like, before it means anything.
  snapshot_accessor: {
    means: "A property is a getter or setter. Only plain data properties are read.",
    todo: "Return an object literal with values, not accessors.",
  },
  snapshot_proxy: {
    means: "The value, or a part of it, is a Proxy.",
    todo: "Return a plain object. Use `amend`, or a copy of the draft.",
  },
  snapshot_prototype: {
    means:
      "An object is not a plain record or array: a class instance, Set, Map, Date or foreign object.",
    todo: "Return object literals and arrays only.",
  },
  snapshot_key: {
    means: "A key is a symbol, not enumerable, `__proto__`, too long, or not valid Unicode.",
    todo: "Use ordinary enumerable string keys.",
  },
  snapshot_type: {
    means: "A value is not JSON: a function, symbol, bigint, NaN, Infinity, or a hole in an array.",
    todo: "Return JSON data.",
  },
  snapshot_string: {
    means: "A string contains a lone surrogate, so it is not valid Unicode.",
    todo: "Repair the string before returning it.",
  },
  snapshot_cycle: {
    means: "A value contains itself.",
    todo: "Return a tree.",
  },
  snapshot_limit: {
    means: "A value is deeper, larger or longer than the limit allows.",
    todo: "Return less, or ask the operator to raise the limit.",
  },
  // Shape and content of extensions and results.
  result_shape: {
    means:
      "A handler returned something that is not a result, or a result document cannot be read.",
    todo: "Return nothing, allow(), deny(…) or { modifiedPayload?, modifiedExtensions?, metadata? }. Compare a document with spec/schemas/result.schema.json.",
  },
  extensions_shape: {
    means: "A slot or field does not have its type in the slot table.",
    todo: "Compare the path with docs/slots.md.",
  },
  slot_unknown: {
    means: "A slot, or a field of a closed slot, is not in the slot table.",
    todo: "Spell it as in docs/slots.md, or add a slot with defineHost.",
  },
  label_invalid: {
    means:
      "A label is empty, too long, not NFC, padded, or contains control or invisible characters.",
    todo: "Use a short printable string such as `PII`.",
  },
  header_invalid: {
    means: "A header name or value is malformed, or the name is one a plugin may never write.",
    todo: "Use a token as name and printable Latin-1 text as value.",
  },
  header_duplicate: {
    means: "A header was added although its name exists in another case.",
    todo: "Change the existing header, as setHeader does.",
  },
  payload_shape: {
    means: "A modified payload does not match the hook's payload type.",
    todo: "Compare the path with docs/hooks.md.",
  },
  edit_denied: {
    means: "A helper or recipe tried a change that the view does not allow.",
    todo: "Declare the capability that writes the slot. Where the message speaks of this copy of the library, the plugin brought another: make glassine its peer dependency.",
  },
} as const satisfies { readonly [code: string]: ErrorCodeSpec };
