/** The ports where callers, or Envoy and agentgateway for them, reach a gateway. */
import { setTimeout as pause } from "node:timers/promises";
import { type EnvoyServer, envoyServer } from "../envoy/index.ts";
import type { HttpRequests } from "./http-requests.ts";
import { closeNow, type Listening, listenOn, type UnreadHead } from "./listen.ts";
import type { Address, EnvoyFront, GatewayParts } from "./parts.ts";

export type Listen = NonNullable<GatewayParts["config"]["listen"]>;
/** Which headers Envoy may send only once, and what to do about what it does wrong. */
type AboutEnvoy = Pick<Parameters<typeof envoyServer>[0], "single" | "onNote">;

export class Ports {
  #callers: Listening | undefined;
  #webhook: Listening | undefined;
  #processor: EnvoyServer | undefined;
  #leaveMs = 0;

  get address(): Address | undefined {
    return this.#callers?.address;
  }

  get webhookAddress(): Address | undefined {
    return this.#webhook?.address;
  }

  /** Listens for callers. */
  async listen(
    settings: Listen,
    requests: HttpRequests,
    onUnread: (head: UnreadHead) => void,
  ): Promise<void> {
    const listening = await listenOn(
      "listen",
      settings,
      (request, connection) =>
        requests.answer(request, connection, { ...settings, ...listening.address }),
      { onUnread },
    );
    this.#callers = listening;
  }

  /** Listens for Envoy, which listens for callers. */
  async listenBehindEnvoy(
    { at, tls, webhook, leaveMs }: EnvoyFront,
    settings: Listen,
    requests: HttpRequests,
    about: AboutEnvoy,
  ): Promise<void> {
    this.#leaveMs = leaveMs;
    this.#processor = await envoyServer({
      ...about,
      listen: at,
      tls,
      respond: (request, connection) => requests.answer(request, connection, settings),
    });
    if (webhook === undefined) return;
    this.#webhook = await listenOn(
      "--webhook",
      webhook,
      (request, connection) => requests.answerWebhook(request, connection, settings),
      { tls },
    );
  }

  /** Announces to Envoy that the gateway leaves, and gives it time to notice. */
  async leave(): Promise<void> {
    if (this.#processor === undefined) return;
    this.#processor.leave();
    await pause(this.#leaveMs);
  }

  /** Takes no more connections. The open ones go on. */
  drain(): void {
    void this.#processor?.drain();
    this.#callers?.server.close();
    this.#webhook?.server.close();
  }

  close(): void {
    if (this.#callers !== undefined) closeNow(this.#callers);
    if (this.#webhook !== undefined) closeNow(this.#webhook);
    this.#processor?.close();
  }
}
