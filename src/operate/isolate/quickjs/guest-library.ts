/**
 * The part of this library that plugins inside QuickJS get. The source text of `guestLibrary` runs
 * there, so it uses nothing else in this file and no syntax that compilers replace with helpers.
 *
 * Whatever it says is foreign: the plugin shares its realm and may have patched it. It uses indexes
 * and captured functions, and never the iterator of a list, so that a patched realm spoils as few
 * answers as possible.
 */

type Data = Record<string, unknown>;
type Names = Readonly<Record<string, string>>;

/** @param names maps of names, which are passed on unchanged */
export function guestLibrary(names: object) {
  const { stringify, parse } = JSON;
  const { freeze, getPrototypeOf, keys, defineProperty, hasOwn, prototype: objectProto } = Object;
  const { isArray, prototype: arrayProto } = Array;
  const { apply } = Reflect;
  const { isFinite: isFiniteNumber } = Number;
  const { exec } = RegExp.prototype;
  const { codePointAt, normalize, toLowerCase, trim } = String.prototype;
  const { get: weakGet, set: weakSet } = WeakMap.prototype;

  const isObject = (value: unknown): value is Data => typeof value === "object" && value !== null;
  const fits = (pattern: RegExp, text: string) => apply(exec, pattern, [text]) !== null;

  class GlassineError extends Error {
    override readonly name: string = "GlassineError";
    readonly code: string;
    readonly data: object;
    readonly #code: string;
    constructor(code: string, message: string, data: object = {}) {
      super(message);
      this.code = code;
      this.#code = code;
      this.data = freeze({ ...data });
    }
    /** The error's code, which cannot be forged; empty for other values. */
    static codeOf(value: unknown): string {
      return isObject(value) && #code in value ? value.#code : "";
    }
  }
  const { codeOf } = GlassineError;
  class RejectError extends GlassineError {
    override readonly name = "RejectError";
    readonly reason: string;
    constructor(reason: string) {
      const text = typeof reason === "string" && reason !== "" ? reason : "rejected";
      super("rejected", text);
      this.reason = text;
    }
  }
  const isGlassineError = (value: unknown) => codeOf(value) !== "";
  /** The error for a wrong call. */
  const misuse = (code: string, call: string, rest: string, more: object = {}) =>
    new GlassineError(code, call + rest, { call, ...more });

  // Data, in both directions.

  /** Freezes plain data deeply. Does as little as possible, since it dominates short turns. */
  function frozen<T>(value: T): T {
    for (const key in value) {
      const inside: unknown = value[key];
      if (typeof inside === "object" && inside !== null) frozen(inside);
    }
    return freeze(value) as T;
  }

  /** Returns the JSON of plain data. Refuses data that `JSON.stringify` would change. */
  function write(value: unknown, where: string, level = 0): string {
    if (typeof value === "string") return stringify(value);
    if (value === null || typeof value === "boolean") return `${value}`;
    if (typeof value === "number" && isFiniteNumber(value)) return value === 0 ? "0" : `${value}`;
    if (!isObject(value)) throw notJson(where, "snapshot_type", nameOf(value));
    // Also stops at circular data. The host reads fewer levels than this.
    if (level > 100) throw notJson(where, "snapshot_limit", "more than 100 levels");
    const isList = isArray(value);
    const proto = getPrototypeOf(value);
    if (proto !== (isList ? arrayProto : objectProto) && proto !== null)
      throw notJson(where, "snapshot_prototype", "an object of another kind");
    return isList ? writeList(value as never, where, level) : writeRecord(value, where, level);
  }
  function writeList(list: readonly unknown[], where: string, level: number): string {
    let out = "";
    for (let i = 0; i < list.length; i++)
      out += (i === 0 ? "" : ",") + write(list[i], where, level + 1);
    return `[${out}]`;
  }
  function writeRecord(record: Data, where: string, level: number): string {
    const inside = keys(record);
    let out = "";
    for (let i = 0; i < inside.length; i++) {
      const name = inside[i] as string;
      const value = record[name];
      if (value !== undefined)
        out += `${out === "" ? "" : ","}${stringify(name)}:${write(value, where, level + 1)}`;
    }
    return `{${out}}`;
  }
  const frozenCopy = (value: unknown, where: string) => {
    const copy: unknown = parse(write(value, where));
    return isObject(copy) ? frozen(copy) : copy;
  };
  const nameOf = (value: unknown) =>
    typeof value === "number" ? "a number that is not finite" : typeof value;
  const notJson = (where: string, code: string, got: string) =>
    new GlassineError(code, `Expected JSON data in ${where}, got ${got}.`);

  // Answers.

  const allowed = freeze({ __proto__: null, allow: true });
  const denials = new WeakMap<object, Data>();
  const healths = new WeakMap<object, { status: string; message: string }>();
  const manifests = new WeakMap<object, Data>();
  /** Views and edited views, with their plugin's capabilities. */
  const views = new WeakMap<object, readonly string[]>();
  const noted = <T>(notes: WeakMap<object, T>, value: unknown) =>
    isObject(value) ? (apply(weakGet, notes, [value]) as T | undefined) : undefined;
  const note = <T, O extends object>(notes: WeakMap<object, T>, value: O, what: T): O => {
    apply(weakSet, notes, [value, what]);
    return value;
  };

  const allow = () => allowed;

  const denialFields = { code: 0, reason: 0, description: 0, details: 0, plugin: 0, allow: 0 };
  function deny(input: unknown, ...others: readonly unknown[]): object {
    if (others.length > 0) throw denyExpects("one argument, such as { code, reason }, got more");
    const given = typeof input === "string" ? { reason: input } : input;
    if (!isObject(given)) throw denyExpects("a reason, or an object with one");
    const names = keys(given);
    for (let i = 0; i < names.length; i++) {
      if (hasOwn(denialFields, names[i] as string)) continue;
      throw denyExpects(`code, reason, description and details, got "${names[i]}"`);
    }
    const field = (key: string) => (hasOwn(given, key) ? given[key] : undefined);
    const { code = "denied" } = { code: field("code") };
    const reason = field("reason");
    const description = field("description");
    const details = field("details");
    if (typeof code !== "string" || !fits(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/, code))
      throw denyExpects("a code of letters, digits and _ . : -, at most 64 characters");
    if (typeof reason !== "string" || apply(trim, reason, []) === "")
      throw denyExpects("a reason that is not empty");
    if (description !== undefined && typeof description !== "string")
      throw denyExpects("a description that is a string");
    const isPlain = details === undefined || (isObject(details) && !isArray(details));
    if (!isPlain) throw denyExpects("details that are a plain object of JSON data");
    const denial = { __proto__: null, code, reason, description, details };
    try {
      // Read now, so that later changes have no effect.
      const data = parse(write(denial, "a denial")) as Data;
      return note(denials, freeze({ __proto__: null, deny: true }), data);
    } catch {
      throw denyExpects("details that are a plain object of JSON data");
    }
  }
  const denyExpects = (what: string) => new RejectError(`deny expects ${what}.`);

  function health(status: unknown, message: unknown = ""): object {
    if (typeof status !== "string" || !fits(/^(?:healthy|degraded|unhealthy|unknown)$/, status))
      throw new GlassineError(
        "options_invalid",
        "health expects healthy, degraded, unhealthy or unknown.",
      );
    if (typeof message !== "string")
      throw new GlassineError("options_invalid", "The message of health must be a string.");
    const answer = freeze({ __proto__: null, status, message });
    return note(healths, answer, { status, message });
  }

  function definePlugin(manifest: unknown): object {
    if (!isObject(manifest))
      throw new GlassineError("manifest_invalid", "definePlugin expects a manifest.");
    const { name, version, description } = manifest;
    const given = { ...manifest };
    return note(manifests, freeze({ name, version, description }), given);
  }

  // Edits of a view. The host decides which of them are kept.

  const extensionsOf = "the handler's extensions, its third parameter";

  function editing(call: string, view: unknown, slot: string, capability: string): Data {
    const capabilities = noted(views, view);
    if (capabilities === undefined)
      throw misuse("edit_denied", call, ` expects ${extensionsOf}, with the slot "${slot}".`);
    let isGranted = capability === "";
    for (let i = 0; i < capabilities.length; i++) isGranted ||= capabilities[i] === capability;
    if (!isGranted)
      throw misuse("edit_denied", call, ` needs the capability "${capability}".`, { capability });
    return view as Data;
  }
  const edited = (view: Data, slot: string, value: unknown) =>
    note(views, freeze({ ...view, [slot]: freeze(value) }), noted(views, view) ?? []);

  /** By code point. UTF-16 order differs: surrogates sort before U+E000…U+FFFF. */
  function isBefore(a: string, b: string): boolean {
    for (let i = 0; i < a.length && i < b.length; i++) {
      if (a[i] === b[i]) continue;
      const point = apply(codePointAt, a, [i]) as number;
      return point < (apply(codePointAt, b, [i]) as number);
    }
    return a.length < b.length;
  }
  const invisible = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/u;
  function addLabels(view: unknown, labels: unknown, more?: unknown): object {
    // A number is the index that `reduce` passes.
    if (more !== undefined && typeof more !== "number")
      throw misuse(
        "extensions_shape",
        "addLabels",
        " expects one label or one array of labels; got a third parameter. Pass several as [a, b].",
      );
    const given = editing("addLabels", view, "security", "append_labels");
    const list = typeof labels === "string" ? [labels] : (labels as readonly unknown[]);
    if (!isArray(list)) throw labelFault("extensions_shape");
    const security = (given.security ?? {}) as { readonly labels?: readonly string[] };
    const shown = security.labels ?? [];
    const union: string[] = [];
    for (let i = 0; i < shown.length; i++) union[i] = shown[i] as string;
    for (let i = 0; i < list.length; i++) insert(union, list[i]);
    if (union.length === shown.length) return given;
    return edited(given, "security", { ...security, labels: freeze(union) });
  }
  function insert(set: string[], label: unknown): void {
    const isLabel =
      typeof label === "string" &&
      fits(/^.{1,128}$/su, label) &&
      label[0] !== " " &&
      label[label.length - 1] !== " " &&
      !fits(invisible, label) &&
      apply(normalize, label, ["NFC"]) === label;
    if (!isLabel) throw labelFault("label_invalid");
    let at = set.length;
    for (; at > 0 && !isBefore(set[at - 1] as string, label); at--)
      if (set[at - 1] === label) return;
    for (let i = set.length; i > at; i--) set[i] = set[i - 1] as string;
    set[at] = label;
  }
  const labelFault = (code: string) =>
    misuse(code, "addLabels", ": expected labels, got something else.");
  function shown(call: string, view: unknown): Data {
    if (noted(views, view) !== undefined) return view as Data;
    throw misuse("extensions_invalid", call, ` expects ${extensionsOf}.`);
  }
  function hasLabel(view: unknown, label: unknown): boolean {
    const { security } = shown("hasLabel", view);
    if (typeof label !== "string")
      throw misuse("label_invalid", "hasLabel", " expects a label that is a string.");
    const labels = isObject(security) && isArray(security.labels) ? security.labels : [];
    for (let i = 0; i < labels.length; i++) if (labels[i] === label) return true;
    return false;
  }

  const lowered = (name: string) => apply(toLowerCase, name, []) as string;
  const maps = ["headers", "request_headers"] as const;
  /** The spelling of a name in a map; `undefined` if the map lacks it. */
  function spellingOf(map: unknown, lower: string): string | undefined {
    const spellings = isObject(map) ? keys(map) : [];
    for (let i = 0; i < spellings.length; i++)
      if (lowered(spellings[i] as string) === lower) return spellings[i];
    return undefined;
  }
  function getHeader(view: unknown, name: unknown): string | undefined {
    const { http } = shown("getHeader", view);
    if (typeof name !== "string")
      throw misuse("header_invalid", "getHeader", " expects a name that is a string.");
    if (!isObject(http)) return undefined;
    for (let i = 0; i < maps.length; i++) {
      const map = http[maps[i] as string];
      const spelling = spellingOf(map, lowered(name));
      if (spelling !== undefined) return (map as Names)[spelling];
    }
    return undefined;
  }
  const framing =
    /^(?:connection|content-length|host|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade)$/;
  function setHeader(view: unknown, name: unknown, value: unknown): object {
    return putHeader("setHeader", view, name, value);
  }
  function removeHeader(view: unknown, name: unknown): object {
    return putHeader("removeHeader", view, name, undefined);
  }
  function putHeader(call: string, view: unknown, name: unknown, value: unknown): object {
    const given = editing(call, view, "http", "write_headers");
    const isRemoval = call === "removeHeader";
    if (typeof name !== "string" || (!isRemoval && typeof value !== "string"))
      throw misuse("header_invalid", call, " expects a name and a value that are strings.");
    const lower = lowered(name);
    const isFit =
      fits(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, name) &&
      !fits(framing, lower) &&
      (isRemoval || fits(/^[\t\x20-\x7e\x80-\xff]*$/, value as string));
    if (!isFit)
      throw misuse(
        "header_invalid",
        call,
        ` may not write the header ${stringify(name)}, or its value is malformed.`,
      );
    const http = (given.http ?? {}) as Data;
    const isThere = (map: unknown) => spellingOf(map, lower) !== undefined;
    const isAnywhere = isThere(http.headers) || isThere(http.request_headers);
    if (!isAnywhere && isRemoval) return given;
    const isOlder = http.request_headers === undefined || keys(http.headers ?? {}).length > 0;
    const used = isOlder ? "headers" : "request_headers";
    const next: Data = { ...http };
    for (let i = 0; i < maps.length; i++) {
      const field = maps[i] as string;
      if (isAnywhere ? isThere(http[field]) : field === used)
        next[field] = withHeader(http[field], name, lower, value);
    }
    return edited(given, "http", next);
  }
  /**
   * All headers, with this one where it was first, else at the end, or removed if it has no value.
   */
  function withHeader(map: unknown, name: string, lower: string, value: unknown): object {
    const out: Data = {};
    let isWritten = value === undefined;
    const spellings = isObject(map) ? keys(map) : [];
    for (let i = 0; i < spellings.length; i++) {
      const spelling = spellings[i] as string;
      if (lowered(spelling) !== lower) put(out, spelling, (map as Data)[spelling]);
      else if (!isWritten) {
        put(out, spelling, value);
        isWritten = true;
      }
    }
    if (!isWritten) put(out, name, value);
    return freeze(out);
  }
  /** Sets an own property, even with the name `__proto__`. */
  function put(record: Data, key: string, value: unknown): void {
    const rest = { enumerable: true, writable: true, configurable: true };
    defineProperty(record, key, { __proto__: null, value, ...rest } as PropertyDescriptor);
  }

  function setCustom(view: unknown, key: unknown, value: unknown): object {
    const given = editing("setCustom", view, "custom", "");
    if (typeof key !== "string")
      throw misuse(
        "snapshot_key",
        "setCustom",
        ": expected a key that is a string, got another value.",
      );
    const next: Data = { ...(given.custom as object) };
    if (value === undefined) delete next[key];
    else put(next, key, frozenCopy(value, "setCustom"));
    return edited(given, "custom", next);
  }

  // Messages.

  function partOf(kind: string, value: unknown): object {
    if (typeof value !== "string")
      throw new GlassineError("message_invalid", `${kind} expects a string.`);
    return freeze({ content_type: kind, text: value });
  }
  const text = (value: unknown) => partOf("text", value);
  const thinking = (value: unknown) => partOf("thinking", value);
  const freezePayload = (value: unknown) => frozenCopy(value, "freezePayload");

  const api: object = {
    addLabels,
    allow,
    definePlugin,
    deny,
    getHeader,
    GlassineError,
    hasLabel,
    isGlassineError,
    RejectError,
    removeHeader,
    setCustom,
    setHeader,
    freezePayload,
    health,
    text,
    thinking,
    ...frozen(names),
  };
  /** What `guestTurns` needs. */
  const kit = {
    allowed,
    denials,
    healths,
    manifests,
    views,
    noted,
    note,
    isObject,
    frozen,
    write,
    put,
    codeOf,
  };
  return { api, kit };
}
