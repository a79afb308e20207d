/** The log of a gateway, and the events in it. */
import { putNewest } from "../../core/data/index.ts";
import { cut } from "../../core/observe/index.ts";
import { notify } from "../../providers/guard/index.ts";
import { ratePerMinute } from "./rate-per-minute.ts";

export type Level = "info" | "warn" | "error";

/** Every event that a gateway logs: at which levels, what happened, and whose text it has. */
export const logEvents = {
  ready: {
    levels: ["info"],
    means:
      "The gateway takes requests: which servers, models and plugins it has, and in which mode.",
  },
  reloading: { levels: ["info"], means: "A reload has begun." },
  reloaded: {
    levels: ["info"],
    means: "A reload is done: which servers, models and plugins there are now.",
  },
  reload_refused: {
    levels: ["error"],
    means: "A reload failed, and the last good configuration stays in effect.",
  },
  no_reload_socket: {
    levels: ["warn"],
    means: "`gateway reload` does not reach this gateway; SIGHUP does.",
  },
  stopping: {
    levels: ["info"],
    means: "A signal arrived, and the gateway ends when open requests are done.",
  },
  audit_stuck: {
    levels: ["error"],
    means:
      "The system did not finish writing the audit trail's file: its last records may be missing.",
  },
  stopped: { levels: ["info"], means: "The gateway has closed everything." },
  log_lost: {
    levels: ["warn"],
    means: "Lines of the log were lost: `lost` says how many since the start.",
  },
  servers_gone: {
    levels: ["error"],
    means: "Over stdio: no server is left, and the gateway ends.",
  },
  request: { levels: ["info"], means: "A request to a server ended: how, and how long it took." },
  model: { levels: ["info"], means: "A request to a model ended: how, and how long it took." },
  model_passed: {
    levels: ["info"],
    means: "A request for a list of models passed, which no plugin sees.",
  },
  passed: { levels: ["info"], means: "The stock plugin `audit` saw a call." },
  refused: {
    levels: ["info"],
    means: "The gateway refused a request before it reached a server: the code says why.",
    perMinute: 60,
  },
  identity_refused: {
    levels: ["warn"],
    means: "A request was refused because of who asked: the code says why.",
    perMinute: 60,
  },
  host_refused: {
    levels: ["warn"],
    means: "A request had a `Host` that is not in the list.",
    perMinute: 60,
  },
  origin_refused: {
    levels: ["warn"],
    means: "A request had an `Origin` that is not in the list.",
    perMinute: 60,
  },
  plugin_failed: {
    levels: ["error"],
    means:
      "A plugin failed: it threw, missed a deadline, or returned what its hook does not allow.",
  },
  plugin_disabled: {
    levels: ["warn"],
    means: 'A plugin with `"onError": "disable"` failed, and is off until a reload.',
  },
  plugins: {
    levels: ["warn", "error"],
    means: "The plugin manager, or discovery, has something to report.",
  },
  plugin_printed: {
    levels: ["warn"],
    means: "The code of an isolated plugin printed something.",
    quotes: true,
    perMinute: 600,
  },
  plugin_skipped: {
    levels: ["warn"],
    means: "Part of a plugin can never have an effect in this configuration.",
  },
  guard_warning: {
    levels: ["warn"],
    means: "The guard of a server warns of something, such as a handler that never runs there.",
  },
  guard_error: {
    levels: ["warn"],
    means: "A message could not be checked, and was refused.",
    perMinute: 60,
  },
  failed_outside: {
    levels: ["error"],
    means: "Code failed where nobody could catch it, such as in a timer of a plugin.",
    quotes: true,
  },
  internal_error: {
    levels: ["error"],
    means: "The gateway failed, and answered a request with an error.",
    quotes: true,
  },
  missing: {
    levels: ["warn"],
    means: "The configuration names a program, a folder or a secret that is not there.",
  },
  setting_odd: { levels: ["warn"], means: "A setting can work but is probably a mistake." },
  pins: {
    levels: ["warn"],
    means: "The pinned definitions do not fit the servers of the configuration.",
  },
  definition_changed: {
    levels: ["warn"],
    means: "A tool is new, or its definition is not the pinned one.",
  },
  server_unavailable: {
    levels: ["error"],
    means: "A server could not be reached, or its process could not be started.",
    perMinute: 60,
  },
  server_lost: {
    levels: ["warn"],
    means: "A server of a session was lost, and is connected again at the next request for it.",
    perMinute: 60,
  },
  server_reconnected: { levels: ["warn"], means: "A server that was lost is back.", perMinute: 60 },
  server_left_out: {
    levels: ["warn"],
    means: "A merged answer came without a server that was too slow, failed, or sent no list.",
    perMinute: 60,
  },
  server_error: {
    levels: ["warn"],
    means: "The connection to a server failed.",
    quotes: true,
    perMinute: 60,
  },
  server_stderr: {
    levels: ["warn"],
    means: "A server's process wrote to standard error.",
    quotes: true,
    perMinute: 600,
  },
  server_stdout_invalid: {
    levels: ["warn"],
    means: "A server's process wrote something to standard output that is not a message.",
    perMinute: 60,
  },
  server_silent: {
    levels: ["warn"],
    means: "A request timed out in which a server's process wrote nothing: it may hang.",
  },
  server_exited: { levels: ["warn"], means: "A server's process ended by itself." },
  server_died: {
    levels: ["warn"],
    means: "A server's process is gone, and its open requests were refused.",
  },
  server_restarted: { levels: ["warn"], means: "A server's process was started again." },
  server_failed: {
    levels: ["warn"],
    means: "An attempt to start a server's process again failed.",
  },
  too_many_processes: {
    levels: ["warn"],
    means: "A caller was refused because a server has `limits.children` processes already.",
    perMinute: 60,
  },
  message_dropped: {
    levels: ["warn"],
    means: "A message of no open request or session, or progress beyond 100 a second, was dropped.",
    perMinute: 60,
  },
  message_undelivered: {
    levels: ["warn"],
    means: "A message could not be sent to the client of a session.",
    quotes: true,
    perMinute: 60,
  },
  reader_too_slow: {
    levels: ["warn"],
    means: "A client left more than `limits.queuedBytes` unread, and its stream was cut off.",
    perMinute: 60,
  },
  label_store_error: {
    levels: ["warn"],
    means: "The label store's connection failed, or its server refused a command or lost labels.",
    perMinute: 60,
    quotes: true,
  },
  tracing_error: {
    levels: ["warn"],
    means: "The SDK for traces threw an error: a span is missing or incomplete.",
    quotes: true,
    perMinute: 60,
  },
  secret_missing: {
    levels: ["error"],
    means: "A secret for a model provider could not be read, and the request was refused.",
  },
  webhook_failed: {
    levels: ["error"],
    means: "The webhook could not judge a text, and rejected it.",
    quotes: true,
  },
  webhook_headers_dropped: {
    levels: ["error"],
    means: "A plugin wrote headers, which the webhook cannot send.",
  },
  envoy_odd: {
    levels: ["warn", "error"],
    means: "Envoy's configuration has a fault; at `error`, nothing passes until it is corrected.",
  },
  envoy_safe: { levels: ["info"], means: "Envoy's configuration is safe." },
  envoy_unreachable: { levels: ["warn"], means: "Envoy's admin interface cannot be reached." },
  envoy_buffered: {
    levels: ["warn"],
    means: "Envoy buffers bodies, so that streams come whole at their end.",
    perMinute: 60,
  },
  envoy_observing: {
    levels: ["warn"],
    means: "Envoy only reports traffic: plugins can refuse and change nothing.",
    perMinute: 60,
  },
  envoy_body_mode_unsupported: {
    levels: ["warn"],
    means:
      "Envoy streams bodies in a mode in which they cannot be judged; the request was refused.",
    perMinute: 60,
  },
  envoy_request_unseen: {
    levels: ["warn"],
    means: "Envoy sent something without the headers of its request, which cannot be judged.",
    perMinute: 60,
  },
} as const satisfies Readonly<
  Record<
    string,
    {
      readonly levels: readonly Level[];
      readonly means: string;
      /** Whether its text is what a plugin, a server or the system wrote. */
      readonly quotes?: true;
      /** About how many lines there may be for each server, route, plugin or code. */
      readonly perMinute?: number;
    }
  >
>;

export type LogEvent = keyof typeof logEvents;

/** Structured lines for the operator. No field holds a secret or the content of a message. */
export interface GatewayLog {
  info(event: LogEvent, fields?: object): void;
  warn(event: LogEvent, fields?: object): void;
  error(event: LogEvent, fields?: object): void;
  /** Returns how many lines were lost, for the metrics. */
  lost?(): number;
}

/** What tells lines about one event apart. */
interface About {
  readonly server?: string;
  readonly route?: string;
  readonly plugin?: string;
  readonly code?: unknown;
}

const maxKinds = 10_000;
/** How many lines a kind may have per minute at most. Those of other kinds count as several. */
const mostLines = 600;

/**
 * Makes the function that returns the log of a configuration, which adds `generation` to each line.
 * All of them have one limit, so that servers, callers and plugins cannot flood them. The next line
 * of a kind says how many were left out.
 */
export function numberedLogs() {
  const lines = ratePerMinute(() => mostLines);
  const leftOut = new Map<string, number>();
  return (log: GatewayLog, generation: number): GatewayLog => {
    const at = (level: Level) => (event: LogEvent, fields?: About) => {
      const known = logEvents[event];
      if (!("perMinute" in known)) return log[level](event, { ...fields, generation });
      const { server, route, plugin, code } = fields ?? {};
      const kind = `${event} ${server ?? route ?? plugin ?? code}`;
      const count = leftOut.get(kind) ?? 0;
      if (lines.take(kind, mostLines / known.perMinute) !== undefined)
        return void putNewest(leftOut, kind, count + 1, maxKinds);
      leftOut.delete(kind);
      log[level](event, { ...fields, ...(count > 0 && { left_out: count }), generation });
    };
    return around(log, at);
  };
}

/** Makes a log that writes to whichever is the current one. */
export function currentLog(log: () => GatewayLog): GatewayLog {
  const at = (level: Level) => (event: LogEvent, fields?: object) => log()[level](event, fields);
  return { info: at("info"), warn: at("warn"), error: at("error") };
}

/** How texts are made fit for the log. */
interface Redaction {
  /** What plugins, servers and the system wrote: loses secrets, and what looks like one. */
  redact(text: string): string;
  /** The gateway's own sentences, which may quote others: lose known secrets. */
  hide(text: string): string;
}

interface Texts {
  readonly text?: string;
  readonly message?: string;
  readonly stack?: readonly string[];
  /** What a caller or a server called something, at any length. */
  readonly method?: string;
  readonly name?: string;
  /** What a caller asked for. */
  readonly path?: string;
}

/**
 * Makes a log whose texts contain no known secret, and whose names are short. If `log` throws or
 * rejects, nothing changes.
 */
export function redactedLog(log: GatewayLog, { redact, hide }: Redaction): GatewayLog {
  const at = (level: Level) => (event: LogEvent, fields?: Texts) => {
    const { text, message, stack, method, name, path } = fields ?? {};
    const clean = "quotes" in logEvents[event] ? redact : hide;
    const line = {
      ...fields,
      ...(text !== undefined && { text: clean(text) }),
      ...(message !== undefined && { message: hide(message) }),
      ...(method !== undefined && { method: cut(method) }),
      ...(name !== undefined && { name: cut(name) }),
      ...(path !== undefined && { path: redact(path) }),
      ...(stack !== undefined && {
        // The places of frames are the program's own.
        stack: stack.map((each) => (/^\s+at /.test(each) ? hide(each) : redact(each))),
      }),
    };
    notify(
      () => log[level](event, line),
      () => line,
    );
  };
  return around(log, at);
}

function around(log: GatewayLog, at: (level: Level) => GatewayLog[Level]): GatewayLog {
  const lost = () => log.lost?.() ?? 0;
  return { info: at("info"), warn: at("warn"), error: at("error"), lost };
}
