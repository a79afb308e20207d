/** The inside of what says who is asking: an identifier on a clock that stands still. */
import { checkConfig, configSchema } from "../../../../src/gateway/config/index.ts";
import {
  createIdentifier,
  type Identifier,
  type Identity,
} from "../../../../src/gateway/identity/index.ts";
import { nowSeconds } from "../../../gateway/identity/support.ts";

type ConfigInput = Parameters<typeof configSchema.parse>[0] & object;

export function settingsOf(identity: object, listen: object = {}) {
  const config: ConfigInput = { identity, listen };
  const parsed = configSchema.parse(config);
  return { identity: parsed.identity, listen: parsed.listen! };
}

export async function identifierOf(identity: object, listen: object = {}): Promise<Identifier> {
  const servers = { any: { url: "http://127.0.0.1:1/mcp" } };
  const settings = checkConfig({ servers, identity, listen }, "This");
  return createIdentifier(settings.identity, {
    listen: settings.listen!,
    now: () => nowSeconds * 1000,
  });
}

type HeaderInput = Readonly<Record<string, string>> | readonly (readonly [string, string])[];

export function requestOf(headers: HeaderInput = {}, url = "http://localhost:8080/mcp"): Request {
  const request = new Request(url, { method: "POST", body: "{}" });
  const pairs = Array.isArray(headers) ? headers : Object.entries(headers);
  for (const [name, value] of pairs) request.headers.append(name, value);
  return request;
}

/** The caller's identity; a refusal fails the test. */
export async function identityOf(
  identifier: Identifier,
  request: Request,
  remoteAddress: string | undefined = "203.0.113.7",
): Promise<Identity> {
  const found = await identifier.identify(request, remoteAddress);
  if (found instanceof Response) throw new Error(`${found.status} ${await found.text()}`);
  return found;
}
