/** Plugins whose settings let through what they find. */
import type { Mode, OnError } from "../../core/hooks/index.ts";
import { printable } from "../../operate/cli/index.ts";
import type { GatewayConfig, SinglePluginEntry } from "../config/index.ts";

const byMode: Partial<Record<Mode, string>> = {
  audit: "what it would refuse or change passes as it is",
  fire_and_forget: "what it would refuse or change passes as it is",
  transform: "what it would refuse passes",
};

const byOnError: Partial<Record<OnError, string>> = {
  ignore: "what it cannot judge, because it fails or is too slow, passes",
  disable: "after its first failure everything passes it until a reload",
};

export function powerlessPlugins({ plugins }: GatewayConfig): readonly string[] {
  return plugins.flatMap((entry, index) => {
    if (typeof entry === "string" || "kind" in entry) return [];
    const { mode, onError, options } = entry;
    const place = `plugins[${index}] (${printable(sourceOf(entry))})`;
    const said = (key: string, value: string, what: string | undefined) =>
      what === undefined ? [] : [`${place} has the ${key} "${value}": ${what}.`];
    return [
      ...(mode === undefined ? [] : said("mode", mode, byMode[mode])),
      ...(mode === "concurrent" && redacts(options)
        ? said("mode", mode, "it changes no message, so what it would redact passes as it is")
        : []),
      ...(onError === undefined ? [] : said("onError", onError, byOnError[onError])),
    ];
  });
}

function sourceOf(entry: SinglePluginEntry): string {
  if ("use" in entry) return entry.use;
  return "package" in entry ? entry.package : entry.path;
}

/** As the stock plugins that scan have it. */
function redacts(options: unknown): boolean {
  return (options as { readonly action?: unknown } | null | undefined)?.action === "redact";
}
