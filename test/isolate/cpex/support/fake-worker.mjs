// Speaks like the worker of CPEX, and misbehaves as the arguments of a tool say.
import { createInterface } from "node:readline";

const [flag, value] = process.argv.slice(-2);
const say = (document) => process.stdout.write(`${JSON.stringify(document)}\n`);
let served = 0;
const goOn = { continue_processing: true, modified_payload: null, violation: null };

const lines = createInterface({ input: process.stdin });
for await (const line of lines) {
  const task = JSON.parse(line);
  if (flag === "-c") {
    // JSON is also YAML.
    try {
      say({ document: JSON.parse(task.text) });
    } catch (error) {
      say({ error: error.message });
    }
  } else answer(task, value);
}

function answer({ request_id, task_type, ...task }) {
  if (task_type === "capabilities") {
    const features = ["extensions", "modified_extensions"];
    say({ status: "success", protocol_version: 1, features, request_id });
    return;
  }
  const { config } = JSON.parse(task.config);
  const error = (message) => say({ status: "error", message, request_id });
  if (config.dies === true) {
    process.stderr.write(`Traceback:\n  File "guard.py"\nKeyError: ${config.token}\n`);
    process.exit(1);
  }
  if (task.payload === null)
    error(
      config.isWrong === true
        ? "Unexpected error: Invalid config"
        : `Unexpected error: Plugin 'x' has no hook: '${task.hook_type}'.`,
    );
  else act({ ...task, config, request_id, error });
}

function act({ payload, config, context, extensions, request_id, error, plugin_dirs }) {
  const behave = payload.args?.behave;
  served += 1;
  if (behave === "die") process.exit(3);
  else if (behave === "hang") for (;;);
  else if (behave === "error") error("Unexpected error: No.");
  else if (behave === "lie") say({ continue_processing: "perhaps", request_id });
  else if (behave === "noise") {
    process.stdout.write('hello\n{"half": \n[1]\n{"status": "success"}\n');
    say({ ...goOn, request_id: "unknown" });
    say({ ...goOn, request_id });
    say({ ...goOn, request_id });
  } else if (behave === "label") {
    const labels = [...(extensions.security?.labels ?? []), "SEEN"];
    say({ ...goOn, modified_extensions: { security: { labels } }, request_id });
  } else if (behave === "wait") setTimeout(() => say({ ...goOn, request_id }), payload.args.ms);
  else if (behave === "answer")
    say({ ...goOn, http_headers: { "X-Left": "1" }, retry_delay_ms: 250, request_id });
  else {
    const args = { config, context, extensions, plugin_dirs, served };
    say({ ...goOn, modified_payload: { ...payload, args, headers: null }, request_id });
  }
}
