/**
 * A model on loopback that plays a script, for the real Claude Code. aimock speaks the Messages
 * API. A small handler in front of it picks the move, and plays errors that need headers or a
 * broken connection. Starts no Claude Code.
 */
import http from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { LLMock } from "@copilotkit/aimock";
import { placeIn } from "./script.ts";
import type { ApiMessage, Move, Script } from "./script.ts";

export { fault, step } from "./script.ts";
export type { Move, Script } from "./script.ts";

/** One model call that Claude Code made. */
export interface ModelRequest {
  readonly at: number;
  readonly model: string;
  /** The script's key that answered, or null when none fitted. */
  readonly key: string | null;
  /** How many tool steps of the turn were behind it. */
  readonly done: number;
  readonly body: { readonly messages: readonly ApiMessage[]; readonly [field: string]: unknown };
  readonly headers: http.IncomingHttpHeaders;
}

export interface ScriptedModel {
  readonly url: string;
  /** Environment for Claude Code with an API key and a home of its own. */
  env(home: string): Record<string, string>;
  /** The same with a subscription's token: only then usage limits arrive as events. */
  subscriptionEnv(home: string): Record<string, string>;
  /** The model calls so far, oldest first. */
  requests(): readonly ModelRequest[];
  /** Forgets the calls so far: each holds its whole conversation. No call may be under way. */
  forget(): void;
  /** Replaces the script from the next request on. */
  play(script: Script): void;
  /** Calls that these keys answer wait from now on. @returns what releases them. */
  hold(keys: readonly string[]): () => void;
  /** Closes every connection. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts a model on a port of its own; with a test context it stops with the test. An unknown
 * prompt is answered with a 400 that says so.
 */
export async function startModel(t: TestContext | null, script: Script = {}): Promise<ScriptedModel> {
  const moves = new Map<string, Move>();
  const mock = new LLMock({ port: 0, host: "127.0.0.1", journalMaxEntries: 1, chunkSize: 4096 });
  mock.on({ predicate: () => true }, (request) => answerOf(moves.get(String(request["_context"]))));
  await mock.start();
  const requests: ModelRequest[] = [];
  const spent = new Map<Move, number>();
  const held = new Map<string, Promise<void>>();
  let current = script;
  const front = http.createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  const serve = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const text = await read(request);
    if (request.method !== "POST" || !request.url?.startsWith("/v1/messages?") || text === "") {
      return forward(mock.port, request, text, response, null);
    }
    const body = JSON.parse(text) as ModelRequest["body"];
    const place = placeIn(current, body.messages);
    // Taken before the wait: answers of conversations that wait at once must not be mixed up.
    const count = requests.push({
      at: Date.now(),
      model: String(body["model"]),
      key: place?.key ?? null,
      done: place?.done ?? 0,
      body,
      headers: request.headers,
    });
    if (place !== null) await held.get(place.key);
    const move = place === null ? noScript : nextMove(place.moves, place.done, spent);
    if (move.kind === "fault") return playFault(move, response);
    // The script says how long the model thinks.
    if (move.delayMs) await delay(move.delayMs, undefined, { signal: untilClosed(response) });
    const id = String(count);
    moves.set(id, move);
    await forward(mock.port, request, text, response, id, move.headers);
    moves.delete(id);
  };
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopping ??= Promise.all([closed(front), mock.stop()]).then(() => undefined);
    return stopping;
  };
  t?.after(stop);
  return {
    url,
    env: (home) => ({ ...quiet(home, url), ANTHROPIC_API_KEY: "sk-ant-api03-scripted-model" }),
    subscriptionEnv: (home) => ({ ...quiet(home, url), CLAUDE_CODE_OAUTH_TOKEN: "sk-ant-oat01-scripted-model" }),
    requests: () => requests,
    forget: () => void (requests.length = 0),
    play: (next) => {
      current = next;
    },
    hold: (keys) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      for (const key of keys) held.set(key, promise);
      return () => {
        held.clear();
        resolve();
      };
    },
    stop,
  };
}

const noScript: Move = {
  kind: "fault",
  status: 400,
  type: "invalid_request_error",
  message: "The scripted model has no script for this prompt.",
};

function quiet(home: string, url: string): Record<string, string> {
  return {
    HOME: home,
    ANTHROPIC_BASE_URL: url,
    // Claude Code repeats a failed call ten times in three minutes; two are enough to see that it
    // does.
    CLAUDE_CODE_MAX_RETRIES: "2",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    DISABLE_TELEMETRY: "1",
    DISABLE_AUTOUPDATER: "1",
  };
}

/**
 * @returns move number `done`, or an error move before it that still has to be played. The last
 * move repeats.
 */
function nextMove(moves: readonly Move[], done: number, spent: Map<Move, number>): Move {
  let position = 0;
  let last: Move = noScript;
  for (const move of moves) {
    if (move.kind !== "fault") {
      if (position === done) return move;
      position += 1;
      last = move;
      continue;
    }
    const served = spent.get(move) ?? 0;
    if (position === done && served < (move.times ?? Number.POSITIVE_INFINITY)) {
      spent.set(move, served + 1);
      return move;
    }
  }
  return last;
}

/**
 * In aimock's words. The tokens are chosen so that a turn costs something (budgets can be reached).
 */
function answerOf(move: Move | undefined) {
  const usage = { input_tokens: 2000, output_tokens: 100 };
  if (move === undefined || move.kind === "fault") return { content: "", usage };
  if (move.kind === "text") return { content: move.text, usage, ...moreOf(move) };
  const toolCalls = move.tools.map(({ tool, input }) => ({ name: tool, arguments: JSON.stringify(input) }));
  return move.text === undefined ? { toolCalls, usage } : { content: move.text, toolCalls, usage };
}

function moreOf({ stop, thinking }: Move & { kind: "text" }): object {
  return { ...(stop === undefined ? {} : { finishReason: stop }), ...(thinking === undefined ? {} : { reasoning: thinking }) };
}

async function playFault(move: Move & { kind: "fault" }, response: http.ServerResponse): Promise<void> {
  if (move.status === "disconnect") {
    response.destroy();
    return;
  }
  if (move.status === "cut") {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`event: message_start\ndata: ${JSON.stringify(halfAnAnswer)}\n\n`, () => response.destroy());
    return;
  }
  response.writeHead(move.status, { "content-type": "application/json", ...move.headers });
  response.end(JSON.stringify({ type: "error", error: { type: move.type, message: move.message } }));
}

const halfAnAnswer = {
  type: "message_start",
  message: {
    id: "msg_cut",
    type: "message",
    role: "assistant",
    content: [],
    model: "scripted",
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 1 },
  },
};

/** Aborted when the caller hangs up and no longer waits for the answer. */
function untilClosed(response: http.ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  return gone.signal;
}

async function read(request: http.IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}

/** Hands the request to aimock and its answer back, as it streams. */
async function forward(
  port: number,
  request: http.IncomingMessage,
  body: string,
  response: http.ServerResponse,
  context: string | null,
  more: Move["headers"] = {},
): Promise<void> {
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  if (context !== null) Object.assign(headers, { "x-aimock-context": context });
  const { method, url: path } = request;
  await new Promise<void>((resolve, reject) => {
    const inner = http.request({ host: "127.0.0.1", port, method, path, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, { ...answer.headers, ...more });
      answer.pipe(response);
      answer.once("close", resolve);
    });
    inner.once("error", reject);
    inner.end(body);
  });
}

async function closed(server: http.Server): Promise<void> {
  const done = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await done;
}
