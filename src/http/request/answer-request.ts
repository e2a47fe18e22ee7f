/**
 * A request's way: transport checks, route, caller, scope, input, operation, answer. Every request
 * takes it; there is no other.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { accountOf } from "../../contract/account.ts";
import type { Caller } from "../../contract/caller.ts";
import { parseInput } from "../../contract/parse-input.ts";
import { WorkerError } from "../../domain/errors.ts";
import { callerOf, checkScope, socketCaller } from "./authenticate.ts";
import type { Authenticate } from "./authenticate.ts";
import type { CallerTurns } from "./caller-turns.ts";
import type { FailedLogins } from "./failed-logins.ts";
import { guardTransport } from "./guard-transport.ts";
import type { Transport } from "./guard-transport.ts";
import type { MemoryBudget } from "../listener/memory-budget.ts";
import type { OpenConnections } from "../listener/open-connections.ts";
import { HttpError } from "./problem.ts";
import { readFormBody, readJsonBody } from "./read-body.ts";
import type { RequestCounts } from "./request-counts.ts";
import type { Answer, Route } from "./route.ts";
import type { SessionCookie } from "./session-cookie.ts";
import type { Match, Router } from "./router.ts";
import { sendAnswer, sendProblem } from "./send-answer.ts";
import type { UnprovenConnections } from "../listener/unproven-connections.ts";

/** What the door tells its log. Pino fits. */
export interface HttpLog {
  error(details: Readonly<Record<string, unknown>>, message: string): void;
}

export interface AnswerOptions {
  readonly router: Router;
  readonly authenticate: Authenticate;
  readonly failedLogins: FailedLogins;
  readonly cookie: SessionCookie;
  /** Answers a person who opened an address that is not known. Absent: there are no documents. */
  readonly unknownPage?: Route | undefined;
  readonly log: HttpLog;
  readonly requests: RequestCounts;
  readonly connections: OpenConnections;
  readonly unproven: UnprovenConnections;
  readonly turns: CallerTurns;
  /** Of bodies that arrive, and of answers that wait to be read, over all connections. */
  readonly bodies: MemoryBudget;
  readonly answers: MemoryBudget;
  /** Sees each JSON answer before it is sent: tests check its shape here. */
  readonly inspect?: ((route: Route, answer: Answer) => void) | undefined;
}

const defaultMaxBodyBytes = 1024 * 1024;
const anonymous: Caller = { scope: "read", name: "anonymous" };

/** Never rejects: every error becomes a problem document. */
export async function answerRequest(
  request: IncomingMessage,
  response: ServerResponse,
  transport: Transport,
  options: AnswerOptions,
): Promise<void> {
  let operation = "unknown";
  const [path = "", search = ""] = (request.url ?? "").split(/\?(.*)/s, 2);
  const match = options.router.match(request.method ?? "", path) ?? unknownPage(request, path, options.unknownPage);
  const page = match?.page;
  response.once("close", () => options.requests.add(operation, response.statusCode));
  try {
    guardTransport(request, transport, page !== undefined ? "page" : match?.route?.isDocument === true ? "document" : "api");
    operation = match?.route?.name ?? operation;
    const isOpen = page !== undefined || match?.route?.access === "open";
    const caller = isOpen ? anonymous : await callerFor({ match, request, response, transport }, options);
    if (!isOpen) options.unproven.prove(request.socket);
    const route = routeOf(match, request);
    if (route.access !== "open") {
      checkScope(caller, route.access);
      await options.turns.begin(accountOf(caller));
    }
    // The client has left: a request that only reads is dropped.
    if (response.destroyed && isReading(request)) return;
    const answer = await route.handle({
      caller,
      params: route.params === undefined ? {} : parseInput(route.params, match?.params, "The path"),
      query: queryOf(route, search),
      body: await bodyOf(route, request, options.bodies),
      request,
      response,
    });
    options.inspect?.(route, answer);
    if (answer !== "streamed") sendAnswer(response, answer, options.answers, () => options.turns.tookLong(accountOf(caller)));
  } catch (error) {
    if (!isOurs(error))
      options.log.error({ err: error, method: request.method, url: page === undefined ? request.url : operation }, "a request failed");
    sendProblem(request, response, error, page);
  }
}

/** Programs get a problem document instead. */
function unknownPage(request: IncomingMessage, path: string, route: Route | undefined): Match | null {
  const isPerson = isReading(request) && /\btext\/html\b/.test(request.headers.accept ?? "") && !path.startsWith("/api/");
  return route === undefined || !isPerson ? null : { route, params: {}, allow: [], page: undefined };
}

interface Call {
  readonly match: Match | null;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly transport: Transport;
}

/** A cookie counts over TCP, for the API, and where no `Authorization` says who calls. */
async function callerFor({ match, request, response, transport }: Call, options: AnswerOptions): Promise<Caller> {
  const mayHaveCookie = transport.kind === "tcp" && request.headers.authorization === undefined && match?.route?.isForTokens !== true;
  const session = mayHaveCookie ? await options.cookie.callerOf(request) : null;
  if (session === null) return await identify(request, transport, options);
  if (session.isRenewed) response.setHeader("set-cookie", options.cookie.set(request, session.secret));
  return session.caller;
}

/**
 * The unix socket's caller is its owner, unless it shows a token: then it is who the token says.
 * @throws WorkerError unauthorized.
 */
export async function identify(
  request: IncomingMessage,
  transport: Transport,
  { authenticate, failedLogins }: Pick<AnswerOptions, "authenticate" | "failedLogins">,
): Promise<Caller> {
  if (transport.kind === "socket" && request.headers.authorization === undefined) return socketCaller;
  return await callerOf(request, authenticate, failedLogins);
}

function routeOf(match: Match | null, request: IncomingMessage): Route {
  if (match === null) throw new WorkerError("not_found", "There is nothing at this address. The API begins at /api/v1.");
  if (match.route !== null) return match.route;
  const allow = match.allow.join(", ");
  throw new HttpError("method_not_allowed", `${request.method ?? "This method"} is not possible here; possible: ${allow}.`, { allow });
}

/** A parameter given once is a text, given several times a list of texts. */
function queryOf(route: Route, search: string): unknown {
  if (search === "" && route.query === undefined) return {};
  const values: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  for (const [key, value] of new URLSearchParams(search)) {
    const before = values[key];
    values[key] = before === undefined ? value : [before, value].flat();
  }
  if (route.query !== undefined) return parseInput(route.query, values, "The query");
  throw new WorkerError("invalid_input", "This address takes no query. Leave out the part after the question mark.");
}

async function bodyOf(route: Route, request: IncomingMessage, memory: MemoryBudget): Promise<unknown> {
  if (isReading(request)) return undefined;
  if (route.page !== undefined) return await readFormBody(request, route.maxBodyBytes ?? defaultMaxBodyBytes, memory);
  const body = await readJsonBody(request, route.maxBodyBytes ?? defaultMaxBodyBytes, memory);
  if (route.body !== undefined) return parseInput(route.body, body ?? (route.bodyOptional === true ? {} : body), "The request's body");
  if (body === undefined || isEmptyObject(body)) return undefined;
  throw new WorkerError("invalid_input", "This request takes no body. Leave it out.");
}

function isReading({ method }: IncomingMessage): boolean {
  return method === "GET" || method === "HEAD";
}

function isEmptyObject(body: unknown): boolean {
  return typeof body === "object" && body !== null && Object.keys(body).length === 0;
}

function isOurs(error: unknown): boolean {
  return error instanceof HttpError || (error instanceof WorkerError && error.code !== "internal");
}
