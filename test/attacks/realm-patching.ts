/**
 * Tools to patch the realm, and to put it back. Each patch counts who calls it.
 *
 * What runs while patches are on uses no method of a prototype and no iteration.
 */
import ts from "typescript-5.9";

const { assign, create } = Object;
const { defineProperty, deleteProperty, getOwnPropertyDescriptor, ownKeys } = Reflect;
const define = (target: object, key: PropertyKey, descriptor: PropertyDescriptor) =>
  defineProperty(target, key, assign(create(null), descriptor));

export interface Patch {
  readonly apply: () => void;
  /** What `detectTampering` says of it, a line each: `Promise replaced`. */
  readonly told: readonly string[];
}

interface Undo {
  readonly back: () => void;
  readonly next: Undo | undefined;
}
let undo: Undo | undefined;

/** Takes every patch back. */
export function restore(): void {
  for (; undo !== undefined; undo = undo.next) undo.back();
  Array.prototype.length = 0;
}

let seen: Record<string, true> = create(null);
/** What was called, of all that patches put in place, since the last time this was asked. */
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
    told: keys.map((key) => toldOf(name, target, key)),
  };
}

/** Each name of a property in the sources, and each string that could be one. */
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

function toldOf(owner: string, target: object, key: PropertyKey): string {
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
  told: patches.flatMap(({ told }) => told),
});

const throwing = (name: string): PropertyDescriptor => ({
  writable: true,
  value: () => {
    called(name);
    throw new Error(`${name} is patched`);
  },
});
/** Methods that throw when anybody calls them. */
export const methods = (name: string, target: object, ...names: readonly PropertyKey[]): Patch =>
  patch(
    name,
    target,
    Object.fromEntries(names.map((key) => [key, throwing(`${name} ${String(key)}`)])),
  );
/** Methods that give what is said, whatever they are asked. */
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
/** Inherited by every plain object, and listed by a loop over keys. */
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
