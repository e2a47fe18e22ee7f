/**
 * Opens a WebSocket of Slack: only to addresses that were judged, without redirects, and with
 * limits for the length of a message and for silence.
 */
import { allowedAddresses } from "../address.ts";
import { pinnedTo, unlessAborted } from "../exchange.ts";
import { urlProblem } from "../../domain/notifications/channel.ts";
import { SourceProblem } from "./source.ts";

/** A press carries the whole message that has the button. */
const mostBytes = 1024 * 1024;

export interface SocketLimits {
  readonly allowPrivate: boolean;
  /** Until the other side has agreed to the connection. */
  readonly handshakeMs: number;
  /** Between two pings of ours. */
  readonly pingMs: number;
  /** The longest time without a sign of the other side. */
  readonly silenceMs: number;
}

export interface SlackSocket {
  /**
   * The texts that come, until the connection ends.
   * @throws SourceProblem it could not be opened, or breaks the rules.
   */
  texts(): AsyncGenerator<string, void>;
  send(text: string): void;
}

/**
 * @param signal ends the connection at once.
 * @throws Error a sentence: the address is not allowed. Never shows it: it has a ticket.
 */
export async function openSocket(
  address: string,
  { allowPrivate, handshakeMs, pingMs, silenceMs }: SocketLimits,
  signal: AbortSignal,
): Promise<SlackSocket> {
  const problem = socketProblem(address, { allowPrivate });
  if (problem !== null) throw new SourceProblem(`The address of the connection that Slack gave ${problem}.`);
  const addresses = await unlessAborted(allowedAddresses(new URL(address).hostname, { allowPrivate }), signal);
  // Loaded when the first connection is made: an idle server has none.
  const { WebSocket, createWebSocketStream } = await import("ws");
  const socket = new WebSocket(address, {
    ...pinnedTo(addresses),
    handshakeTimeout: handshakeMs,
    maxPayload: mostBytes,
    perMessageDeflate: false,
    followRedirects: false,
    headers: { "user-agent": "claude-worker" },
  });
  // Reads no further than its reader: what comes too fast waits at the other side.
  const stream = createWebSocketStream(socket, { readableObjectMode: true });
  // An error reaches the reader; none may be without a listener before it reads.
  stream.on("error", () => {});
  let isSilent = false;
  const silence = setTimeout(() => {
    isSilent = true;
    socket.terminate();
  }, silenceMs);
  for (const sign of ["open", "message", "ping", "pong"] as const) socket.on(sign, () => silence.refresh());
  const pings = setInterval(() => {
    if (socket.readyState === WebSocket.OPEN) socket.ping();
  }, pingMs);
  const end = (): void => socket.terminate();
  signal.addEventListener("abort", end, { once: true });
  socket.once("close", () => {
    clearTimeout(silence);
    clearInterval(pings);
    signal.removeEventListener("abort", end);
  });
  if (signal.aborted) end();
  return {
    async *texts() {
      try {
        for await (const text of stream as AsyncIterable<unknown>) if (typeof text === "string") yield text;
      } catch (error) {
        if (!isSilent) throw new SourceProblem(sentenceOf(error as Error & { readonly code?: string }));
      }
      if (isSilent) throw new SourceProblem("Slack was silent for too long.");
    },
    send: (text) => {
      // What is not sent because the connection ended comes again, or is pressed again.
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
  };
}

/** Why the address must not be used; null: it may. A part of a sentence. */
function socketProblem(address: string, limits: { readonly allowPrivate: boolean }): string | null {
  if (!/^wss?:\/\//.test(address)) return "is not one of a WebSocket (wss://)";
  const problem = urlProblem(address.replace(/^ws/, "http"), limits);
  return problem === null ? null : problem.replaceAll("http", "ws");
}

/** Without the address. */
function sentenceOf({ code, message }: Error & { readonly code?: string }): string {
  if (code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") return "Slack sent a message that is too long.";
  if (message === "Opening handshake has timed out") return "Slack did not answer in time.";
  const [, status] = /^Unexpected server response: (\d{3})$/.exec(message) ?? [];
  if (status === undefined) return `The connection to Slack could not be used (${code ?? "unknown error"}).`;
  return `Slack answered ${status} in the place of a connection${status.startsWith("3") ? ": a redirect, which is not followed" : ""}.`;
}
