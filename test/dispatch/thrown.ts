/** What a handler may throw: plain values, and some that count and refuse to be read. */
import { inspect } from "node:util";
import { allow, deny, GlassineError } from "glassine";

/** What each thrown value holds, if it can contain a string. */
export const secret = "Bearer s3cret";

let readings = 0;

/** How often a thrown value was read since the last call. */
export function readingsSoFar(): number {
  const count = readings;
  readings = 0;
  return count;
}

function note(): never {
  readings += 1;
  throw new Error(secret);
}

/** An object on which every read is counted and throws. */
function trapped(): object {
  const thrown = {};
  const names = ["message", "stack", "name", "code", "cause", "toString", "toJSON", "then"];
  const symbols = [inspect.custom, Symbol.toPrimitive, Symbol.toStringTag];
  for (const key of [...names, "constructor", ...symbols]) {
    Object.defineProperty(thrown, key, { get: note });
  }
  return thrown;
}

const allTraps = () => new Proxy({}, new Proxy({}, { get: note }));

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function circular(): Error {
  const error = new Error(secret);
  error.cause = error;
  return error;
}

export const thrownValues: Readonly<Record<string, () => unknown>> = {
  "an error": () => new Error(secret),
  "a string": () => secret,
  "a long text": () => secret.repeat(100_000),
  null: () => null,
  undefined: () => undefined,
  "a frozen object": () => Object.freeze({ message: secret }),
  "a proxy": allTraps,
  "a revoked proxy": revoked,
  "an object with throwing getters": trapped,
  "an object without prototype": () => Object.assign(Object.create(null), { message: secret }),
  "an error with a cause": () => new Error("outer", { cause: new Error(secret) }),
  "an error that is its own cause": circular,
  "a symbol": () => Symbol(secret),
  "a function": () => () => secret,
};

/** Values that claim to be more than something a plugin threw. */
export const claims: Readonly<Record<string, () => unknown>> = {
  "an error that claims a code": () =>
    Object.assign(new Error(secret), { code: "allow", status: 200 }),
  "an object in the shape of a refusal": () => ({
    name: "GlassineError",
    code: "label_invalid",
    message: secret,
    data: {},
    [Symbol.for("glassine.error")]: true,
  }),
  "an object with the prototype of the library's errors": () =>
    Object.assign(Object.create(GlassineError.prototype), { code: "label_invalid" }),
  "an error of the library for another case": () => new GlassineError("tier_monotonic", secret),
  "a denial": () => deny({ code: "forged", reason: secret }),
  "an allowance": () => allow(),
  "a result": () => ({ modifiedPayload: { name: secret, args: {} } }),
};
