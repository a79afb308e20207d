/** docs/gateway-reference.md: every setting of the gateway, and what it does in special cases. */
import { gatewaySettings } from "../../../src/gateway/config/index.ts";
import { gatewayMetrics, logEvents } from "../../../src/gateway/observe/index.ts";
import { configJsonSchema, type JsonSchema } from "../config-schema.ts";
import { code, either, generatedFrom, page, table } from "./markdown.ts";

const intro = `# Gateway reference

Every setting of [the gateway](gateway.md), what it logs, measures and answers, and what it does in special cases.
It speaks MCP 2026-07-28, which has no sessions, and 2025-11-25 and older versions, which have them, over stdio and Streamable HTTP; the HTTP+SSE transport of 2024-11-05 is not supported.

## The configuration

The configuration is \`glassine.config.ts\`, \`.js\`, \`.mjs\` or \`.json\` in the current folder, or the file that \`--config\` names.
\`defineConfig\` of \`glassine/gateway\` types one in TypeScript or JavaScript (as \`ConfigInput\`); for TypeScript, install \`jiti\` if your Node is older than 22.18, or for syntax such as \`enum\`. The code of an [isolated](isolation.md) plugin runs without \`jiti\`.
For JSON, name [spec/schemas/config.schema.json](../spec/schemas/config.schema.json) as \`$schema\`, and an editor completes and checks the file.

- Paths in the file are relative to its folder, paths in flags to the current one. \`args\` are passed on unchanged: a relative path in them is relative to \`cwd\` or, without it, to the folder that the gateway was started in.
- An unknown key is refused, and the message suggests the key that you may have meant. No message quotes a value, since any value may be a secret.
- A \`url\` with a user name, a password or a fragment is refused and, in \`models\`, one with a query: callers add \`api-version\` themselves, and the path of each request is appended.
- \`glassine gateway --check\` loads the plugins, isolated ones in isolation, but starts no server and no listener. It exits with 1 if something cannot work, and with 2 if the configuration is wrong. It warns about what is probably a mistake: a mode in which a plugin cannot stop what it finds; a stock plugin that looks for labels, roles or sessions that nothing sets; a secret or a folder that is not on this machine.

Flags override the environment, and the environment overrides the file; [commands.md](commands.md) lists all flags.
A variable whose name is close to one of these or to [a setting for plugins](commands.md#settings), or lacks only \`GATEWAY_\`, is refused, because it is probably misspelt.`;

const keys = `## Every key

\`NAME\` stands for a name that you choose, \`[]\` for each element of a list.

A "secret" is \`{ "env": NAME }\`, a variable of the gateway's environment, or \`{ "file": PATH }\`.
It is the whole value, such as \`Bearer …\`: \`\${NAME}\` inside a string is not expanded, and \`--check\` warns about it.
MCP clients pass on only a few variables to the programs that they start: name yours in the client's own \`env\`.
A secret is read when it is needed, one in \`headers\` for each request and one in \`env\` whenever a process starts.
A request whose headers cannot be read is not sent: the caller gets \`peer_unreachable\`, or \`server_unavailable\` where a session begins, and the log says which secret is missing.
Neither the audit trail nor the log contains its value, the nine values that it had before, or the bare token or password of \`Bearer TOKEN\` or a URL.
If a server answers with an HTTP error, the gateway removes the values of secrets in \`headers\` from that answer, because the server may have quoted them. It does not look for them in results.`;

/** What the page says after the keys of a group. The other groups share a table. */
const notes: Readonly<Record<string, string>> = {
  servers: `[mcp.md](mcp.md#what-may-pass-unseen) describes the groups of \`servers.NAME.pass\`.
The gateway does not sign in to a server that wants OAuth. Give it a token in \`headers\`, or let \`mcp-remote\` sign in: \`{ "command": "npx", "args": ["mcp-remote", "https://tickets.example.com/mcp"] }\`. That opens a browser at the first start, for which it may need variables such as \`DISPLAY\` in \`env\`, and all callers then use the account that signed in.
With \`forward: ["authorization"]\`, each caller uses its own token, which it must already have: no client can sign in to the server through the gateway, since the server's metadata names another URL than the gateway's, which clients refuse.`,
  models: `A route takes requests for a provider's API under a path on the gateway's port (\`listen\`), and sends them on with a key that callers do not have:

\`\`\`json
{
  "models": {
    "openai": {
      "provider": "openai",
      "url": "https://api.openai.com",
      "path": "/openai",
      "headers": { "authorization": { "env": "OPENAI_AUTHORIZATION" } },
      "allow": ["tools"]
    }
  }
}
\`\`\`

Give an SDK \`http://127.0.0.1:8080/openai/v1\` as its base URL.
With \`identity.jwt\`, the caller's token goes into \`Authorization\`: pass it as \`apiKey\` of OpenAI's SDK, as \`authToken\` of Anthropic's, and in \`httpOptions.headers\` of Google's.
Requests and answers, streamed or not, go through the plugins with the identity and the labels of the MCP side.
With \`labels.session\` set to \`subject\`, the model's answers to somebody have the labels of what tools returned to that person before.

A refusal has the form of the provider's own errors, with a code of [guard-a-model.md](guard-a-model.md#refusals) or one of these: 502 \`provider_unreachable\`, also if the provider breaks off; 504 \`provider_timeout\`; 500 \`secret_missing\` for a secret in \`headers\`; 413 \`request_too_large\` and 408 \`body_timeout\` for requests beyond \`limits\`; 400 \`request_invalid\` for one that is not UTF-8, even if no plugin would see it.
A stream that has already begun ends early instead.
The gateway asks for answers that are not compressed (\`accept-encoding: identity\`). One that is, or that has a status above 599, becomes 502 \`answer_invalid\`; a compressed error keeps its status and headers, but not its text.
The gateway removes the values of secrets in \`headers\` from errors, because the provider may have quoted them.
Of the provider's headers, callers get only those about [limits, retries, caching and the request's id](guard-a-model.md#the-providers-errors).
The list of models (\`GET /models\`, and \`GET /models/NAME\` with slashes encoded, as in \`ORG%2FNAME\`) passes with the gateway's key, and no plugin sees the request or its answer.
Of its URL parameters, only those that choose a page are sent on: \`limit\`, \`after\`, \`after_id\`, \`before_id\`, \`order\`, \`pageSize\` and \`pageToken\`.
Each such request has a line \`model_passed\` in the log and, with \`audit.access: "all"\`, a record in the trail whose \`name\` is the method and the path.`,
  plugins: `- \`{ "use": NAME }\` is a stock plugin: [plugins.md](plugins.md) lists their names and \`options\`. It is part of the gateway and runs in it.
- \`{ "package": ID }\` is an installed plugin, which has to pass the gates of [operate.md](operate.md): signature, lockfile, hash. If it is refused, the gateway does not start, and the message says why and what to do. A plugin that is installed but not named is not loaded.
- \`{ "path": FILE }\`, or the path alone, is a file whose default export is a plugin, or a function that takes no arguments and returns one. Before Node 22.15, a CommonJS file finds \`glassine\` only if it is installed in the file's folder or one above. Production refuses a path with \`plugin_path_refused\`.
- \`{ "kind": "cpex", "file": FILE, "python": PYTHON }\` stands for all plugins of a CPEX or ContextForge configuration: [cpex.md](cpex.md#in-the-gateway) says how they run and how they are trusted.

Two entries that name the same plugin are refused, and production does not start without \`plugins.lock\`, even if no package is named.
Hops that plugins append to a delegation chain are [restricted](slots.md#delegation): \`strictDelegation\` is on.
A plugin with \`"mode": "audit"\` is on trial: what it would label, change or refuse has no effect, and \`audit.hooks\` records it.
A plugin's own schema reads \`options\`, and handlers get them as \`context.config\`; \`--check\` warns if there is no schema.
A plugin that rewrites a tool's answer finds it in a \`tool_result\` part, as [footnote.ts](../examples/gateway/footnote.ts) does.
One that writes to file descriptor 1 itself breaks the protocol over stdio, unless it is isolated.

With \`isolate\`, the code of a package or a path runs outside the gateway's process, and none of it is imported there; [isolation.md](isolation.md) says what that prevents.
On the command line, \`--isolate process\` applies to every \`--plugin\`.
If the machine lacks what that kind of isolation needs, the gateway does not start unless \`accept\` lists everything that the code could then still do, such as \`network\`; \`--check\` says what that is.
With \`process\`, a file can read only its own folder and those in \`readable\`, so give it a folder without your configuration and your secrets.
A package runs where its entry in \`plugins.lock\` says; the configuration may name a stricter kind, but not a weaker one.
An isolated plugin fails for a message with more than 16 Mi UTF-16 units of text, even if \`limits.messageBytes\` lets it pass, and while 64 of its turns are open; what it prints goes to the log, as \`plugin_printed\`.`,
};

const several = `## Several servers

Servers behind one gateway look like one server.
With a single server, names, URIs and the ids of tasks stay as they are; with several:

| What                   | For the caller                                                                                                                             |
| ---------------------- | ------------------------------------------------------------------------------------------------------------------------------------------ |
| Names                  | Tools and prompts are \`server__name\`. Some models take names of 64 characters at most, so keep the names of servers short.                 |
| Ids of tasks           | \`server__id\`, in every message that has one. So is the \`elicitationId\` of an elicitation by URL.                                           |
| URIs                   | As the servers have them. If two servers list the same URI, it belongs to the first one in the configuration.                              |
| Lists                  | One server's list after another, in the order of the configuration; a page contains a page from each server that has more.                 |
| Capabilities           | What any of the servers can do, in the oldest version that they agreed on; the \`instructions\` of each are under its name.                  |
| \`ping\`                 | Answered by the gateway; no plugin sees it.                                                                                                |
| \`logging/setLevel\`     | Sent to all.                                                                                                                               |
| \`subscriptions/listen\` | Sent to all, and acknowledged once. It ends when a server that granted something ends, so that the caller subscribes again, to the others. |
| Methods unknown to MCP | Refused with −32601 and \`method_unknown\`, because nothing says which server they are for.                                                  |

A server that answered \`initialize\` without a capability is not asked for what belongs to it: without \`prompts\`, it gets no \`prompts/list\`.

**Plugins** run for every server, unless their \`conditions\` name some.
Hooks, conditions, labels, the log, the audit trail and metrics use the names that the server knows: condition on \`"servers": ["files"], "tools": ["read"]\`, not on \`files__read\`.

**Versions.** MCP 2026-07-28 has no sessions: each request and its answer are one _exchange_, which belongs to its subject.
The gateway does not translate between versions: a server that speaks only those with sessions answers callers of 2026-07-28 with an error, and is left out of their merged answers (\`server_left_out\`).
Some do not check the version, for example those with SDK v1 over stdio. Their results lack \`resultType\`, so clients would refuse them, and they are left out of lists too. Put such a server behind a gateway of its own, or beside servers of its kind: \`server/discover\` then fails, and clients that can speak an older version do.
A caller of 2026-07-28 over stdio has no headers, so a server over HTTP may refuse calls of tools whose arguments it wants repeated in \`Mcp-Param-*\` headers.

**Resources** are read from the server that listed, linked or embedded their URI, or a template for it.
The gateway remembers that for each session, and for the exchanges of each subject, even across a reload.
If no server has named a URI yet, or only at another gateway, the gateway asks one server after another until one has it; each guard decides whether its server may be asked.
A subscription to such a URI goes to all.
The gateway keeps the newest 500 templates of a session or subject, and compares at most 32 Mi characters of URIs with them in a second; it handles any other URI as one that no server has named.

**Requests from servers**, such as sampling and elicitation, get ids and progress tokens from the gateway, even with a single server. What a caller says about them goes to the server that asked; if a caller runs one as a task, only that server sees the task.
If that server ends or is lost, they are cancelled and later answers are dropped, since a restarted server uses the same ids again.

**A server that hangs** holds up merged answers for at most 10 seconds, or for at most a second if it did so within the last minute.
Then the answer comes without it, and the log says \`server_left_out\`; an incomplete list is marked as not cacheable.
The same happens if a server answers a list with an error, or with something that is not a list (\`peer_invalid\` in that line).
A request that is only for that server waits up to its \`timeoutMs\`.
If no server has answered \`initialize\` after 10 seconds, the gateway waits for the first one that does, up to their \`timeoutMs\`; one that answers late joins the session, and the caller gets \`list_changed\`.

**A server that is lost**, because it ended its session, cannot be reached, or did not start, is connected again on the next request for it, with the caller's handshake; the log says \`server_lost\` and \`server_reconnected\`.
Requests that it had not answered get an error, and what it knew of the session is gone.
If it does not come back, the gateway tries again after pauses of up to a minute; in the meantime it answers requests with \`peer_unreachable\`.
A session ends when it has lost its last server.`;

const reload = `## Change without a restart

\`glassine gateway reload\` makes the running gateway of the same user with the same configuration file read that file again, load its plugins, and use both from the next request on.
The command says whether it did, and exits with 1 if it did not; the last good configuration then stays in effect.
SIGHUP does the same, and the log says how it went (\`reloaded\` or \`reload_refused\`); a changed file alone does nothing.

A reload is refused

- if the new configuration cannot be read or is wrong, or if something that it names cannot be used: a plugin, \`audit.file\`, the file with the keys of \`identity.jwt\`, or the pinned definitions;
- if it changes \`listen\`, \`admin\`, \`tracing\` or \`labels.store\`: these need a restart;
- over stdio, where one session lasts from start to end, if it changes \`identity.local\`, adds or removes servers, or reaches them in another way.

It starts no server, and asks no server, provider or URL with keys.
A missing program or working folder of a server, and a secret for a server or a model that cannot be read, are only warned about, by the command and in the log, and requests are refused until they are there.
So run \`glassine gateway --check\` first, in the gateway's environment: for a missing program it exits with 1.

Open sessions use the new configuration from their next request on: plugins, identity, tenant, labels, definitions and pins, \`pass\`, \`onDeny\`, \`wireLabels\`, \`timeoutMs\`. Whatever is in progress finishes under the configuration that it started with.
Sessions keep their connections to servers, and so the sizes in \`limits\` that those connections started with. A server that was added is there for the next session.
A session ends if one of its servers was removed or is reached in another way: another \`command\`, \`args\`, \`env\`, \`cwd\`, \`url\`, \`headers\`, \`forward\` or \`traceContext\`. Its open requests are answered with \`session_unknown\`, and its next one with 404: clients [have to start a new session](deploy.md#several-gateways); subscriptions of MCP 2026-07-28 end with \`peer_unreachable\`.
Exchanges use new processes, so a subscription to a server that runs as a process ends, and the caller has to subscribe again.
Processes from before the reload count in \`limits.children\`, by the name of their server, until their session or exchange ends.
The old plugins are closed when the last request that uses them has ended, and the code of isolated ones ends then.
A configuration in TypeScript or JavaScript, and a plugin named by its path, are imported again if the file has changed; what they import themselves is not.

The command reaches the gateway through a socket in a folder that only this user can enter, in \`$XDG_RUNTIME_DIR\` or the temporary folder.
So both need the same \`XDG_RUNTIME_DIR\` and \`TMPDIR\`, and the same path of the configuration; links in its folder make no difference.
Without such a place, the log says so (\`no_reload_socket\`), and SIGHUP still works; the command refuses a folder that others can enter.`;

const definitions = `## Definitions of tools

A model does what the description of a tool says, so a server that changes one changes what the model does.
The gateway therefore compares every list of tools with the definitions that you have looked at:

- \`glassine gateway pin --check\` asks each server for its tools, as a client with every capability would, and says which are new, changed or gone, and which servers have pins but are not in this configuration.
- \`glassine gateway pin\` writes their hashes, which cover every field except \`_meta\`, to \`definitionsFile\`. Keep that beside the configuration, in version control; a running gateway takes it with \`gateway reload\`.

Configurations in one folder share that file by default, so pins of other servers stay; \`--prune\` removes them.
If a server's list of tools has no clear end, for example more than 1000 pages, the command says so, and the server's pins stay as they are.
If no definitions of a server are pinned, the gateway takes the first definition of each tool that it passes on as the pinned one until it stops, even if the server adds the tool later. With \`refuse\`, \`--check\` and the log warn about that.

\`servers.NAME.definitions\` says what happens to a tool that is new, or whose definition is not the pinned one:

| Value    | In lists    | Calls                                                                        |
| -------- | ----------- | ---------------------------------------------------------------------------- |
| \`warn\`   | stays       | pass                                                                         |
| \`label\`  | stays       | have the label \`DEFINITION_CHANGED\`, for plugins and the rest of the session |
| \`refuse\` | is left out | are refused with \`-32010\` and \`definition_changed\`                           |

With each value, the log has a line \`definition_changed\`, once per tool; with \`refuse\`, an answer whose \`tools\` is not a list is refused with \`peer_invalid\`.
Even if the server takes a change back, or shows it only to some callers, the tool counts as changed until a reload finds another definition of it pinned, or the gateway stops.
If a server has pins, a tool without one counts as new, whether it was listed or not.
Without pins, a tool that the gateway has not seen in a list can be called: definitions are checked only when tools are listed.
Once 4096 tools of a server have changed, the gateway treats its other tools as changed too, except those that it has seen only with their pinned definition.`;

const operating = `## Operating it

\`"admin": { "port": 9090 }\` opens a port for operators, beside HTTP or stdio.
It gives no access to servers or models, but it authenticates nobody: keep it where only you can reach it.
It checks \`Host\` as the gateway's own port does: unless your probes and Prometheus use a local address, list the hosts that they send in \`admin.allowedHosts\`.`;

const adminPaths = table(
  ["Path", "Answer"],
  [
    [code("/healthz"), "200 while the process answers."],
    [
      code("/readyz"),
      "200 when the gateway takes requests and its label store answers; otherwise 503 with the code `starting`, `shutting_down`, `label_store_unreachable` or `audit_failed`.",
    ],
    [code("/metrics"), "The metrics, for Prometheus."],
  ],
);

const metrics = `### Metrics

The gateway's own metrics are in this table; \`glassine_plugin_…\` are those of [the manager](embed.md#metrics).
No name that a caller makes up becomes a label: methods that MCP does not have count as \`other\`, and tools, models and subjects are not labels at all.`;

const logged = `### Events in the log

Each line of the log is a JSON object with \`time\`, \`level\` and \`event\`, and further fields that depend on the event, such as \`request\`, \`server\`, \`code\` or \`text\`.
It goes to standard error, and so does what a plugin prints.
What plugins threw, what isolated plugins printed and what servers wrote is redacted as [in the audit trail](audit.md#what-never-gets-in), and no text contains a secret that the configuration names.
A line is lost if it cannot be written, for example because the disk is full, or if the log's reader has left 16 MiB unread. \`/metrics\` counts lost lines, and the next line that can be written is followed by \`log_lost\`.
Servers, callers and plugins can cause some events any number of times, such as \`refused\` or \`server_left_out\`. The log has at most about 60 lines a minute of each for each server, route or code, and 600 of \`server_stderr\` and \`plugin_printed\`; the next line says in \`left_out\` how many are missing.
When the gateway ends, it gives the log's reader two seconds to read what is waiting.`;

const explaining = `### Why a request was refused

Every line of the log about a request that reached a guard has the request's id in \`request\`, and the generation of the configuration; so does every record of [the audit trail](audit.md).
[\`glassine explain ID\`](commands.md#glassine-explain-id) shows [what plugins did with that request](gateway.md#why-a-request-was-refused). It reads \`audit.file\` and needs no running gateway.

- \`plugin_failed\` says how a plugin failed: it has the code \`handler_error\` for what the plugin threw, \`handler_timeout\` for a missed deadline, and another, such as \`result_shape\`, for a result that was refused as a whole. [errors.md](errors.md) says what to do about each.
- If that plugin has \`"onError": "disable"\`, it is switched off, and \`plugin_disabled\` says so once: its handlers on message hooks do not run again until a reload.
- \`guard_error\` says why the gateway could not check a message, for example when it answers with \`guard_failed\`: the hook or the step (\`point\`), a code, and the place in the message, never what was there.
- \`refused\`, \`identity_refused\`, \`host_refused\` and \`origin_refused\`, and \`/metrics\`, have what the gateway refused before any plugin saw it, for example with 400, 401 or 403, or because no server has the name, or the server is lost. The trail does not.

The trail always has the requests that a plugin refused, or that failed on their way to a server or a model. \`audit.access: "all"\` adds every other request for which hooks ran, and \`audit.hooks: true\` adds what each plugin could see and changed, and the labels after each hook.
If the trail has too little, \`explain\` says which of these keys to set.
Messages of MCP without a hook of their own, such as lists and \`initialize\`, have a record, and a subject in the log, only if a plugin runs on \`cmf.mcp_request\` or \`cmf.mcp_response\`, as one on \`message_pre_invoke\` or \`message_post_invoke\` does.
The trail has names, labels and codes. Of the content of a message it has only what plugins quote in their reasons and errors, with known secrets removed.`;

const traces = `### Traces

With \`"tracing": true\` each request of a caller is an OpenTelemetry span, and each hook that ran is a span inside it.
Install \`@opentelemetry/api\`, and load an SDK with its exporter before the gateway, such as with \`node --import ./telemetry.js node_modules/.bin/glassine gateway\`; without an SDK nothing is recorded.`;

const spans = table(
  ["Span", "Kind", "Attributes"],
  (
    [
      [
        "`tools/call` …",
        "SERVER",
        "mcp.method.name gen_ai.operation.name gen_ai.tool.name gen_ai.prompt.name network.transport error.type",
      ],
      [
        "`POST /openai` …",
        "SERVER",
        "http.request.method http.route http.response.status_code gen_ai.provider.name error.type",
      ],
      [
        "`cmf.tool_pre_invoke` …",
        "INTERNAL",
        "glassine.hook glassine.request glassine.outcome glassine.code glassine.plugin error.type",
      ],
    ] as const
  ).map(([name, kind, attributes]) => [
    name,
    code(kind),
    attributes.split(" ").map(code).join(", "),
  ]),
);

const traced = `\`glassine.request\` is the id in the log and in the audit trail.
A span has no content, no session id and no subject; a tool's name is in it if it is a plain one.
The parent of a request is \`traceparent\` in its \`_meta\`, or else in the HTTP header.
Servers and providers with \`traceContext: true\` get the context of the gateway's span, in \`_meta\` and, over HTTP, as a header; for the others, \`traceparent\` and \`tracestate\` are removed from \`_meta\`.
If the SDK throws an error, for example because a span processor does, the request goes on without the span, and the log says \`tracing_error\`.`;

const codes = `## Codes of refusals

A message that the gateway itself refuses is answered by a JSON-RPC error with a code in \`data.code\`; over HTTP the status says the same.
[gateway-identity.md](gateway-identity.md#refusals) has the codes about \`Host\`, \`Origin\`, identities and headers, [mcp.md](mcp.md#denials) those of plugins and guards, and [threat-model.md](threat-model.md) says what attackers try.

| \`data.code\`                                                                            | Status  | What was wrong                                                                                                                                            |
| -------------------------------------------------------------------------------------- | ------- | --------------------------------------------------------------------------------------------------------------------------------------------------------- |
| \`headers_timeout\`                                                                      | 408     | The headers took longer than 20 seconds. Only the log and the metrics have the code, not the answer.                                                      |
| \`http_invalid\`                                                                         | 400     | Not HTTP, no valid \`Host\`, no path, an unknown \`Expect\` (417), or \`CONNECT\` (405). Only the log and the metrics have the code.                            |
| \`parse_error\`                                                                          | 400     | The body is not JSON. Compressed bodies are not unpacked.                                                                                                 |
| \`message_invalid\`, \`invalid_request_id\`                                                | 400     | It is not JSON-RPC 2.0 as MCP defines it, is nested more than 1000 levels deep, or has a number that is too large for a double.                           |
| \`batch_refused\`                                                                        | 400     | A batch in a session of a version other than 2024-11-05 and 2025-03-26. More than 100 messages: \`message_rejected\`, except behind Envoy.                  |
| \`message_rejected\`                                                                     | 4xx     | It breaks the rules of its version: 400. In sessions, there are also 406 for \`Accept\`, 409 for a second stream, 415 for the content type.                 |
| \`not_found\`, \`method_not_allowed\`                                                      | 404/405 | There is nothing at this path, which the log names without its query, or nothing for this method.                                                         |
| \`request_id_in_use\`                                                                    | 400     | A request with this id has no answer yet.                                                                                                                 |
| \`header_mismatch\`                                                                      | 400     | With MCP 2026-07-28: a header contradicts the body.                                                                                                       |
| \`message_too_large\`, \`body_timeout\`                                                    | 413/408 | The body is larger, or takes longer, than \`limits\` allows.                                                                                                |
| \`session_missing\`, \`session_unknown\`                                                   | 400/404 | The request names no session, or one that is not this subject's.                                                                                          |
| \`event_unknown\`                                                                        | 400     | \`Last-Event-ID\` names no event of the session, or one of an answered request that is no longer kept.                                                      |
| \`rate_limited\`, \`too_many_sessions\`                                                    | 429/503 | A subject sends too much, or there are too many sessions, or processes of a server (\`limits.children\`; \`too_many_processes\` in the log).                  |
| \`too_many_unanswered\`, \`too_many_bytes\`                                                | 429     | Too many requests of one session, or exchanges of one subject, have no answer yet, or all open messages take too many bytes (\`limits.inFlightBytes\`).     |
| \`shutting_down\`, \`server_unavailable\`                                                  | 503     | The gateway is stopping, or a server could not be reached.                                                                                                |
| \`audit_failed\`                                                                         | 503     | [The audit trail](audit.md#when-a-sink-fails) has a gap.                                                                                                  |
| \`internal_error\`                                                                       | 500     | The gateway failed; the log says how.                                                                                                                     |
| \`peer_unreachable\`, \`peer_died\`, \`peer_timeout\`, \`peer_session_ended\`                  |         | The server broke off, died, did not answer in time, or ended the session.                                                                                 |
| \`peer_invalid\`, \`peer_too_large\`, \`peer_refused\`                                       |         | The server's answer cannot be read, is not valid (as with \`message_invalid\`), is too large, or is a refusal.                                              |
| \`definition_changed\`                                                                   |         | [The tool's definition is not the pinned one](#definitions-of-tools).                                                                                     |
| \`already_initialized\`                                                                  |         | Over stdio: a second \`initialize\`.                                                                                                                        |
| \`name_unknown\`, \`method_unknown\`, \`resource_unknown\`, \`task_unknown\`, \`cursor_unknown\` |         | With [several servers](#several-servers): the request names none of them, has no URI or no id of a server's task, or its cursor is not from this gateway. |

An answer that plugins have to judge, and whose result is not what MCP defines, is refused with [\`guard_failed\`](mcp.md#denials); \`guard_error\` in the log says why. If no plugin judges it, it passes.`;

const between = `## Between callers and servers

- **Handshake.** An \`initialize\` that is answered with an error starts no session: there is no \`Mcp-Session-Id\`, and it takes no place in \`limits.sessions\`. So the answer to \`initialize\` starts only when the server has answered: allow a proxy in front that much time. If the caller leaves before that, a server over HTTP has two more seconds to answer, and then the gateway ends the session there. Until then the gateway itself answers a \`ping\` from the server.
- **The first messages.** For a server over HTTP, what a caller sends after \`notifications/initialized\` waits: at most 2 seconds until the server has accepted that notification, then at most 250 milliseconds until it has opened or refused the session's own stream. After 30 seconds the gateway gives up on a notification that the server has not accepted (\`server_error\` in the log). In the other direction, up to 100 messages of a server that belong to no request wait until the caller has opened the session's own stream. A request among them waits at most 30 seconds, and is then answered with \`peer_unreachable\` (\`message_undelivered\` in the log).
- **Cancelled requests.** For a caller over HTTP, the stream of a cancelled request ends with a result from the gateway that says so (\`isError\`). Otherwise some clients would ask again. A caller over stdio gets nothing.
- **Strays.** The gateway drops an answer that belongs to no open request, and progress that goes backwards, has another request's token, or comes more than a hundred times a second.
- **Numbers.** JSON is read and written again, so a number that a double cannot hold changes, in both directions: the argument \`9007199254740993\` reaches the server as \`9007199254740992\`, which may be somebody else's id. Only strings keep such ids as they are. A message with a number that is too large for a double, such as \`1e999\`, is refused, because it would be written as \`null\`.
- **Large answers.** An answer that is larger than \`limits.messageBytes\` is refused, and others go on. A file of 2 MB can already be: base64 makes it a third larger, and some servers send it twice, in \`content\` and in \`structuredContent\`. If a server is a process, and the gateway cannot tell which request the answer belongs to, it starts the process again, and open requests get \`peer_died\`.
- **Many messages.** However many messages a server sends at once, the gateway serves others in between. The rest waits in the pipe or the connection, in order, and not in the gateway's memory.
- **Slow readers.** A stream whose reader leaves more than \`limits.queuedBytes\` unread is cut off, and the log says \`reader_too_slow\`; in a session, the client can ask for the rest by \`Last-Event-ID\`. Over stdio, the gateway ends then. An answer in a stream that exceeds the limit by itself is always cut off: one below \`limits.messageBytes\` can, because it may grow when it is written again (\`1e20\` gets 21 digits, and a byte that is not UTF-8 becomes three). Raise \`limits.queuedBytes\` for such answers.
- **Sessions that a client has left.** Many clients leave without ending their session. If a subject asks for a new one and there is no room for it (\`limits.sessions\`, \`limits.sessionsPerSubject\`, \`limits.children\`), the gateway ends that subject's least recently used session, if nobody has been connected to it for a minute: it has no open request and no stream. Anonymous callers are one subject.
- **Sessions that a server has lost.** A server no longer has a session, for example after a restart, if it answers a request of it with 404, or if it answers with 400 both to that request and to a \`ping\` that the gateway then sends. (If the 400 is a JSON-RPC answer with the id of the \`ping\`, it still has the session.) The request gets \`peer_session_ended\`, and the gateway ends the session, so clients have to start a new one; with several servers, it [connects that server again](#several-servers). The gateway never sends the request again.
- **Broken streams.** If a server's stream ends or breaks before the answer, but has had events with ids, the gateway asks the server for the rest: at once, and then after waits of at least 250 milliseconds, or longer if the server's \`retry\` says so. It gives up after five attempts in a row that brought nothing new, or when the server does not have the rest, such as with 400 or 404.
- **Processes that end.** What a process sent before it ended is passed on before open requests get \`peer_died\`. Then the process is started again, with the session's handshake: after 250 milliseconds, and after twice as long each time that fails, up to 30 seconds. After eight attempts in a row, in about a minute, the server counts as lost, as [above](#several-servers). A process that has answered its caller, or stayed up for 30 seconds, does not count as failed.
- **Slow answers.** A person may have to answer what a server asks. So \`timeoutMs\` does not run while the server waits for sampling or elicitation, and begins again with the answer. (In MCP 2026-07-28 a server cannot ask, so it gains no time.) Nor does \`timeoutMs\` run for \`tasks/result\`, which waits for the end of a task. Each such wait may take an hour; behind Envoy, \`tasks/result\` may take as long as its caller stays.
- **Processes that hang.** The gateway does not end a process because its requests time out: it may be working on tasks. If a process has written nothing while a request waited for all of \`timeoutMs\`, the log says so once (\`server_silent\`), with the process's id. End that process, if need be by SIGKILL, and the gateway starts it again.`;

interface Row {
  readonly path: string;
  readonly type: string;
  readonly initial: string;
  readonly means: string;
}

export function gatewayReferencePage(): string {
  const rows = configRows();
  const groupOf = ({ path }: Row) => path.split(/[.[]/)[0] ?? "";
  return page([
    generatedFrom(
      "src/gateway/config, src/gateway/observe and tools/scripts/pages/gateway-reference-page.ts",
    ),
    intro,
    table(
      ["Variable", "Key", "Flag", "Means"],
      Object.entries(gatewaySettings).map(([name, { key, flag, means }]) => [
        code(name),
        key === undefined ? "" : code(key),
        flag === undefined ? "" : code(flag),
        means,
      ]),
    ),
    keys,
    ...Object.entries(notes).flatMap(([group, note]) => [
      `### ${code(group)}`,
      keyTable(rows.filter((row) => groupOf(row) === group)),
      note,
    ]),
    "### Other keys",
    keyTable(rows.filter((row) => !Object.hasOwn(notes, groupOf(row)))),
    several,
    reload,
    definitions,
    operating,
    adminPaths,
    metrics,
    table(
      ["Metric", "Labels", "Means"],
      Object.entries(gatewayMetrics).map(([name, { labels, means }]) => [
        code(`glassine_gateway_${name}`),
        labels.map((label) => code(label)).join(", "),
        means,
      ]),
    ),
    logged,
    table(
      ["Event", "Level", "What happened"],
      Object.entries(logEvents).map(([name, { levels, means }]) => [
        code(name),
        either(levels),
        means,
      ]),
    ),
    explaining,
    traces,
    spans,
    traced,
    codes,
    between,
  ]);
}

function keyTable(rows: readonly Row[]): string {
  const cells = rows.map(({ path, type, initial, means }) => [code(path), type, initial, means]);
  return table(["Key", "Type", "Default", "Means"], cells);
}

/** Returns one row for each key, with its description. */
export function configRows(): readonly Row[] {
  const found = rowsIn("", configJsonSchema()).filter(({ path }) => path !== "$schema");
  return [...new Map(found.map((row) => [row.path, row])).values()];
}

function rowsIn(path: string, schema: JsonSchema): readonly Row[] {
  const inner = Object.entries(objectIn(schema.properties)).flatMap(([key, of]) => {
    const at = path === "" ? key : `${path}.${key}`;
    const field = objectIn(of);
    const row = {
      path: at,
      type: typeOf(field),
      initial: field.default === undefined ? "" : code(JSON.stringify(field.default)),
      means: String(field.description ?? ""),
    };
    return [row, ...(isSecret(field) ? [] : rowsIn(at, field))];
  });
  const below = (at: string, of: unknown) => {
    const field = objectIn(of);
    return of === undefined || of === false || isSecret(field) ? [] : rowsIn(at, field);
  };
  return [
    ...inner,
    ...below(`${path}.NAME`, schema.additionalProperties),
    ...below(`${path}[]`, schema.items),
    ...alternatives(schema).flatMap((each) => below(path, each)),
  ];
}

function alternatives({ anyOf }: JsonSchema): readonly JsonSchema[] {
  return Array.isArray(anyOf) ? anyOf.map(objectIn) : [];
}

function isSecret({ description }: JsonSchema): boolean {
  return typeof description === "string" && description.startsWith("A secret:");
}

function objectIn(value: unknown): JsonSchema {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function typeOf(schema: JsonSchema): string {
  if (isSecret(schema)) return "secret";
  if (Array.isArray(schema.enum)) return schema.enum.map((each) => code(String(each))).join(", ");
  if (schema.const !== undefined) return code(String(schema.const));
  const kinds = alternatives(schema).map(typeOf);
  if (kinds.length > 0) return [...new Set(kinds)].join(" or ");
  if (schema.type === "array") return `list of ${eachOf(objectIn(schema.items))}`;
  const { type } = schema;
  if (type === "object") {
    const named = objectIn(schema.additionalProperties);
    return Object.keys(named).length === 0 ? "object" : `object of ${eachOf(named)}`;
  }
  return typeof type === "string" ? type : "any JSON";
}

function eachOf(schema: JsonSchema): string {
  const type = typeOf(schema);
  return type.includes(" or ") ? `(${type})` : type;
}
