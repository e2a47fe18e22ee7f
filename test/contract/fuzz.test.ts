/**
 * A fuzzer that the API's document drives: valid and broken requests to a real server. No answer
 * may be a 5xx or outside the document, none may hang, and afterwards the server must be healthy
 * and its data whole. `FUZZ_REQUESTS` and `FUZZ_SEED` set how many and which.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Agent, request as httpRequest } from "node:http";
import path from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { ApiDocument } from "../../testing/api-document.ts";
import type { Judged, Operation } from "../../testing/api-document.ts";
import { brokenOf, hostile, valuesOf } from "../../testing/json-schema-arbitrary.ts";
import { worker } from "../../testing/worker.ts";

const requests = Number(process.env["FUZZ_REQUESTS"] ?? 800);
const seed = Number(process.env["FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const connections = 8;
const hangMs = 120_000;

/** What one request is. */
interface Shot {
  readonly operation: Operation;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
}

/** These would end the test itself: the server's stop, the start of tasks. */
const spared = new Set(["stopServer", "resume"]);

/** These start a process each: they are shot at less often. */
const slow = new Set(["backup", "checkDatabase"]);

test(`${requests} requests made from the document break nothing (seed ${seed})`, async (t) => {
  const w = await worker(t);
  const server = await w.start();
  await w.client.hold({ reason: "fuzzing: nothing shall start" });
  for (let index = 0; index < 50; index++) await w.submit(`task ${index}`);
  const canary = await w.submit("the canary, beyond the ids that are shot at", { name: "canary" });
  const document = new ApiDocument((await fetchJson(server.socket, "/openapi.json")) as Record<string, unknown>);
  const shots = fc.sample(shotsOf(document, w.place.work), { numRuns: requests, seed });
  const counts = await fire(shots, server.socket, (shot, answer) => judge(document, server.log_file, shot, answer));
  t.diagnostic(`answers by status: ${JSON.stringify(counts)}`);

  const after = await w.client.server();
  assert.deepEqual([after.pid, after.status, after.problems], [server.pid, "healthy", []]);
  const { waiting_for: _now, ...left } = await w.client.getTask({ id: canary.id });
  const { waiting_for: _before, ...was } = canary;
  assert.deepEqual(left, was);
  assert.deepEqual(await fetchJson(server.socket, "/api/v1/check", "POST"), { sound: true, problems: [] });
  const log = readFileSync(server.log_file, "utf8");
  assert.deepEqual(
    log.split("\n").filter((line) => /"level":(50|60)|unhandled|uncaught|TypeError|RangeError/i.test(line)),
    [],
  );
  assert.ok((counts[201] ?? 0) + (counts[200] ?? 0) > requests / 20, "hardly any request was a valid one: the fuzzer sees nothing");
});

function judge(document: ApiDocument, logFile: string, { operation, target, body }: Shot, answer: Judged): void {
  if (answer.status >= 500) {
    const problem = readFileSync(logFile, "utf8")
      .split("\n")
      .findLast((line) => line.includes('"err"'));
    const sent = body?.toString("utf8").slice(0, 2000);
    assert.fail(`${operation.method} ${target.slice(0, 300)} answers ${answer.status}: ${answer.text.slice(0, 300)}\n${sent}\n${problem}`);
  }
  const elsewhere = [404, 405].includes(answer.status) && operation.responses[answer.status] === undefined;
  if (!elsewhere) document.judge(operation, answer);
}

function shotsOf(document: ApiDocument, work: string): fc.Arbitrary<Shot> {
  const operations = document.operations.filter(({ operationId }) => !spared.has(operationId));
  return fc.oneof(
    ...operations.map((operation) => ({ weight: slow.has(operation.operationId) ? 1 : 20, arbitrary: shotOf(operation, document, work) })),
  );
}

function shotOf(operation: Operation, document: ApiDocument, work: string): fc.Arbitrary<Shot> {
  const fields = fc.tuple(
    fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 1, max: 50 }).map(String) }, { weight: 1, arbitrary: hostile.map(wordOf) }),
    queryOf(operation, document),
    headersOf(operation),
    bodyOf(operation, document, work),
  );
  return fields.map(([id, query, headers, body]) => ({
    operation,
    target: `${operation.path.replace("{id}", encodeURIComponent(id.toWellFormed()).slice(0, 2000))}${query}`,
    headers,
    body,
  }));
}

function queryOf(operation: Operation, document: ApiDocument): fc.Arbitrary<string> {
  const parameters = operation.parameters.filter((parameter) => parameter.in === "query");
  const pair = (name: string, value: unknown): string =>
    [value]
      .flat()
      .map((each) => `${name}=${encodeURIComponent(wordOf(each).toWellFormed()).slice(0, 3000)}`)
      .join("&");
  const parts = parameters.map(({ name, schema }) =>
    fc.oneof(
      { weight: 3, arbitrary: fc.constant("") },
      { weight: 3, arbitrary: valuesOf(schema, document).map((value) => pair(name, value)) },
      { weight: 1, arbitrary: hostile.map((value) => pair(name, value)) },
    ),
  );
  const odd = fc.oneof(
    { weight: 9, arbitrary: fc.constant("") },
    { weight: 1, arbitrary: fc.constantFrom("x=1", "&&&", "=", "%", "limit[]=1", "__proto__=1", "?") },
  );
  return fc.tuple(...parts, odd).map((all) => {
    const query = all.filter((part) => part !== "").join("&");
    return query === "" ? "" : `?${query}`;
  });
}

function wordOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

function headersOf(operation: Operation): fc.Arbitrary<Record<string, string>> {
  const values = fc.constantFrom(
    "",
    "*",
    '"x"',
    'W/"x"',
    "bytes=0-5",
    "bytes=-1",
    "bytes=9-1",
    "0",
    "7",
    "-1",
    "key-1",
    "key 2",
    "9".repeat(30),
    "a,b,c",
  );
  const optional = operation.parameters.filter((parameter) => parameter.in === "header").map(({ name }) => name.toLowerCase());
  const type = fc.oneof(
    { weight: 12, arbitrary: fc.constant("application/json") },
    {
      weight: 1,
      arbitrary: fc.constantFrom("text/plain", "application/json; charset=latin1", "multipart/form-data", "", "application/xml"),
    },
  );
  return fc
    .tuple(type, fc.array(fc.tuple(fc.constantFrom("x-nothing", ...optional), values), { maxLength: 2 }))
    .map(([contentType, pairs]) => ({
      ...Object.fromEntries(pairs),
      "content-type": contentType,
    }));
}

function bodyOf(operation: Operation, document: ApiDocument, work: string): fc.Arbitrary<Buffer | null> {
  const schema = operation.requestBody?.content["application/json"].schema;
  if (operation.method === "GET") return fc.constant(null);
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value) ?? "");
  const junk = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom("{", "[1,", '{"a":', "nul", "[".repeat(50_000)).map((text) => Buffer.from(text)),
  );
  if (schema === undefined)
    return fc.oneof(
      { weight: 8, arbitrary: fc.constant(null) },
      { weight: 1, arbitrary: hostile.map(json) },
      { weight: 1, arbitrary: junk },
    );
  const values = valuesOf(schema, document).map((value) => settled(value, work));
  return fc.oneof(
    { weight: 6, arbitrary: values.map(json) },
    { weight: 4, arbitrary: brokenOf(values).map((value) => json(settled(value, work))) },
    { weight: 1, arbitrary: fc.tuple(values, fc.nat(200)).map(([value, cut]) => json(value).subarray(0, cut)) },
    { weight: 1, arbitrary: junk },
  );
}

/**
 * Directories that exist, so that valid requests get far; files only where the test may write;
 * nothing old enough to be pruned.
 */
function settled(value: unknown, work: string): unknown {
  if (typeof value !== "object" || value === null) return value;
  const copy: Record<string, unknown> = Array.isArray(value) ? (value as unknown as Record<string, unknown>) : { ...value };
  if (typeof copy["working_directory"] === "string" && copy["working_directory"].length % 3 !== 0) copy["working_directory"] = work;
  if (typeof copy["directory"] === "string") copy["directory"] = path.join(work, "sub");
  if (typeof copy["file"] === "string") copy["file"] = path.join(work, "backups", "x");
  if (Array.isArray(copy["tasks"])) copy["tasks"] = copy["tasks"].map((task) => settled(task, work));
  return copy;
}

/** Fires over a few connections at once. Fails on the first answer that must not be. */
async function fire(shots: readonly Shot[], socket: string, look: (shot: Shot, answer: Judged) => void): Promise<Record<number, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const counts: Record<number, number> = {};
  const queue = shots.values();
  const shooter = async (): Promise<void> => {
    for (const shot of queue) {
      const answer = await send(shot, socket, agent);
      if (answer === null) continue;
      counts[answer.status] = (counts[answer.status] ?? 0) + 1;
      look(shot, answer);
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, shooter));
  } finally {
    agent.destroy();
  }
  return counts;
}

/** Null: node's own client refuses to send such a thing. */
function send({ operation, target, headers, body }: Shot, socketPath: string, agent: Agent): Promise<Judged | null> {
  return new Promise((resolve, reject) => {
    let request: ReturnType<typeof httpRequest>;
    try {
      request = httpRequest({
        socketPath,
        agent,
        method: operation.method,
        path: target,
        headers: { ...headers, ...(body === null ? {} : { "content-length": body.length }) },
      });
    } catch {
      return resolve(null);
    }
    const name = `${operation.method} ${target.slice(0, 300)}`;
    request.setTimeout(hangMs, () => request.destroy(new Error(`${name} hangs`)));
    request.on("error", (error: NodeJS.ErrnoException) => reject(new Error(`${name}: ${error.message}`)));
    request.on("response", (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("end", () =>
        resolve({
          status: answer.statusCode ?? 0,
          contentType: answer.headers["content-type"],
          text: Buffer.concat(parts).toString("utf8"),
        }),
      );
    });
    request.end(body ?? undefined);
  });
}

function fetchJson(socketPath: string, target: string, method = "GET"): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ socketPath, path: target, method }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part)).on("end", () => resolve(JSON.parse(Buffer.concat(parts).toString("utf8"))));
    });
    request.on("error", reject).end();
  });
}
