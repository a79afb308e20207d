/**
 * The messages of Envoy's external processing that are used here, with their field numbers.
 *
 * The format is that of protobuf.js, which `@grpc/proto-loader` reads. Fields that are not listed
 * here are skipped when received. The numbers are those of the packages `envoy.config.core.v3` and
 * `envoy.service.ext_proc.v3`; `spec/envoy.md` says which release they were checked against.
 */

interface Field {
  readonly type: string;
  readonly id: number;
  readonly rule?: "repeated";
  readonly keyType?: string;
}

interface Definition {
  readonly fields?: Readonly<Record<string, Field>>;
  readonly oneofs?: object;
  readonly methods?: object;
}

const field = (id: number, type: string): Field => ({ id, type });
const repeated = (id: number, type: string): Field => ({ id, type, rule: "repeated" });
const mapped = (id: number, type: string): Field => ({ id, type, keyType: "string" });

/** The parts of an exchange. Envoy sends them one at a time, and gets one answer for each. */
const parts = [
  "request_headers",
  "response_headers",
  "request_body",
  "response_body",
  "request_trailers",
  "response_trailers",
];

/** By package: each message's fields, those that are exclusive, and each service's methods. */
export const messages = {
  "envoy.config.core.v3": {
    HeaderValue: {
      fields: { key: field(1, "string"), value: field(2, "string"), raw_value: field(3, "bytes") },
    },
    HeaderMap: {
      fields: { headers: repeated(1, "HeaderValue") },
    },
    HeaderValueOption: {
      fields: { header: field(1, "HeaderValue") },
    },
  },
  "envoy.type.v3": {
    HttpStatus: { fields: { code: field(1, "int32") } },
  },
  "google.protobuf": {
    Value: {
      fields: { string_value: field(3, "string") },
      oneofs: { kind: { oneof: ["string_value"] } },
    },
    Struct: { fields: { fields: mapped(1, "Value") } },
  },
  "envoy.service.ext_proc.v3": {
    ProtocolConfiguration: {
      fields: { request_body_mode: field(1, "int32"), response_body_mode: field(2, "int32") },
    },
    HttpHeaders: {
      fields: {
        headers: field(1, "envoy.config.core.v3.HeaderMap"),
        end_of_stream: field(3, "bool"),
      },
    },
    HttpBody: {
      fields: { body: field(1, "bytes"), end_of_stream: field(2, "bool") },
    },
    HttpTrailers: {
      fields: { trailers: field(1, "envoy.config.core.v3.HeaderMap") },
    },
    ProcessingRequest: {
      fields: {
        request_headers: field(2, "HttpHeaders"),
        response_headers: field(3, "HttpHeaders"),
        request_body: field(4, "HttpBody"),
        response_body: field(5, "HttpBody"),
        request_trailers: field(6, "HttpTrailers"),
        response_trailers: field(7, "HttpTrailers"),
        attributes: mapped(9, "google.protobuf.Struct"),
        observability_mode: field(10, "bool"),
        protocol_config: field(11, "ProtocolConfiguration"),
      },
      oneofs: {
        request: {
          oneof: parts,
        },
      },
    },
    HeaderMutation: {
      fields: {
        set_headers: repeated(1, "envoy.config.core.v3.HeaderValueOption"),
        remove_headers: repeated(2, "string"),
      },
    },
    StreamedBodyResponse: {
      fields: { body: field(1, "bytes"), end_of_stream: field(2, "bool") },
    },
    BodyMutation: {
      fields: {
        body: field(1, "bytes"),
        streamed_response: field(3, "StreamedBodyResponse"),
      },
      oneofs: { mutation: { oneof: ["body", "streamed_response"] } },
    },
    CommonResponse: {
      fields: {
        header_mutation: field(2, "HeaderMutation"),
        body_mutation: field(3, "BodyMutation"),
      },
    },
    HeadersResponse: { fields: { response: field(1, "CommonResponse") } },
    BodyResponse: { fields: { response: field(1, "CommonResponse") } },
    TrailersResponse: {
      fields: { header_mutation: field(1, "HeaderMutation") },
    },
    ImmediateResponse: {
      fields: {
        status: field(1, "envoy.type.v3.HttpStatus"),
        headers: field(2, "HeaderMutation"),
        body: field(3, "bytes"),
        details: field(5, "string"),
      },
    },
    ProcessingResponse: {
      fields: {
        request_headers: field(1, "HeadersResponse"),
        response_headers: field(2, "HeadersResponse"),
        request_body: field(3, "BodyResponse"),
        response_body: field(4, "BodyResponse"),
        request_trailers: field(5, "TrailersResponse"),
        response_trailers: field(6, "TrailersResponse"),
        immediate_response: field(7, "ImmediateResponse"),
      },
      oneofs: {
        response: {
          oneof: [...parts, "immediate_response"],
        },
      },
    },
    ExternalProcessor: {
      methods: {
        Process: {
          requestType: "ProcessingRequest",
          requestStream: true,
          responseType: "ProcessingResponse",
          responseStream: true,
        },
      },
    },
  },
  "grpc.health.v1": {
    HealthCheckRequest: { fields: { service: field(1, "string") } },
    HealthCheckResponse: { fields: { status: field(1, "int32") } },
    Health: {
      methods: {
        Check: { requestType: "HealthCheckRequest", responseType: "HealthCheckResponse" },
      },
    },
  },
} as const satisfies Record<string, Readonly<Record<string, Definition>>>;
