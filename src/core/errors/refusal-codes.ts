/** What happened, and how to fix it. */
export interface ErrorCodeSpec {
  readonly means: string;
  readonly todo: string;
}

/**
 * The codes for refused values, and what each means. Part of `errorCodes`, but a separate table
 * because a manager reports these meanings: a bundle with a manager contains no other codes.
 */
export const refusalMeanings = {
  // Values that cannot be read as plain data, whatever they mean.
  snapshot_accessor: "A property is a getter or setter. Only plain data properties are read.",
  snapshot_proxy: "The value, or a part of it, is a Proxy.",
  snapshot_prototype:
    "An object is not a plain record or array: a class instance, Set, Map, Date or foreign object.",
  snapshot_key: "A key is a symbol, not enumerable, `__proto__`, too long, or not valid Unicode.",
  snapshot_type:
    "A value is not JSON: a function, symbol, bigint, NaN, Infinity, or a hole in an array.",
  snapshot_string: "A string contains a lone surrogate, so it is not valid Unicode.",
  snapshot_cycle: "A value contains itself.",
  snapshot_limit: "A value is deeper, larger or longer than the limit allows.",
  // Shape and content of extensions and results.
  result_shape:
    "A handler returned something that is not a result, or a result document cannot be read.",
  extensions_shape: "A slot or field does not have its type in the slot table.",
  slot_unknown: "A slot, or a field of a closed slot, is not in the slot table.",
  label_invalid:
    "A label is empty, too long, not NFC, padded, or contains control or invisible characters.",
  header_invalid:
    "A header name or value is malformed, or the name is one a plugin may never write.",
  header_duplicate: "A header was added although its name exists in another case.",
  payload_shape: "A modified payload does not match the hook's payload type.",
  edit_denied: "A helper or recipe tried a change that the view does not allow.",
} as const satisfies { readonly [code: string]: string };

type RefusalCode = keyof typeof refusalMeanings;

/** How to fix each. */
const todos: Readonly<Record<RefusalCode, string>> = {
  snapshot_accessor: "Return an object literal with values, not accessors.",
  snapshot_proxy: "Return a plain object. Use `amend`, or a copy of the draft.",
  snapshot_prototype: "Return object literals and arrays only.",
  snapshot_key: "Use ordinary enumerable string keys.",
  snapshot_type: "Return JSON data.",
  snapshot_string: "Repair the string before returning it.",
  snapshot_cycle: "Return a tree.",
  snapshot_limit: "Return less, or ask the operator to raise the limit.",
  result_shape:
    "Return nothing, allow(), deny(…) or { modifiedPayload?, modifiedExtensions?, metadata? }. Compare a document with spec/schemas/result.schema.json.",
  extensions_shape: "Compare the path with docs/slots.md.",
  slot_unknown: "Spell it as in docs/slots.md, or add a slot with defineHost.",
  label_invalid: "Use a short printable string such as `PII`.",
  header_invalid: "Use a token as name and printable Latin-1 text as value.",
  header_duplicate: "Change the existing header, as setHeader does.",
  payload_shape: "Compare the path with docs/hooks.md.",
  edit_denied:
    "Declare the capability that writes the slot, and pass the view itself: the handler's third parameter, not a copy of it. If it is the view, the plugin brought its own copy of the library: make glassine its peer dependency, and install the tarball of `npm pack` where the host is.",
};

/** Meanings and fixes together, in the form `errorCodes` has. */
export const refusalCodes = /* @__PURE__ */ Object.fromEntries(
  /* @__PURE__ */ Object.entries(refusalMeanings).map(([code, means]) => [
    code,
    { means, todo: todos[code as RefusalCode] },
  ]),
) as Readonly<Record<RefusalCode, ErrorCodeSpec>>;
