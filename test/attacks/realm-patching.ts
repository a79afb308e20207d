/**
 * Tools to patch and restore the realm. Each patch counts its calls.
 *
 * Code that runs while patches are active uses no prototype methods and no iteration.
 */
import ts from "typescript-5.9";

const { assign, create } = Object;
const { defineProperty, deleteProperty, getOwnPropertyDescriptor, ownKeys } = Reflect;
const define = (target: object, key: PropertyKey, descriptor: PropertyDescriptor) =>
  defineProperty(target, key, assign(create(null), descriptor));

export interface Patch {
  readonly apply: () => void;
  /** What `detectTampering` reports, one line each: `Promise replaced`. */
  readonly changes: readonly string[];
}

interface Undo {
  readonly back: () => void;
  readonly next: Undo | undefined;
}
let undo: Undo | undefined;

/** Removes every patch. */
export function restore(): void {
  for (; undo !== undefined; undo = undo.next) undo.back();
  Array.prototype.length = 0;
}

let seen: Record<string, true> = create(null);
/** Which patched functions were called since the last call of this. */
export function takeCalled(): readonly string[] {
  const names = Object.keys(seen);
  seen = create(null);
  return names;
}
export function called(name: string): void {
  seen[name] = true;
}

type Properties = Readonly<Record<PropertyKey, PropertyDescriptor>>;

/** Replaces properties of a built-in object. */
export function patch(name: string, target: object, properties: Properties): Patch {
  const keys = ownKeys(properties);
  return {
    apply: () => {
      for (let i = 0; i < keys.length; i++) {
        const key = keys[i] as string;
        const before = getOwnPropertyDescriptor(target, key);
        const next = undo;
        undo = {
          next,
          back: () => {
            if (before === undefined) deleteProperty(target, key);
            else define(target, key, before);
          },
        };
        define(target, key, { configurable: true, ...properties[key] });
      }
    },
    changes: keys.map((key) => changeOf(name, target, key)),
  };
}

/** Each property name in the sources, and each string that could be one. */
export function namesIn(sources: readonly string[]): readonly string[] {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && isPropertyName(node)) names.add(node.text);
    if (ts.isStringLiteralLike(node) && /^[A-Za-z_$][\w$]*$/.test(node.text)) names.add(node.text);
    ts.forEachChild(node, visit);
  };
  for (const source of sources) {
    visit(ts.createSourceFile("source.ts", source, ts.ScriptTarget.Latest, true));
  }
  return [...names].filter((name) => !(name in Object.prototype));
}

function isPropertyName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  if (ts.isBindingElement(parent)) return ts.isObjectBindingPattern(parent.parent);
  return (
    ts.isPropertySignature(parent) ||
    ts.isPropertyAssignment(parent) ||
    ts.isShorthandPropertyAssignment(parent)
  );
}

function changeOf(owner: string, target: object, key: PropertyKey): string {
  const text = String(key);
  const inside = /^[A-Za-z_$][\w$]*$/.test(text) ? `.${text}` : `["${text}"]`;
  const place = typeof key === "symbol" ? `[${key.description}]` : inside;
  const change = Object.hasOwn(target, key) ? "replaced" : "added";
  return `${owner === "" ? text : owner + place} ${change}`;
}

export const all = (...patches: readonly Patch[]): Patch => ({
  apply: () => {
    for (let i = 0; i < patches.length; i++) patches[i]?.apply();
  },
  changes: patches.flatMap(({ changes }) => changes),
});

const throwing = (name: string): PropertyDescriptor => ({
  writable: true,
  value: () => {
    called(name);
    throw new Error(`${name} is patched`);
  },
});
/** Methods that throw when called. */
export const methods = (name: string, target: object, ...names: readonly PropertyKey[]): Patch =>
  patch(
    name,
    target,
    Object.fromEntries(names.map((key) => [key, throwing(`${name} ${String(key)}`)])),
  );
/** Methods that return the given values, whatever their arguments. */
export const answering = (
  name: string,
  target: object,
  answers: Readonly<Record<PropertyKey, unknown>>,
): Patch =>
  patch(
    name,
    target,
    Object.fromEntries(
      ownKeys(answers).map((key) => {
        const answer = answers[key as string];
        const value = () => {
          called(`${name} ${String(key)}`);
          return answer;
        };
        return [key, { writable: true, value }];
      }),
    ),
  );
export const everyMethod = (name: string, target: object): Patch => {
  const isMethod = (key: PropertyKey) =>
    key !== "constructor" &&
    !String(key).startsWith("Symbol(k") &&
    typeof getOwnPropertyDescriptor(target, key)?.value === "function" &&
    getOwnPropertyDescriptor(target, key)?.configurable === true;
  return methods(name, target, ...ownKeys(target).filter(isMethod));
};
export const globals = (...names: readonly string[]): Patch => methods("", globalThis, ...names);

export const plain = (value: unknown): PropertyDescriptor => ({ value, writable: true });
/** Inherited by every plain object, and visited by `for … in`. */
export const inherited = (value: unknown): PropertyDescriptor => ({
  ...plain(value),
  enumerable: true,
});
export const getting = (name: string, value: unknown): PropertyDescriptor => ({
  get: () => {
    called(name);
    return value;
  },
  set: () => called(name),
});
