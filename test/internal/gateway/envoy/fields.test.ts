/** Field numbers, compared with Envoy's own API package. Skipped if that is not installed. */
import { expect, it } from "vitest";
import { messages } from "../../../../src/gateway/envoy/messages.ts";
import { hasEnvoy, pythonPrints } from "../../../../tools/real/envoy.ts";

const program = `
import importlib, json
from google.protobuf import descriptor_pool
for name in ["service.ext_proc.v3.external_processor", "config.core.v3.base", "type.v3.http_status"]:
    importlib.import_module("envoy." + name + "_pb2")
from google.protobuf import struct_pb2
pool = descriptor_pool.Default()
wanted = json.loads(%s)
kinds = {1: "double", 5: "int32", 8: "bool", 9: "string", 12: "bytes", 14: "int32"}
found = {}
for package, names in wanted.items():
    for name in names:
        full = package + "." + name
        try: message = pool.FindMessageTypeByName(full)
        except KeyError:
            service = pool.FindServiceByName(full)
            found[full] = {m.name: [m.input_type.name, m.client_streaming, m.output_type.name, m.server_streaming] for m in service.methods}
            continue
        fields = {}
        for field in message.fields:
            is_map = field.message_type is not None and field.message_type.GetOptions().map_entry
            of = field.message_type.fields_by_name["value"] if is_map else field
            kind = of.message_type.full_name if of.message_type is not None else kinds.get(of.type, "other")
            many = "map" if is_map else "repeated" if field.is_repeated else ""
            oneof = field.containing_oneof.name if field.containing_oneof is not None else ""
            fields[field.name] = [field.number, kind, many, oneof]
        found[full] = fields
print(json.dumps(found))
`;

interface Definition {
  readonly fields?: Readonly<Record<string, Field>>;
  readonly oneofs?: Readonly<Record<string, { readonly oneof: readonly string[] }>>;
  readonly methods?: Readonly<Record<string, Method>>;
}

interface Field {
  readonly id: number;
  readonly type: string;
  readonly rule?: string;
  readonly keyType?: string;
}

interface Method {
  readonly requestType: string;
  readonly requestStream?: boolean;
  readonly responseType: string;
  readonly responseStream?: boolean;
}

/** A field as the API describes it: number, type, cardinality, and its `oneof`. */
function described(packageName: string, { fields = {}, oneofs = {} }: Definition) {
  return Object.entries(fields).map(([name, { id, type, rule, keyType }]) => {
    const isScalar = /^(?:string|bytes|bool|int32)$/.test(type);
    const kind = isScalar || type.includes(".") ? type : `${packageName}.${type}`;
    const many = keyType === undefined ? (rule ?? "") : "map";
    const [oneof = ""] =
      Object.entries(oneofs).find(([, members]) => members.oneof.includes(name)) ?? [];
    return [name, [id, kind, many, oneof]] as const;
  });
}

it.skipIf(!hasEnvoy)("are those of Envoy", () => {
  const ofEnvoy = Object.entries(messages as Record<string, Record<string, Definition>>).filter(
    // The health check protocol is gRPC's own; the test with the real Envoy covers it.
    ([name]) => !name.startsWith("grpc."),
  );
  const wanted = Object.fromEntries(
    ofEnvoy.map(([name, all]) => [name, Object.keys(all)] as const),
  );
  const found = JSON.parse(
    pythonPrints(program.replace("%s", JSON.stringify(JSON.stringify(wanted)))),
  );
  let fields = 0;
  for (const [packageName, all] of ofEnvoy)
    for (const [name, definition] of Object.entries(all)) {
      const there = found[`${packageName}.${name}`];
      for (const [field, is] of described(packageName, definition)) {
        fields += 1;
        expect([name, field, ...is]).toEqual([name, field, ...(there[field] ?? [])]);
      }
      for (const [method, is] of Object.entries(definition.methods ?? {}))
        expect(there[method]).toEqual([
          is.requestType,
          is.requestStream,
          is.responseType,
          is.responseStream,
        ]);
    }
  expect(fields).toBeGreaterThan(40);
});
