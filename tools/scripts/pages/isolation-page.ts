/** docs/isolation.md: plugins that nobody reviewed, and what each kind of isolation prevents. */
import probes from "../../../spec/isolation-probes.json" with { type: "json" };
import { type Isolation, isolations, kinds, openings } from "../../../src/operate/isolate/kinds.ts";
import { offered } from "../../../src/operate/isolate/quickjs/questions.ts";
import { code, generatedFrom, page, table } from "./markdown.ts";

const intro = `# Plugins that you did not write

In your process, a plugin can do what your process can do: open files and connections, and start programs.
[Capabilities](capabilities.md) limit what you pass to it, and are not a sandbox.
So run code that nobody reviewed outside your process: it takes one word, and the plugin does not change.

\`\`\`ts
import { createPluginManager } from "glassine";
import { isolatePlugin } from "glassine/isolate";

async function managerFor(file: string) {
  const isolated = await isolatePlugin(file, { isolate: "process" });
  return await createPluginManager({ plugins: [isolated.plugin] });
}
\`\`\`

The file has a plugin, or a function that returns one, as its default export.
It is loaded only in the thread or process that \`isolate\` names (the _far side_).
Your process gets the plugin's manifest, and a stand-in plugin that forwards each call there.
To the manager it is a plugin like any other: it sees what its capabilities grant, the merge judges what it returns, and the result is the same to the byte.
There are two exceptions: it never gets [credentials in headers](#what-is-different), and very large results are refused.
[examples/unreviewed-plugin](../examples/unreviewed-plugin/main.ts) shows one that tries to steal a file; in a clone, \`npm run start:unreviewed\` runs it.

The manager's \`onHandlerError\` gets what its code throws, and why its code ended; without one, both are in the log.
What it prints is dropped, unless you pass \`onOutput\`; if it ends while it is loaded, the error has its last output.
A file is \`.js\` or \`.mjs\`. Put it in a folder of its own: that folder is what a \`process\` may read.

In [the gateway](gateway-reference.md#plugins), \`"isolate": "process"\` in a plugin's entry does this; for an installed package, \`glassine plugins trust --isolate process\` writes it [into plugins.lock](operate.md).`;

const outcomes = `## What hostile code can do

Each row is a test, which runs on your machine with \`npm run test:all\`.
A _turn_ is one call of one handler.
_Possible_: it works, and nothing stops it.
_Refused_: the code gets an error, and its turn goes on.
_Failed_: its turn fails at its deadline, under its own \`onError\`.
_Ended_: its turn fails in the same way, and its thread or process is ended; the next turn starts it again.
_Ends the host_: the host's process ends.
_Harmless_: it may do that, and it has no effect.`;

const needs = `## What a process needs

A process needs Linux, the programs \`unshare\` and \`setpriv\` of util-linux, and the right to create namespaces.
It gets a root of its own, which is read-only to it and has this library, the folder of the plugin, the package.json above it, and the system's libraries, each with what is mounted inside of it.
It has no network and no environment, sees no other process, and is also limited by Node's permission model.
If any of that is not available, the start is refused with \`isolation_refused\`, which says why and what the code could still do: "No space left on device" means that \`user.max_user_namespaces\` is 0.
"Operation not permitted" on Ubuntu 23.10 or later is AppArmor: let its administrator set \`kernel.apparmor_restrict_unprivileged_userns\` to 0, or give the host a profile that allows \`userns\`.
Accept that by name, if you can live with it, as with \`accept: ["network", "signals"]\`.
The plugin then has to find \`glassine\` from its own folder, and can also read through any link in the folders that it may read, so make sure that no link leads out of them.`;

const quickjs = `## What QuickJS needs

\`quickjs\` needs the package \`quickjs-emscripten\`: \`npm install quickjs-emscripten@0.32\`.
The plugin is one file, or several files in one folder that import each other by relative paths.
It may import the names below, and nothing else: any other import is refused when the plugin is loaded, and the error lists what is available.

${Object.entries(offered)
  .map(([entry, names]) => `- ${code(entry)}: ${[...names].map(code).join(", ")}`)
  .join("\n")}

It has no timers, no console, no \`URL\` and no \`TextEncoder\`, and \`context.signal\` never aborts.
A handler that runs for 200 ms, or for the \`timeoutMs\` of its hook, is interrupted: its turn fails, with \`handler_timeout\` or \`handler_error\`, and the plugin starts again without what it had kept.
The same happens if a turn fails because the memory is full, of which \`throw null\` is also the sign.

What crosses is read and written as JSON there: a field that is absent has no key, where in process it is \`undefined\`.
In a result, getters are called, proxies are read, and properties that are hidden or have a symbol as their key are left out; in process, each of these refuses the result.`;

const options = `## Options

| Option           | What it is                                                                                                           |
| ---------------- | -------------------------------------------------------------------------------------------------------------------- |
| \`isolate\`        | The kind.                                                                                                            |
| \`exportName\`     | Which export of the file is the plugin, or a function that returns it. Default \`default\`.                            |
| \`config\`         | The plugin's configuration: its \`configSchema\` reads it on the far side, and if it is invalid, the start is refused. |
| \`accept\`         | For \`process\`: what the code may be able to do if the platform cannot prevent it. Default: nothing.                  |
| \`readable\`       | For \`process\`: folders that it may read besides that of the file, such as the folder of packages that it imports.    |
| \`package\`        | The folder of its package, and the hash that it must have, or \`null\`. The far side checks it first.                  |
| \`memoryMb\`       | How much its heap may take. Default 64.                                                                              |
| \`startTimeoutMs\` | How long it may take to start. Default 10 000.                                                                       |
| \`closeTimeoutMs\` | How much time open turns have when it is closed. Default 5 000.                                                      |
| \`maxTurns\`       | How many turns may be open in each instance; any more fail at once. Default 64.                                      |
| \`size\`           | How many instances (threads or processes) run. All turns of a request go to the same one. Default 1.                 |
| \`spare\`          | Whether another instance waits, already loaded, to replace one that ended. Default false.                            |
| \`onOutput\`       | Gets what its code prints. Default: it is dropped.                                                                   |
| \`onEnd\`          | Gets the reason why its code ended, unless it was closed. Default: nobody gets it.                                   |

The result has the \`plugin\`, \`isolate\`, what stays \`open\`, \`counts()\` and \`close()\`.
Output that is still on its way when the host ends by itself is lost: close the manager first.
The engine of \`quickjs\` itself takes up to 16 MiB beside \`memoryMb\`, and buffers in a \`process\` are bounded only by its address space, which is \`memoryMb\` and about 1.9 GB for Node.js.
Its configuration is what you pass here, as JSON data: a manager that is given another one, in \`plugins\`, in \`config\` or by the environment, refuses the plugin.
The plugin belongs to one manager, which ends its code when the manager is closed; another manager with it is refused, so start an instance for each.
If that manager cannot be created, for example because another plugin is refused, the plugin is still yours: pass it to another manager, or call \`close()\`.
\`manager.handlersFor(hook)\` says where each handler runs.

## When it fails

Whatever the code does, the worst result is a failed turn of this plugin, under its own \`onError\`:

| Its code                                      | What happens                                                                                                           |
| --------------------------------------------- | ---------------------------------------------------------------------------------------------------------------------- |
| throws                                        | The turn fails, as in process.                                                                                         |
| does not answer before its deadline           | The turn fails. If the code is silent for 100 ms more, it is ended.                                                    |
| ends, or reaches its memory limit             | Its open turns fail. The next turn starts it again, and waits for that within its own deadline.                        |
| ends again and again                          | Each restart comes later than the last: after 100 ms, 200 ms, and so on up to 30 s. Until then its turns fail at once. |
| answers twice, late, or with garbage          | That answer is dropped and counted, and after 1,000 of them, or 16 Mi characters, the code is ended.                   |
| answers with a result that is too large       | The turn fails with \`result_shape\`.                                                                                    |
| has another manifest when it is started again | It is ended, and the turn fails.                                                                                       |

## What is different

- Credentials in headers, such as \`authorization\`, [never cross](processes.md#what-never-crosses): an isolated plugin neither sees nor changes them. A plugin that judges \`cookie\` lets all cookies pass, and one that removes \`authorization\` removes nothing: run such plugins in your process. A change to headers by a plugin that may not see them is dropped without an entry in \`rejections\`, with \`strict\` too.
- Only hooks of messages cross. The services of a host do not: a plugin that asks for one is refused when it is registered.
- A value that is not JSON data, or not a result at all, such as one with an unknown key, is refused on the far side: with the same code, but in different words and without an entry in \`rejections\`.
- A key whose value is \`undefined\` does not cross.
- \`context.state\` is kept on the far side, for the last 1,000 requests.
- A \`process\` has no environment, so its time zone is UTC and its locale \`en-US\`: pass what the plugin needs in its configuration. QuickJS has no \`Intl\`.
- A result may have four times as many values (strings, numbers, objects and so on) as its call, and 100,000 more. Your process counts them before it parses the text, so that no answer stops it for long.
- A turn that is larger than the default [limits](embed.md#limits) fails, even if the manager has wider ones, and so does one with more than 37,748,736 characters as JSON, where a control character takes six. With \`process\`, a turn and a result may each have 33,488,896. In each case only that turn fails.

[processes.md](processes.md) shows how to do the same yourself, over any transport; [the specification](../spec/isolation.md) has the rules.`;

export function isolationPage(): string {
  const promises = isolations.map((kind) => [code(kind), kinds[kind]]);
  const rows = probes.map(({ does, ...of }) => [
    does,
    ...isolations.map((kind) => outcome(of, kind)),
  ]);
  const stays = Object.entries(openings).map(([name, says]) => [code(name), says]);
  return page([
    generatedFrom(
      "tools/scripts/pages/isolation-page.ts, spec/isolation-probes.json and src/operate/isolate/kinds.ts",
    ),
    intro,
    `## Kinds\n\n${table(["`isolate`", "What it promises"], promises)}`,
    needs,
    table(["`accept`", "The code could then"], stays),
    quickjs,
    options,
    outcomes,
    table(["What it tries to do", ...isolations.map(code)], rows),
  ]);
}

function outcome(of: Readonly<Record<string, string>>, kind: Isolation): string {
  const found = of[kind];
  if (found === undefined) throw new Error(`spec/isolation-probes.json says nothing of ${kind}.`);
  return found;
}
