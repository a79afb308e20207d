/** docs/gateway.md: from a five-minute start to every configuration key. */
import { gatewaySettings } from "../../../src/gateway/config/index.ts";
import { gatewayMetrics, logEvents } from "../../../src/gateway/observe/index.ts";
import { configJsonSchema, type JsonSchema } from "../config-schema.ts";
import { code, either, generatedFrom, page, table } from "./markdown.ts";

const intro = `# The gateway

\`glassine gateway\` stands in front of MCP servers and models, and runs plugins on everything that passes.
It speaks MCP 2026-07-28, which has no sessions, and 2025-11-25 and older versions, which have them, over stdio and Streamable HTTP; the HTTP+SSE transport of 2024-11-05 is not supported.

## Five minutes to a guarded server

Write a plugin, \`p.js\`, in a folder whose package.json says \`"type": "module"\`:

\`\`\`js
import { definePlugin, deny } from "glassine";

export default definePlugin({
  name: "no-echo",
  version: "1.0.0",
  hooks: {
    "cmf.tool_pre_invoke": {
      conditions: { tools: ["echo"] },
      handler: () => deny({ code: "no_echo", reason: "No echo today." }),
    },
  },
});
\`\`\`

glassine [is not published yet](../README.md#run-it), so install the package that a clone builds; here the clone is next to the folder.
Then put the gateway in front of any MCP server that speaks over standard input and output:

\`\`\`sh
npm install ../glassine/glassine-0.1.0.tgz
npx glassine gateway --plugin ./p.js -- npx @modelcontextprotocol/server-everything stdio
\`\`\`

Configure your client to run the gateway in place of the server's own command.
Clients usually run commands in another folder, so use absolute paths.
In many clients the configuration then has this form:

\`\`\`json
{
  "mcpServers": {
    "everything": {
      "command": "node",
      "args": [
        "/path/to/folder/node_modules/glassine/dist/gateway/command/main.js",
        "gateway",
        "--plugin",
        "/path/to/folder/p.js",
        "--",
        "npx",
        "@modelcontextprotocol/server-everything",
        "stdio"
      ]
    }
  }
}
\`\`\`

Calls to the tool \`echo\` are now refused, with the plugin's reason; every other message passes. [Write a plugin](write-a-plugin.md) says what else a plugin can do.
A plugin that rewrites a tool's answer finds it in a \`tool_result\` part, not in a text part: [footnote.ts](../examples/gateway/footnote.ts) is an example.
Standard output carries only the protocol; the log goes to standard error, one line of JSON per entry, and so does what a plugin prints.
A plugin that writes to file descriptor 1 itself breaks the protocol, unless its code [runs in another process](isolation.md).

With \`--port 8080\` the same gateway listens on \`http://127.0.0.1:8080/mcp\`.
For that it needs the protocol's package: \`npm install @modelcontextprotocol/server\`.

## A configuration

For more than one server, for models, or for options of plugins, write a \`glassine.config.ts\`, \`.js\`, \`.mjs\` or \`.json\`:

\`\`\`json
{
  "servers": {
    "files": {
      "command": "npx",
      "args": ["@modelcontextprotocol/server-filesystem", "/srv/files"]
    },
    "tickets": {
      "url": "https://tickets.example.com/mcp",
      "headers": { "authorization": { "env": "TICKETS_AUTHORIZATION" } }
    }
  },
  "plugins": [{ "use": "pii" }, "./p.js"],
  "listen": { "port": 8080 },
  "audit": { "file": "audit.jsonl" }
}
\`\`\`

A plugin with \`"mode": "audit"\` is on trial: what it would label, change or refuse has no effect, and \`audit.hooks\` records it.

\`defineConfig\` of \`glassine/gateway\` types a configuration in TypeScript or JavaScript.
Node runs TypeScript from 22.18 on; with an older Node, install \`jiti\`.
[spec/schemas/config.schema.json](../spec/schemas/config.schema.json) is its JSON Schema: name it as \`$schema\`, and an editor completes and checks the file.
Paths in a file are relative to its folder, paths in flags to the current one.
\`args\` are passed on unchanged: a relative path in them is relative to \`cwd\` or, without it, to the folder that the gateway was started in.
A key that is not in the tables below is refused, and the message suggests the key that you may have meant.
\`{ "env": NAME }\` is a variable of the gateway's environment. MCP clients pass on only a few variables to the programs they start: name yours in the client's own \`env\`.
The variable holds the whole value, such as \`Bearer …\` for \`authorization\`: \`\${NAME}\` inside a string is not expanded, and \`--check\` warns about it.
A \`url\` with a user name or password is refused: put credentials in \`headers\`.
So is one with a fragment and, in \`models\`, one with a query: the path of each request is appended to it, and callers add \`api-version\` themselves.
No message quotes a value, since any value may be a secret.

\`glassine gateway --check\` starts no server and no listener; it does load the plugins, isolated ones in isolation.
It prints what each plugin sees and does not see, what it may change, and what can never have an effect: a condition on a server that is not configured, headers for a server that is reached over stdio, a handler on a hook that is never run.
It warns about settings that can work but are probably mistakes: a mode that lets through what a plugin finds, labels, roles or sessions that a stock plugin looks for but nothing sets, a secret or a folder that is not on this machine.
It exits with 1 if something cannot work, and with 2 if the configuration is wrong.

## Plugins

- \`{ "use": NAME }\` is a stock plugin: [plugins.md](plugins.md) lists their names and their \`options\`.
- \`{ "package": ID }\` is an installed plugin, which has to pass the gates of [operate.md](operate.md): signature, lockfile, hash. A refused plugin keeps the gateway from starting, and the message says why and what to do; a plugin that is installed but not named is not loaded.
- \`{ "path": FILE }\`, or the path alone, is a file whose default export is a plugin, or a function that takes no arguments and returns one. It is for development: production refuses it with \`plugin_path_refused\`.
- \`{ "kind": "cpex", "file": FILE, "python": PYTHON }\` stands for all plugins of a CPEX or ContextForge configuration, in Python: [cpex.md](cpex.md#in-the-gateway) says how they run and how they are trusted.

Each plugin can be named once: two entries that name the same plugin are refused.
Production does not start without \`plugins.lock\`, even if no package is named.

With \`isolate\`, the code of a package or a path runs outside the gateway's process, and none of it is imported into that process:

\`\`\`json
{ "path": "./unreviewed/p.js", "isolate": "process", "options": { "level": 2 } }
\`\`\`

[isolation.md](isolation.md) says what \`worker\`, \`process\` and \`quickjs\` prevent that code from doing.
If the machine lacks what that kind of isolation needs, the gateway does not start unless \`accept\` lists everything that the code could then still do, such as \`network\`.
With \`process\`, a file can read its own folder, those in \`readable\`, and nothing else, so give it a folder without your configuration and your secrets.
A package runs where its entry in \`plugins.lock\` says; the configuration may name a stricter kind, but not a weaker one.
The plugin's own schema reads \`options\` where the plugin runs, and handlers get them as \`context.config\`. Without a schema nothing checks them, and \`--check\` warns about that.
An isolated plugin fails for a message with more than 16 Mi UTF-16 units of text, even if \`limits.messageBytes\` lets it pass.
Stock plugins are part of the gateway and run in it.
\`--check\` says where each plugin's code runs and what isolation does not prevent there; what an isolated plugin prints goes to the log.
On the command line, \`--isolate process\` applies to every \`--plugin\`.

## Models

A route takes requests for a provider's API under a path on the gateway's port, and sends them on with a key that callers do not have:

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
  },
  "plugins": [{ "use": "secret-scanner" }],
  "listen": { "port": 8080 }
}
\`\`\`

Give an SDK \`http://127.0.0.1:8080/openai/v1\` as its base URL.
Requests and answers, streamed or not, go through the plugins with the identity and the labels of the MCP side.
With \`identity.jwt\`, the caller's token goes into \`Authorization\`: pass it as \`apiKey\` of OpenAI's SDK, as \`authToken\` of Anthropic's, and in \`httpOptions.headers\` of Google's.
With \`labels.session\` set to \`subject\`, labels carry over: if a plugin labelled what a tool returned to somebody, the model's later answers to that person have the label too.
A refusal has the form of the provider's own errors; [guard-a-model.md](guard-a-model.md) lists the codes.
If a provider cannot be reached or breaks off, the gateway answers with 502 \`provider_unreachable\`; if it takes longer than \`timeoutMs\`, with 504 \`provider_timeout\`.
In these cases a stream that has already begun ends early.
If a secret in the route's \`headers\` cannot be read, it answers with 500 \`secret_missing\`.
A request that is larger than \`limits.messageBytes\` is refused with 413 \`request_too_large\`, and one whose body takes longer than \`limits.bodyTimeoutMs\` with 408 \`body_timeout\`; one that is not UTF-8 with 400 \`request_invalid\`, even if no plugin would see it.
The gateway asks providers not to compress their answers (\`accept-encoding: identity\`), and answers 502 \`answer_invalid\` for one that is compressed or has a status above 599; an error that is compressed keeps its status and headers, but not its text.
Of the provider's headers, callers get only those about [limits, retries, caching and the request's id](guard-a-model.md#the-providers-errors).

The list of models (\`GET /models\`, \`GET /models/*\`) passes unread, with the gateway's key: no plugin sees the request or its answer. \`*\` is the name of a model; slashes in it are encoded, as in \`ORG%2FNAME\`.
Only the URL parameters that choose a page are sent on: \`limit\`, \`after\`, \`after_id\`, \`before_id\`, \`order\`, \`pageSize\` and \`pageToken\`.
Each such request has a line \`model_passed\` in the log and, with \`audit.access: "all"\`, a record in the trail whose \`name\` is the method and the path.

## Several servers

Servers behind one gateway look like one server.
With a single server, names, URIs and the ids of tasks stay as they are; with several:

| What                   | For the caller                                                                                                                             |
| ---------------------- | ------------------------------------------------------------------------------------------------------------------------------------------ |
| Names                  | Tools and prompts are \`server__name\`. Some models take names of 64 characters at most, so keep the names of servers short.                 |
| Ids of tasks           | \`server__id\`, in every message that has one. So is the \`elicitationId\` of an elicitation by URL.                                           |
| URIs                   | As the servers have them. If two servers list the same URI, it belongs to the first one in the configuration.                              |
| Lists                  | One server's list after another, in the order of the configuration; a page contains a page from each server that has more.                 |
| Capabilities           | What any of the servers can do, in the oldest version that they agreed on; the \`instructions\` of each are under its name.                  |
| \`ping\`                 | Answered by the gateway.                                                                                                                   |
| \`logging/setLevel\`     | Sent to all.                                                                                                                               |
| \`subscriptions/listen\` | Sent to all, and acknowledged once. It ends when a server that granted something ends, so that the caller subscribes again, to the others. |
| Methods unknown to MCP | Refused with −32601 and \`method_unknown\`, because nothing says which server they are for.                                                  |

A server that answered \`initialize\` without a capability is not asked for what belongs to it: without \`prompts\`, it gets no \`prompts/list\`.

**Plugins** run for every server, unless their \`conditions\` name some.
Each server has its own guard, so hooks, conditions, labels, the log, the audit trail and metrics use the names that the server knows: condition on \`"servers": ["files"], "tools": ["read"]\`, not on \`files__read\`.
**Options** below \`servers.NAME\` are for that server only.
What the gateway answers itself, such as \`ping\`, reaches no plugin.

MCP 2026-07-28 has no sessions: each request and its answer are one _exchange_, which belongs to its subject.
MCP 2025-11-25 and older versions have sessions.
The gateway does not translate between versions: a server that speaks only those with sessions answers callers of 2026-07-28 with an error, and is left out of their merged answers (\`server_left_out\`).
Some do not check the version, for example those with SDK v1 over stdio. Their results lack \`resultType\`, so clients would refuse them, and they are left out of lists too. Put such a server behind a gateway of its own, or beside servers of its kind: \`server/discover\` then fails, and clients that can speak an older version do.
A caller of 2026-07-28 over stdio has no headers, so a server over HTTP may refuse calls of tools whose arguments it wants repeated in \`Mcp-Param-*\` headers.

**Resources** are read from the server that listed, linked or embedded their URI, or a template for it.
The gateway remembers that for each session, and for the exchanges of each subject, even across a reload.
For a URI that no server has named yet, or only at another gateway, the gateway asks one server after another until one has it; each guard decides whether its server may be asked.
A subscription to such a URI goes to all servers.
The gateway keeps the newest 500 templates of a session or subject, and compares at most 32 Mi characters of URIs with them in a second; other URIs are handled as ones that no server has named.

**Requests from servers**, such as sampling and elicitation, get ids and progress tokens from the gateway, even with a single server, and what a caller says about them goes to the server that asked.
If that server ends or is lost, they are cancelled and later answers are dropped, since a restarted server uses the same ids again.
If a caller runs such a request as a task, only the server that asked sees the task.

**A server that hangs** holds up merged answers for at most 10 seconds, or for at most a second if it did so within the last minute.
Then the answer comes without it, and the log says \`server_left_out\`; an incomplete list is marked as not cacheable.
The same happens if a server answers a list with an error, or with something that is not a list (\`peer_invalid\` in that line).
A request that is only for that server waits up to its \`timeoutMs\`.
If no server has answered \`initialize\` after 10 seconds, the gateway waits for the first one that does, up to their \`timeoutMs\`.
A server that answers \`initialize\` late joins the session, and the caller gets \`list_changed\`.

**A server that is lost**, because it ended its session, cannot be reached, or did not start, is connected again on the next request for it, with the caller's handshake; the log says \`server_lost\` and \`server_reconnected\`.
Requests that it had not answered get an error, and what it knew of the session is gone.
If it does not come back, the gateway tries again after pauses of up to a minute; in the meantime it answers requests with \`peer_unreachable\`.
A session ends when it has lost its last server.

## Change without a restart

\`\`\`sh
glassine gateway reload
\`\`\`

The running gateway of the same user with the same configuration file reads that file again, loads its plugins, and uses both from the next request on.
The command says whether it did, and exits with 1 if it did not.
A reload is refused if the new configuration cannot be read or breaks a rule of this page, or if something that it names cannot be used: a plugin, \`audit.file\`, the file with the keys of \`identity.jwt\`, or the pinned definitions.
The last good configuration then stays in effect.
No server is started, and no server, provider or URL with keys is asked. A server's program or working folder that does not exist, and a secret for a server or a model that cannot be read, are only warned about (\`missing\` in the log): the reload is done, sessions end if it changes how their server is reached, and requests are refused until what is missing is there.
So run \`glassine gateway --check\` first, in the gateway's environment: for a missing program it exits with 1, and it warns about the others.
SIGHUP does the same, and the log says that it has begun (\`reloading\`) and how it went (\`configured\` or \`reload_refused\`).
Changing a file does not by itself reload anything.
A reload that changes \`listen\`, \`admin\`, \`tracing\` or \`labels.store\` is refused: these need a restart. Over stdio one session lasts from start to end, so a reload that changes \`identity.local\`, adds or removes servers, or reaches them in another way is refused as well.

Open sessions use the new configuration from their next request on: plugins, identity, tenant, labels, definitions and pins, \`pass\`, \`onDeny\`, \`wireLabels\`, \`timeoutMs\`. Whatever is in progress finishes under the configuration that it started with.
Sessions keep their connections to servers, and so the sizes in \`limits\` that those connections started with. A server that was added is there for the next session.
A session ends if one of its servers was removed or is reached in another way: another \`command\`, \`args\`, \`env\`, \`cwd\`, \`url\`, \`headers\`, \`forward\` or \`traceContext\`. Its open requests are answered with \`session_unknown\`, and its next one with 404, so that clients start a new session; subscriptions of MCP 2026-07-28 end with \`peer_unreachable\`.
After a reload, exchanges use new processes, so a subscription to a server that runs as a process ends as well, and the caller has to subscribe again.
Processes from before the reload still count in \`limits.children\`, by the name of their server: those of sessions, and those with an exchange in progress until it ends. If the server is now reached in another way, its sessions end, and their places are free for new ones.
The old plugins are closed when the last request that uses them has ended, and the code of isolated ones ends then.
A configuration in TypeScript or JavaScript, and a plugin named by its path, are imported again if the file has changed; what they import themselves is not.

The command reaches the gateway through a socket in \`$XDG_RUNTIME_DIR\`, or in the temporary folder, in a folder that only this user can enter.
So both need the same \`XDG_RUNTIME_DIR\` and \`TMPDIR\`, and the same path of the configuration; links in its folder make no difference.
If there is no such place, the log says so, and SIGHUP still works; the command refuses a folder that others can enter, because somebody else might answer there.

## Definitions of tools

A model does what the description of a tool says, so a server that changes one changes what the model does.
The gateway therefore compares every list of tools with the definitions that you have looked at:

\`\`\`sh
glassine gateway pin --check
glassine gateway pin
\`\`\`

The first asks each server for its tools, as a client with every capability would, and says which are new, changed or gone, and which servers have pins but are not in this configuration.
The second writes their hashes to \`definitionsFile\`, which belongs beside the configuration and into version control; a running gateway takes them with \`gateway reload\`.
Configurations in one folder share that file by default, so pins of other servers stay; \`--prune\` removes them.
A hash covers every field except \`_meta\`.
If a server's list of tools has no clear end, for example more than 1000 pages, the command says so, and the server's pins stay as they are.
If no definitions of a server are pinned, the first one of each tool that the gateway passes on counts as pinned until it stops, even if the server adds the tool later. With \`refuse\`, \`--check\` and the log warn about that.

\`servers.NAME.definitions\` says what happens to a tool that is new, or whose definition is not the pinned one:

| Value    | In lists    | Calls                                                                        |
| -------- | ----------- | ---------------------------------------------------------------------------- |
| \`warn\`   | stays       | pass                                                                         |
| \`label\`  | stays       | have the label \`DEFINITION_CHANGED\`, for plugins and the rest of the session |
| \`refuse\` | is left out | are refused with \`-32010\` and \`definition_changed\`                           |

With \`refuse\`, an answer whose \`tools\` is not a list is refused with \`peer_invalid\`.
With each value, the log also has a line \`definition_changed\`, once per tool.
Even if the server takes a change back, or shows it only to some callers, the tool counts as changed until a reload finds another definition of it pinned, or the gateway stops.
A tool that the gateway has not seen in a list can be called: definitions are checked only when tools are listed.
The gateway remembers up to 4096 changed tools per server.
Once that many have changed, it treats every other tool of that server as changed too, except those that it has seen only with their pinned definition.

## Shutdown

On SIGTERM or SIGINT the gateway takes no more requests, lets those in progress end (\`limits.shutdownMs\`), with the judgement of what callers have read of streams, and exits with 0.
What is not done by then is answered with \`shutting_down\`; subscriptions are answered that way at once.
It does not wait for callers to answer what a server asked them.
Servers over HTTP hear that their sessions have ended, if they answer that within two seconds.
A second signal ends the process at once. As process 1 of a container it is ignored, unless the container has an init process: use SIGKILL there.
If writing the audit trail's file hangs, the gateway waits for up to ten seconds, logs \`audit_stuck\`, and ends by SIGKILL, because an ordinary exit would wait for the write too.
Over stdio the gateway ends with its caller, or exits with 1 if none of its servers stays up (\`servers_gone\` in the log).
[deploy.md](deploy.md) takes it into production.

## In a program of your own

\`createGateway\` is the same gateway without the command; it needs \`npm install @modelcontextprotocol/server\`.
The plugins and the audit trail are those of the manager that you pass to it, so \`config\` has no \`plugins\`, \`mode\` or \`audit\`; everything else is as in a file, with the same defaults and the same checks.

\`\`\`ts
import { createPluginManager } from "glassine";
import { createGateway } from "glassine/gateway";
import { secretScanner } from "glassine/plugins";

const manager = await createPluginManager({ plugins: [secretScanner()] });
const gateway = await createGateway({
  manager,
  config: {
    listen: { port: 0 },
    servers: { files: { url: "http://127.0.0.1:3001/mcp" } },
  },
  log: { info() {}, warn: console.warn, error: console.error },
});
console.log(gateway.address?.host, gateway.counts().open); // 127.0.0.1 0
await gateway.close();
await manager.close();
\`\`\`

\`audit: { access: "all", hooks: true }\` beside \`config\` records every request and every hook in the manager's trail. If the trail is strict, add \`strict: true\`: no request is taken while records are lost.
Without \`log\` it writes the same lines as the command to standard error.
\`secrets\` reads what the configuration names as \`{ "env": … }\` or \`{ "file": … }\`; by default it reads the environment and files.
The log contains none of the values that it returned; for the trail, give them to the manager, and call [\`manager.setSecrets\`](audit.md#what-never-gets-in) when they change.
\`reload\` takes the same options, and the next requests use them. When no request uses the old options any more, their \`onUnused\` is called, so that you can close their manager.
If it or a method of \`log\` throws or rejects, nothing changes.
Without \`listen\` it speaks over your program's standard input and output, or over those in \`stdio\`.
It keeps your program running while it listens, and leaves signals to your program: call \`close\` on SIGTERM.

## Flags and environment

Flags override the environment, and the environment overrides the file. [commands.md](commands.md) lists all flags.
A variable whose name is close to one of these, or lacks only \`GATEWAY_\`, is refused, because it is probably misspelt.
So is one that is close to [a setting for plugins](commands.md#settings), even if no package is named.`;

const operating = `## Operating it

\`"admin": { "port": 9090 }\` opens a port for operators, beside HTTP or stdio.
It gives no access to servers or models, but it does not authenticate anybody: keep it where only you can reach it.
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

const scraped = `\`\`\`text
$ curl localhost:9090/readyz
{"status":"ready","generation":1}
$ curl localhost:9090/metrics | grep _total{
glassine_gateway_requests_total{server="files",method="tools/call",outcome="denied",code="no_echo"} 1
glassine_plugin_hook_fire_total{hook="cmf.tool_pre_invoke"} 1
glassine_plugin_handler_invocation_total{hook="cmf.tool_pre_invoke",plugin="no-echo"} 1
glassine_plugin_denial_total{hook="cmf.tool_pre_invoke",plugin="no-echo",code="no_echo"} 1
glassine_plugin_registration_total{outcome="success",reason="none"} 1
\`\`\`

The table lists the gateway's own metrics; \`glassine_plugin_…\` are those of [the manager](embed.md#metrics).
In a program of your own, pass \`plugins\` of \`createMetrics\` to the manager as \`metrics\`, and the rest to \`createGateway\`.
No name that a caller makes up becomes a label: methods that MCP does not have count as \`other\`, and tools, models and subjects are not labels at all.`;

const logged = `### Events in the log

Each line of the log is a JSON object with \`time\`, \`level\` and \`event\`, and further fields that depend on the event, such as \`request\`, \`server\`, \`code\` or \`text\`.
What plugins threw, what isolated plugins printed and what servers wrote is redacted as [in the audit trail](audit.md#what-never-gets-in), and no text contains a secret that the configuration names.
A line that cannot be written, for example because the disk is full, is lost, and so is one for which there is no room because the log's reader has left 16 MiB unread. \`/metrics\` counts them, and the next line that can be written is followed by \`log_lost\`.
Of an event that servers or callers can cause any number of times, such as \`refused\` or \`server_left_out\`, there are at most about 60 lines a minute for each server, route or code, and 600 of \`server_stderr\`; the next line says in \`left_out\` how many are missing.
When the gateway ends, it gives the log's reader two seconds for what waits.
The table lists every event.`;

const explaining = `### Why a request was refused

Every line of the log about a request has the request's id in \`request\`, and the generation of the configuration; so does every record of [the audit trail](audit.md).
The line \`plugin_failed\` says how a plugin failed: it has the code \`handler_error\` for what the plugin threw, \`handler_timeout\` for a missed deadline, and another, such as \`result_shape\`, for a result that was refused as a whole. [errors.md](errors.md) says what to do about each.
If that plugin has \`"onError": "disable"\`, it is switched off, and the log says so once: its handlers on message hooks do not run again until a reload.
The line \`guard_error\` says why the gateway could not check a message, for example when it answers with \`guard_failed\`: the hook or the step (\`point\`), a code, and the place in the message, never what was there.
\`glassine explain ID\` shows what plugins did with that request:

\`\`\`text
$ glassine explain 09bc7f2e-3d16-4f9c-8a53-5be7d09c9ab2
request 09bc7f2e-3d16-4f9c-8a53-5be7d09c9ab2
  asked for:  tools/call:environment of server small
  asked by:   ada, tenant acme
  ended:      denied: no_environment, by watcher
  when:       2026-11-24T02:05:57.701Z, generation 1

cmf.tool_pre_invoke
  watcher (sequential): completed, refused it; could see the payload, request, security, security.labels, mcp, completion, provenance, llm, framework, meta, custom

What happened:
  watcher denied on cmf.tool_pre_invoke: no_environment: Not with [REDACTED] in it
\`\`\`

It reads \`audit.file\`, or another file with \`--file\`, and needs no running gateway.
Requests that a plugin refused, or that failed on their way to a server or a model, are always in the trail; \`audit.access: "all"\` adds the others that hooks ran for, and \`audit.hooks: true\` what each plugin could see and changed.
What the gateway refused before that, for example with 400, 401 or 403, is in no record: the log has a line \`refused\`, \`identity_refused\`, \`host_refused\` or \`origin_refused\` with its code, at most about 60 a minute for each code, and \`/metrics\` counts it.
Messages of MCP without a hook of their own, such as lists and \`initialize\`, have a record, and a subject in the log, only if a plugin runs on \`cmf.mcp_request\` or \`cmf.mcp_response\`, as one on \`message_pre_invoke\` or \`message_post_invoke\` does.
If the trail has too little, the command says which of these keys to set.
The trail has names, labels and codes. Of the content of a message it has only what plugins quote in their reasons and errors, with known secrets removed.`;

const traces = `### Traces

With \`"tracing": true\` each request of a caller is an OpenTelemetry span, and each hook that ran is a span inside it.
Install \`@opentelemetry/api\`, and load an SDK with its exporter before the gateway; without an SDK nothing is recorded:

\`\`\`sh
node --import ./telemetry.js node_modules/.bin/glassine gateway
\`\`\``;

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

const details = `## Codes of refusals

A message that the gateway itself refuses is answered by a JSON-RPC error with a code in \`data.code\`; over HTTP the status says the same.

| \`data.code\`                                      | Status  | What was wrong                                                                                                                            |
| ------------------------------------------------ | ------- | ----------------------------------------------------------------------------------------------------------------------------------------- |
| \`host_refused\`, \`origin_refused\`                 | 403     | \`Host\` or \`Origin\` is not in the lists.                                                                                                   |
| \`headers_too_large\`, \`headers_timeout\`           | 431/408 | The headers have more than 32 KiB, or took longer than 20 seconds. Only the log and the metrics have the code, not the answer.            |
| \`http_invalid\`                                   | 400     | Not HTTP, no valid \`Host\`, no path, an unknown \`Expect\` (417), or \`CONNECT\` (405). Only the log and the metrics have the code.            |
| \`parse_error\`                                    | 400     | The body is not JSON. Compressed bodies are not unpacked.                                                                                 |
| \`message_invalid\`, \`invalid_request_id\`          | 400     | It is not JSON-RPC 2.0 as MCP defines it, is nested more than 1000 levels deep, or has a number that is too large for a double.           |
| \`batch_refused\`                                  | 400     | A batch in a session of a version other than 2024-11-05 and 2025-03-26. More than 100 messages: \`message_rejected\`, except behind Envoy.  |
| \`message_rejected\`                               | 4xx     | It breaks the rules of its version: 400. In sessions, there are also 406 for \`Accept\`, 409 for a second stream, 415 for the content type. |
| \`not_found\`, \`method_not_allowed\`                | 404/405 | There is nothing at this path, or nothing for this method.                                                                                |
| \`request_id_in_use\`                              | 400     | A request with this id has no answer yet.                                                                                                 |
| \`header_mismatch\`                                | 400     | With MCP 2026-07-28: a header contradicts the body.                                                                                       |
| \`message_too_large\`, \`body_timeout\`              | 413/408 | The body is larger, or takes longer, than \`limits\` allows.                                                                                |
| \`session_missing\`, \`session_unknown\`             | 400/404 | The request names no session, or one that is not this subject's.                                                                          |
| \`event_unknown\`                                  | 400     | \`Last-Event-ID\` names no event that is kept.                                                                                              |
| \`rate_limited\`, \`too_many_sessions\`              | 429/503 | A subject sends too much, or there are too many sessions, or processes of a server (\`limits.children\`).                                   |
| \`shutting_down\`, \`server_unavailable\`            | 503     | The gateway is stopping, or a server could not be reached.                                                                                |
| \`audit_failed\`                                   | 503     | [The audit trail](audit.md#when-a-sink-fails) has a gap.                                                                                  |
| \`peer_unreachable\`, \`peer_died\`, \`peer_timeout\`  |         | The server broke off, died, or did not answer in time.                                                                                    |
| \`peer_session_ended\`                             |         | The server ended the session.                                                                                                             |
| \`peer_invalid\`, \`peer_too_large\`, \`peer_refused\` |         | The server's answer cannot be read, is not valid (as with \`message_invalid\`), is too large, or is a refusal.                              |
| \`definition_changed\`                             |         | [The tool's definition is not the pinned one](#definitions-of-tools).                                                                     |
| \`already_initialized\`                            |         | Over stdio: a second \`initialize\`.                                                                                                        |
| \`internal_error\`                                 | 500     | The gateway failed; the log says how.                                                                                                     |
| \`too_many_unanswered\`                            | 429     | Too many requests of one session, or exchanges of one subject, have no answer yet.                                                        |
| \`name_unknown\`, \`method_unknown\`                 |         | With [several servers](#several-servers): the request names none of them.                                                                 |
| \`resource_unknown\`, \`task_unknown\`               |         | With several servers: the request has no URI, or no id of a server's task.                                                                |
| \`cursor_unknown\`                                 |         | With several servers: the cursor is not from this gateway.                                                                                |

An answer that plugins have to judge, and whose result is not what MCP defines, is refused with [\`guard_failed\`](mcp.md#denials); \`guard_error\` in the log says why.
If no plugin judges it, it passes.
If a server has no process for a caller because of \`limits.children\`, the log says \`too_many_processes\`.
[mcp.md](mcp.md) has the codes of plugins and guards, and [threat-model.md](threat-model.md) says what attackers try.

## Between callers and servers

- **Handshake.** An \`initialize\` that is answered with an error starts no session: there is no \`Mcp-Session-Id\`, and it takes no place in \`limits.sessions\`. So the answer to \`initialize\` starts only when the server has answered: allow a proxy in front that much time. If the caller leaves before that, the gateway gives a server over HTTP two more seconds to answer, and ends the session there. Until then the gateway itself answers a \`ping\` from the server.
- **The first messages.** If a server is reached over HTTP, what a caller sends after \`notifications/initialized\` waits: for at most 2 seconds until the server has accepted that notification, then for at most 250 milliseconds until it has opened or refused the session's own stream. Any notification that such a server has not accepted after 30 seconds is given up (\`server_error\` in the log). What a server says or asks that belongs to no request waits until the caller has opened the session's own stream: up to 100 messages. What it asks waits for at most 30 seconds, and is then answered with \`peer_unreachable\` (\`message_undelivered\` in the log).
- **Cancelled requests.** For a caller over HTTP, the stream of a cancelled request ends with a result from the gateway that says so (\`isError\`). Clients do not read it, but some would ask again if the stream ended with an error or with nothing. A caller over stdio gets nothing.
- **Strays.** An answer that belongs to no open request is dropped, and so is progress that goes backwards, has another request's token, or comes more than a hundred times a second.
- **Numbers.** JSON is read and written again, so a number that a double cannot hold changes, in both directions: the argument \`9007199254740993\` reaches the server as \`9007199254740992\`, which may be somebody else's id. Only strings keep such ids as they are. A message with a number that is too large for a double, such as \`1e999\`, is refused, because it would be written as \`null\`.
- **Large answers.** An answer that is larger than \`limits.messageBytes\` is refused, and others go on. A file of 2 MB can already be: base64 makes it a third larger, and some servers send it twice, in \`content\` and in \`structuredContent\`. If a server is a process, and the gateway cannot tell which request the answer belongs to, it starts the process again, and open requests get \`peer_died\`.
- **Many messages.** However many messages a server sends at once, other servers and callers are served in between: the gateway passes on a few, then whatever else is ready gets its turn. Meanwhile it reads nothing more from that server, so the rest waits in the pipe or the connection, in order, and not in the gateway's memory.
- **Slow readers.** A stream whose reader leaves more than \`limits.queuedBytes\` unread is cut off, and the log says \`reader_too_slow\`; in a session, the client can ask for the rest by \`Last-Event-ID\`. Over stdio, the gateway ends then. An answer in a stream that exceeds the limit by itself is always cut off: one below \`limits.messageBytes\` can, because it may grow when it is written again (\`1e20\` gets 21 digits, and a byte that is not UTF-8 becomes three). If you expect such answers, raise \`limits.queuedBytes\`.
- **Sessions that a client has left.** Many clients leave without ending their session. If a subject asks for a new one and there is no room for it (\`limits.sessions\`, \`limits.sessionsPerSubject\`, \`limits.children\`), the session ends that the same subject has not used for longest, if nobody has been connected to it for a minute: it has no open request and no stream. Anonymous callers are one subject.
- **Sessions that a server has lost.** A server that answers a request of a session with 404, or with 400 both to it and to a \`ping\` that the gateway then sends, no longer has the session, such as after a restart. (It still has it if its 400 is a JSON-RPC answer with the id of the \`ping\`.) The request gets \`peer_session_ended\`, and the gateway ends the session, so that clients start a new one; with several servers, it [connects that server again](#several-servers). The gateway never sends the request again.
- **Broken streams.** If a server's stream ends or breaks before the answer, but has had events with ids, the gateway asks the server for the rest: at once, and then after waits of at least 250 milliseconds, or longer if the server's \`retry\` says so. It gives up after five attempts in a row that brought nothing new, or when the server does not have the rest, such as with 400 or 404.
- **Processes that end.** What a process sent before it ended is passed on before open requests get \`peer_died\`. Then the process is started again, with the session's handshake: after 250 milliseconds, and after twice as long each time that fails, up to 30 seconds. After eight attempts in a row, in about a minute, the server counts as lost, as [above](#several-servers). A process that answers its caller, or stays up for 30 seconds, has not failed.
- **Slow answers.** A person may have to answer what a server asks. So \`timeoutMs\` does not run while the server waits for sampling or elicitation, and begins again with the answer. Nor does it run for \`tasks/result\`, which waits for the end of a task. Each such wait may take an hour; behind Envoy, \`tasks/result\` may take as long as its caller stays.
- **Processes that hang.** The gateway does not end a process because its requests time out: it may be working on tasks. If a process has written nothing while a request waited for all of \`timeoutMs\`, the log says so once (\`server_silent\`), with the process's id. End that process, if need be by SIGKILL, and the gateway starts it again.`;

const secrets = `If the type is "secret", write \`{ "env": NAME }\` or \`{ "file": PATH }\`.
The secret is read when it is needed, one in \`headers\` for each request and one in \`env\` whenever a process starts; messages name the variable or the file, never the value.
A request whose headers cannot be read is not sent: the caller gets \`peer_unreachable\`, or \`server_unavailable\` where a session begins, and the log says which secret is missing.
The audit trail and the log contain neither its value nor the last nine that it had before, nor the token or password alone in \`Bearer TOKEN\` and in a URL.
\`NAME\` stands for a name that you choose, \`[]\` for each element of a list.
[mcp.md](mcp.md#what-may-pass-unseen) describes the groups of \`servers.NAME.pass\`.`;

interface Row {
  readonly path: string;
  readonly type: string;
  readonly initial: string;
  readonly means: string;
}

export function gatewayPage(): string {
  const schema = configJsonSchema();
  const keys = Object.keys(objectIn(schema.properties)).filter((key) => key !== "$schema");
  const rows = configRows();
  const groups = keys.map((key) => rows.filter(({ path }) => path.split(/[.[]/)[0] === key));
  return page([
    generatedFrom(
      "src/gateway/config, src/gateway/observe and tools/scripts/pages/gateway-page.ts",
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
    operating,
    adminPaths,
    scraped,
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
    details,
    "## Every key",
    secrets,
    ...groups.flatMap((group) =>
      group.length > 1 ? keyTable(code(String(group[0]?.path)), group) : [],
    ),
    ...keyTable(
      "Other keys",
      groups.flatMap((group) => (group.length > 1 ? [] : group)),
    ),
  ]);
}

function keyTable(heading: string, rows: readonly Row[]): readonly string[] {
  const cells = rows.map(({ path, type, initial, means }) => [code(path), type, initial, means]);
  return [`### ${heading}`, table(["Key", "Type", "Default", "Means"], cells)];
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
