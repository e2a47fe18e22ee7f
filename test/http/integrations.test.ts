/**
 * What integrations lean on, with the real store: idempotency keys, batches, entity tags, tokens,
 * usage, metrics, settings.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { Settings } from "../../src/config/settings.ts";
import { taskInput } from "../../src/contract/task-input.ts";
import { openDoorOf } from "../../testing/http-door.ts";
import type { DoorAnswer, OpenDoor } from "../../testing/http-door.ts";
import { realApi } from "../../testing/real-api.ts";
import type { RealApi } from "../../testing/real-api.ts";
import type { EventDraft } from "../../src/domain/events/event.ts";
import { event } from "../../testing/events.ts";

type Bundle = RealApi & OpenDoor & { input: { prompt: string; working_directory: string } };

async function setup(t: TestContext, flags: Partial<Settings> = {}): Promise<Bundle> {
  const real = realApi(t, flags);
  const open = await openDoorOf(t, real.api, { directory: real.corner.directory });
  return { ...real, ...open, input: { prompt: "do it", working_directory: real.corner.work } };
}

const idOf = (answer: DoorAnswer): number => Number(answer.json()["id"]);

test("the same idempotency key and body give the same task", async (t) => {
  const { call, input, store } = await setup(t);
  const submit = () => call({ path: "/api/v1/tasks", body: input, headers: { "idempotency-key": "k-1" } });
  const together = await Promise.all(Array.from({ length: 10 }, submit));
  const later = await submit();
  assert.deepEqual(new Set([...together, later].map((answer) => `${answer.status} ${idOf(answer)}`)), new Set(["201 1"]));
  assert.equal(later.headers["idempotent-replayed"], "true");
  assert.equal(together.filter((answer) => answer.headers["idempotent-replayed"] === undefined).length, 1);
  assert.equal(store.tasks.counts().pending, 1);
});

test("the same idempotency key twice in one transaction gives one task", async (t) => {
  const { api, input, store } = await setup(t);
  const caller = { scope: "submit", name: "token:ci" } as const;
  const submit = () => api.submitTaskOnce(taskInput.parse(input), "k", caller);
  const answers = await Promise.all([submit(), submit(), submit()]);
  assert.deepEqual(
    answers.map(({ task, replayed }) => [task.id, replayed]),
    [
      [1, false],
      [1, true],
      [1, true],
    ],
  );
  assert.equal(store.tasks.counts().pending, 1);
});

test("templates and workflows take an idempotency key as tasks do", async (t) => {
  const { call, input, store } = await setup(t);
  await call({ path: "/api/v1/templates", body: { name: "review", prompt: "Review" } });
  const directory = { working_directory: input.working_directory };
  const requests = [
    { path: "/api/v1/templates/review/run", body: directory, headers: { "idempotency-key": "t" }, location: "/api/v1/tasks/1" },
    {
      path: "/api/v1/workflows",
      body: { file: "tasks: { a: { prompt: A } }", ...directory },
      headers: { "idempotency-key": "w" },
      location: "/api/v1/workflows/1",
    },
  ];
  for (const { location, ...request } of requests)
    for (const replayed of [undefined, "true"]) {
      const answer = await call(request);
      assert.deepEqual([answer.status, answer.headers.location, answer.headers["idempotent-replayed"]], [201, location, replayed]);
    }
  assert.equal(store.tasks.counts().pending, 2);
  const wrong = await call({ ...requests[1], path: "/api/v1/workflows", body: directory, headers: { "idempotency-key": "" } });
  assert.equal(wrong.status, 400);
});

test("the same idempotency key with another body is answered 422", async (t) => {
  const { call, input } = await setup(t);
  const headers = { "idempotency-key": "k-1" };
  await call({ path: "/api/v1/tasks", body: { ...input, name: "n", labels: { a: "1", b: "2" } }, headers });
  const turned = await call({
    path: "/api/v1/tasks",
    body: { labels: { b: "2", a: "1" }, name: "n", working_directory: input.working_directory, prompt: input.prompt },
    headers,
  });
  assert.deepEqual([turned.status, idOf(turned)], [201, 1]);
  const other = await call({ path: "/api/v1/tasks", body: { ...input, name: "m" }, headers });
  assert.deepEqual([other.status, other.json()["code"]], [422, "unprocessable"]);
});

test("an idempotency key belongs to its caller and is forgotten after a week", async (t) => {
  const { api, call, clock, input } = await setup(t);
  const { token } = await api.createToken({ name: "ci", scope: "submit" }, { scope: "admin", name: "test" });
  const headers = { "idempotency-key": "k" };
  assert.equal(idOf(await call({ path: "/api/v1/tasks", body: input, headers })), 1);
  assert.equal(idOf(await call({ path: "/api/v1/tasks", body: input, headers, tcp: true, token })), 2);
  await call({ method: "POST", path: "/api/v1/tasks/1/cancel" });
  await call({ method: "DELETE", path: "/api/v1/tasks/1" });
  assert.equal((await call({ path: "/api/v1/tasks", body: input, headers })).status, 409);
  clock.nowMs += 8 * 24 * 3_600_000;
  await call({ path: "/api/v1/tasks", body: input, headers: { "idempotency-key": "other" } });
  assert.equal(idOf(await call({ path: "/api/v1/tasks", body: input, headers })), 4);
});

for (const key of ["", " ", "a\tb", "x".repeat(256), "ключ"]) {
  test(`the idempotency key ${JSON.stringify(key.slice(0, 10))} is refused`, async (t) => {
    const { raw, input } = await setup(t);
    const body = Buffer.from(JSON.stringify(input));
    const head = `POST /api/v1/tasks HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nIdempotency-Key: ${key}\r\n\r\n`;
    assert.match(await raw(Buffer.concat([Buffer.from(head, "utf8"), body]), "socket"), /^HTTP\/1\.1 400 /);
  });
}

test("a batch is all or nothing, and names the task that is wrong", async (t) => {
  const { call, input, store } = await setup(t);
  const wrong = await call({ path: "/api/v1/tasks/batch", body: { tasks: [input, { ...input, working_directory: "/does/not/exist" }] } });
  assert.equal(wrong.status, 400);
  assert.match(wrong.text, /Task 1 of the batch/);
  assert.deepEqual(
    (wrong.json()["errors"] as { pointer: string }[]).map(({ pointer }) => pointer),
    ["/tasks/1/working_directory"],
  );
  assert.equal(store.tasks.counts().pending, 0);
  const right = await call({
    path: "/api/v1/tasks/batch",
    body: { tasks: Array.from({ length: 100 }, () => input) },
    headers: { "idempotency-key": "b" },
  });
  assert.equal(right.status, 201);
  assert.equal((right.json()["tasks"] as unknown[]).length, 100);
  const again = await call({
    path: "/api/v1/tasks/batch",
    body: { tasks: Array.from({ length: 100 }, () => input) },
    headers: { "idempotency-key": "b" },
  });
  assert.deepEqual([again.headers["idempotent-replayed"], store.tasks.counts().pending], ["true", 100]);
  for (const [tasks, detail] of [
    [[], "names no task"],
    [Array.from({ length: 1001 }, () => input), "has 1001 tasks, and a batch has at most 1000"],
  ]) {
    const refused = await call({ path: "/api/v1/tasks/batch", body: { tasks } });
    assert.deepEqual([refused.status, refused.json()["errors"]], [400, [{ pointer: "/tasks", detail }]]);
  }
});

test("an entity tag stays while the task stays, and guards changes", async (t) => {
  const { call, input } = await setup(t);
  const submitted = await call({ path: "/api/v1/tasks", body: input });
  const path = `/api/v1/tasks/${idOf(submitted)}`;
  const { etag = "" } = (await call({ path })).headers;
  assert.equal(submitted.headers.etag, etag);
  // The queue changes; the task does not.
  await call({ path: "/api/v1/tasks", body: input });
  const known = await call({ path, headers: { "if-none-match": etag } });
  assert.deepEqual([known.status, known.text, known.headers.etag], [304, "", etag]);
  const changed = await call({ method: "PATCH", path, body: { priority: 5 }, headers: { "if-match": etag } });
  assert.equal(changed.status, 200);
  assert.notEqual(changed.headers.etag, etag);
  const stale = await call({ method: "PATCH", path, body: { priority: 6 }, headers: { "if-match": etag } });
  assert.deepEqual([stale.status, stale.json()["code"]], [412, "precondition_failed"]);
  assert.equal((await call({ path })).json()["priority"], 5);
  assert.equal(
    (await call({ method: "PATCH", path, body: { priority: 7 }, headers: { "if-match": `"x", ${changed.headers.etag ?? ""}` } })).status,
    200,
  );
  assert.equal((await call({ method: "PATCH", path, body: { priority: 8 }, headers: { "if-match": "*" } })).status, 200);
});

test("of two changes with the same entity tag one is refused", async (t) => {
  const { call, input } = await setup(t);
  const submitted = await call({ path: "/api/v1/tasks", body: input });
  const change = (priority: number) =>
    call({ method: "PATCH", path: "/api/v1/tasks/1", body: { priority }, headers: { "if-match": submitted.headers.etag ?? "" } });
  const statuses = (await Promise.all([change(1), change(2), change(3)])).map(({ status }) => status);
  assert.deepEqual(
    statuses.toSorted((a, b) => a - b),
    [200, 412, 412],
  );
});

test("usage is counted by day, group and model, and outlives its tasks", async (t) => {
  const { call, clock, input, run } = await setup(t);
  clock.nowMs = Date.parse("2026-11-20T10:00:00Z");
  const usage = (outputTokens: number, costUsd: number) => ({
    input_tokens: 10,
    output_tokens: outputTokens,
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: 0,
    cost_usd: costUsd,
  });
  const result = (models: object) => event("result", { usage: models });
  await call({ path: "/api/v1/tasks", body: input });
  await run(1, [result({ opus: usage(100, 0.5) }), result({ opus: usage(150, 0.75), haiku: usage(5, 0.001) })]);
  clock.nowMs = Date.parse("2026-11-21T10:00:00Z");
  await call({ path: "/api/v1/tasks", body: { ...input, group: "night" } });
  await run(2, [result({ opus: usage(7, 0.1) })]);
  await call({ method: "DELETE", path: "/api/v1/tasks/1" });
  const by = async (query: string) =>
    ((await call({ path: `/api/v1/usage?${query}` })).json()["usage"] as { key: string; output_tokens: number; cost_usd: number }[]).map(
      (sum) => [sum.key, sum.output_tokens, sum.cost_usd],
    );
  assert.deepEqual(await by("by=model"), [
    ["haiku", 5, 0.001],
    ["opus", 157, 0.85],
  ]);
  assert.deepEqual(await by("by=group"), [
    ["default", 155, 0.751],
    ["night", 7, 0.1],
  ]);
  assert.deepEqual(await by("by=day&since=2026-11-21"), [["2026-11-21", 7, 0.1]]);
  assert.deepEqual((await call({ path: "/api/v1/usage?until=2026-11-20" })).json()["total"], {
    results: 3,
    input_tokens: 20,
    output_tokens: 155,
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: 0,
    cost_usd: 0.751,
  });
  assert.equal((await call({ path: "/api/v1/usage?since=yesterday" })).status, 400);
});

test("usage of a new session is counted from its beginning", async (t) => {
  const { call, input, run } = await setup(t);
  await call({ path: "/api/v1/tasks", body: input });
  // As another version, or a hand, may have put it into the database.
  const odd = (data: object): EventDraft => ({ type: "result", data }) as unknown as EventDraft;
  const report = (tokens: number): EventDraft =>
    odd({ usage: { m: { input_tokens: tokens, output_tokens: tokens, cache_read_input_tokens: null, cost_usd: tokens } } });
  await run(1, [report(100), report(30), odd({ usage: { m: "nonsense" } }), odd({})]);
  const { total } = (await call({ path: "/api/v1/usage" })).json() as { total: { output_tokens: number } };
  assert.equal(total.output_tokens, 130);
});

test("the settings are shown with their origins and without secrets", async (t) => {
  const { call } = await setup(t, { agent_env: ["PATH_ONLY", "API_KEY=hunter2=x"], workers: 9 });
  const answer = await call({ path: "/api/v1/config" });
  assert.ok(!answer.text.includes("hunter2"));
  const settings = new Map(
    (answer.json()["settings"] as { key: string; value: unknown; origin: string }[]).map((each) => [each.key, each]),
  );
  assert.deepEqual(settings.get("agent_env")?.value, ["PATH_ONLY", "API_KEY=[redacted]"]);
  assert.deepEqual([settings.get("workers")?.value, settings.get("workers")?.origin], [9, "flag"]);
});

test("readiness says why the server is not ready", async (t) => {
  const { api, call } = await setup(t);
  assert.deepEqual((await call({ path: "/health/ready" })).json(), { ready: true, status: "healthy", problems: [] });
  const server = await api.server();
  api.server = async () => ({ ...server, status: "degraded", problems: ["The disk is full."] });
  const answer = await call({ path: "/health/ready" });
  assert.deepEqual([answer.status, answer.headers["retry-after"], answer.json()["ready"]], [503, "2", false]);
});

test("a server that stops refuses new tasks and answers everything else", async (t) => {
  const { call, input, stop, store } = await setup(t);
  await call({ path: "/api/v1/tasks", body: input });
  stop.hasBegun = true;
  for (const [path, body] of [
    ["/api/v1/tasks", input],
    ["/api/v1/tasks/batch", { tasks: [input] }],
  ] as const) {
    const refused = await call({ path, body, headers: { "idempotency-key": "k" } });
    assert.deepEqual([refused.status, refused.json()["code"], refused.headers["retry-after"]], [503, "unavailable", "5"]);
    assert.equal((await call({ path, body })).status, 503);
  }
  assert.equal(store.tasks.counts().pending, 1);
  assert.equal((await call({ method: "POST", path: "/api/v1/tasks/1/cancel" })).status, 200);
});

test("metrics are well-formed, add up, and name no task", async (t) => {
  const { call, clock, input, run } = await setup(t);
  await call({ path: "/api/v1/tasks", body: { ...input, name: "secret-name", prompt: "secret prompt" } });
  clock.nowMs += 400;
  await run(1, [event("result", { usage: { 'o"p\\u\ns': { input_tokens: 1, output_tokens: 2, cost_usd: 0.5 } } })], "fail");
  await call({ path: "/nowhere" });
  const answer = await call({ path: "/metrics" });
  assert.equal(answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
  const samples = samplesOf(answer.text);
  const expected = {
    'claude_worker_tasks{status="failed"}': 1,
    'claude_worker_attempts_total{outcome="agent_failed"}': 1,
    'claude_worker_task_wait_seconds_bucket{le="0.1"}': 0,
    'claude_worker_task_wait_seconds_bucket{le="0.5"}': 1,
    'claude_worker_task_wait_seconds_bucket{le="+Inf"}': 1,
    claude_worker_task_wait_seconds_sum: 0.4,
    claude_worker_attempt_duration_seconds_count: 1,
    'claude_worker_tokens_total{model="o\\"p\\\\u\\ns",type="output"}': 2,
    'claude_worker_cost_usd_total{model="o\\"p\\\\u\\ns"}': 0.5,
    'claude_worker_http_requests_total{operation="unknown",status="404"}': 1,
    'claude_worker_http_requests_total{operation="submitTask",status="201"}': 1,
    'claude_worker_holds{kind="manual"}': 0,
    'claude_worker_notifications{state="dead"}': 0,
    claude_worker_event_streams_open: 0,
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(samples.get(name), value, name);
  assert.match(
    answer.text,
    new RegExp(`^claude_worker_build_info\\{version="[^"]+",node="${process.versions.node.replaceAll(".", "\\.")}"\\} 1$`, "m"),
  );
  assert.ok(!/secret|task_?id/i.test(answer.text));
});

/** Reads the exposition format as strictly as its description says. */
function samplesOf(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  const typed = new Set<string>();
  assert.ok(text.endsWith("\n"));
  for (const line of text.trimEnd().split("\n")) {
    const type = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(line);
    if (type?.[1] !== undefined) typed.add(type[1]);
    if (line.startsWith("#")) {
      assert.match(line, /^# (HELP [a-z_]+ \S.*|TYPE [a-z_]+ (counter|gauge|histogram))$/);
      continue;
    }
    const sample = /^([a-z_]+)((?:\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+\})?) (-?[\d.e+-]+)$/.exec(line);
    assert.ok(sample !== null, line);
    const [, name = "", labels = "", value = ""] = sample;
    assert.ok(typed.has(name.replace(/_(bucket|sum|count)$/, "")) || typed.has(name), `${name} has no type`);
    assert.ok(!samples.has(name + labels), `${name}${labels} comes twice`);
    samples.set(name + labels, Number(value));
  }
  return samples;
}

const machine = {
  system_prompt: "You are a careful TypeScript engineer. Change only files below src/auth, and never touch the public API.",
  prompt: `Read src/auth/session.ts and make sessions expire after 30 minutes. ${"Keep the tests in test/auth green and add one for the expiry. ".repeat(2)}`,
};

test("the strict entry takes only a task that stands alone", async (t) => {
  const { call, corner } = await setup(t);
  const path = "/api/v1/mcp/tasks";
  const good = { ...machine, working_directory: corner.work };
  const taken = await call({ path, body: good });
  assert.equal(taken.status, 201, taken.text);
  const untrusted = corner.workdir("untrusted", { trusted: false });
  const bad = await call({ path, body: { prompt: "fix it", system_prompt: "be good", working_directory: untrusted } });
  assert.deepEqual([bad.status, bad.json()["code"]], [422, "unprocessable"]);
  const problems = bad.json()["errors"] as { pointer: string; detail: string }[];
  assert.deepEqual(new Set(problems.map(({ pointer }) => pointer)), new Set(["/system_prompt", "/prompt", "/working_directory"]));
  assert.match(bad.text, /claude-worker trust add/);
  for (const directory of ["relative", "/does/not/exist"]) {
    assert.equal((await call({ path, body: { ...good, working_directory: directory } })).status, 422, directory);
  }
  assert.equal((await call({ path, body: { ...good, unknown: 1 } })).status, 400);
});

test("the strict entry's limits can be set and switched off", async (t) => {
  const { call, corner } = await setup(t, { prompt_rules: "lengths", prompt_min: 3, system_prompt_min: 0, system_prompt_max: 10 });
  const path = "/api/v1/mcp/tasks";
  const body = { prompt: "abc", system_prompt: "short", working_directory: corner.work };
  assert.equal((await call({ path, body })).status, 201);
  assert.equal((await call({ path, body: { ...body, system_prompt: "far too long" } })).status, 422);
  const off = await setup(t, { prompt_rules: "off" });
  assert.equal((await off.call({ path, body: { prompt: "a", working_directory: off.corner.work } })).status, 201);
});
