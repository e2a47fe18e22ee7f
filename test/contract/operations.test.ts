/**
 * Every operation of the served document, called on a real server that has really run a task; each
 * answer is what the document promises.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { ApiDocument } from "../../testing/api-document.ts";
import { standInGh } from "../../testing/gh.ts";
import { callServer } from "../../testing/http-call.ts";
import type { DoorAnswer, DoorCall } from "../../testing/http-call.ts";
import { step } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";

interface Bundle {
  readonly work: string;
  readonly backupFile: string;
  /** Calls an operation by name, over TCP, and has the document judge the answer. */
  call(operationId: string, options?: Partial<DoorCall> & { id?: number | string; query?: string }): Promise<DoorAnswer>;
  /** Operations that have answered with success. */
  readonly succeeded: ReadonlySet<string>;
  readonly document: ApiDocument;
}

async function setup(t: TestContext): Promise<Bundle> {
  const w = await worker(t, {
    "write a haiku": [step.write("haiku.txt", "old pond"), step.text("Done.")],
    "make a file": [step.bash("touch made"), step.text("Made.")],
  });
  w.env["PATH"] = `${standInGh(w.place.directory).bin}:${w.env["PATH"] ?? ""}`;
  for (const words of [
    ["init", "-q", "-b", "main"],
    ["-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "--allow-empty", "-m", "first"],
  ])
    execFileSync("git", words, { cwd: w.place.work });
  const server = await w.start();
  const port = Number(new URL(server.url ?? "").port);
  const token = readFileSync(path.join(w.place.dataHome, "token"), "utf8").trim();
  const place = { socket: server.socket, port, token };
  const { id } = await w.submit("write a haiku", { permission_mode: "acceptEdits" });
  await w.ended(id);
  const document = new ApiDocument((await callServer(place, { path: "/openapi.json", tcp: true })).json());
  const succeeded = new Set<string>();
  return {
    work: w.place.work,
    backupFile: path.join(w.place.directory, "backup.db"),
    document,
    succeeded,
    async call(operationId, { id: taskId = 1, query = "", ...options } = {}) {
      const operation = document.operations.find((each) => each.operationId === operationId);
      assert.ok(operation !== undefined, `${operationId} is not in the document`);
      const target = `${operation.path
        .replace("{id}", String(taskId))
        .replace("{message}", "1")
        .replace("{comment}", "1")
        .replace("{scope}/{period}", "group:nightly/day")
        .replace(/\{(?:name|template|schedule)\}/, "nightly")
        .replace("{workflow}", "1")}${query}`;
      const answer = await callServer(place, { method: operation.method, path: target, tcp: true, ...options });
      document.judge(operation, { status: answer.status, contentType: answer.headers["content-type"], text: answer.text });
      if (answer.status < 400) succeeded.add(operationId);
      return answer;
    },
  };
}

test("every operation answers as the document promises", async (t) => {
  const { work, backupFile, call, document, succeeded } = await setup(t);
  const input = { prompt: "later", working_directory: work };
  const expect = async (status: number, ...[name, options]: Parameters<Bundle["call"]>): Promise<DoorAnswer> => {
    const answer = await call(name, options);
    assert.equal(answer.status, status, `${name}: ${answer.text}`);
    return answer;
  };

  for (const name of [
    "health",
    "ready",
    "metrics",
    "server",
    "config",
    "openapi",
    "docs",
    "docsStyle",
    "listHolds",
    "listTrust",
    "listTokens",
    "listChannels",
    "listDeliveries",
  ])
    await expect(200, name);
  for (const by of ["day", "model", "group"]) await expect(200, "usage", { query: `?by=${by}` });

  await expect(200, "hold", { body: { reason: "so that nothing starts" } });
  const headers = { "idempotency-key": "one" };
  await expect(201, "submitTask", { body: { ...input, name: "n", labels: { a: "b" }, max_budget_usd: 0.5, timeout_ms: 5000 }, headers });
  await expect(422, "submitTask", { body: input, headers });
  await expect(400, "submitTask", { body: { ...input, nope: 1 } });
  await expect(403, "submitTask", { body: { ...input, working_directory: "/" } });
  await expect(401, "submitTask", { body: input, token: null });
  await expect(415, "submitTask", { body: "x", headers: { "content-type": "text/plain" } });
  await expect(413, "addTrust", { body: { directory: "x".repeat(2_000_000) } });
  await expect(201, "submitTasks", {
    body: { tasks: [input, { ...input, system_prompt: "s", model: "m", allow: ["Read"], max_turns: 3 }] },
  });
  await expect(422, "submitMachineTask", { body: input });
  const machine = {
    system_prompt: "You are a careful engineer. Change only files below src/auth and never touch the public API of it.",
    prompt: `Read src/auth/session.ts and let sessions expire after 30 minutes. ${"Keep the tests in test/auth green. ".repeat(4)}`,
  };
  await expect(201, "submitMachineTask", { body: { ...machine, working_directory: work } });

  const { etag = "" } = (await expect(200, "getTask")).headers;
  await expect(304, "getTask", { headers: { "if-none-match": etag } });
  await expect(404, "getTask", { id: 999 });
  await expect(400, "getTask", { id: "x" });
  await expect(200, "listTasks", {
    query: "?status=pending,completed&limit=2&order=oldest&label=a=b&text=n&created_after=2020-01-01T00:00:00Z",
  });
  await expect(400, "listTasks", { query: "?cursor=elsewhere" });
  await expect(200, "listAttempts");
  await expect(200, "taskEvents", { query: "?limit=1000" });
  await expect(200, "allEvents", { query: "?tail=5" });
  await expect(200, "getLog", { query: "?kind=raw" });
  await expect(206, "getLog", { headers: { range: "bytes=0-9" } });
  await expect(416, "getLog", { headers: { range: "bytes=99999999-" } });
  await expect(404, "getLog", { id: 2 });

  await expect(200, "updateTask", { id: 2, body: { priority: 3, labels: { x: "y" }, name: null } });
  await expect(412, "updateTask", { id: 2, body: { priority: 4 }, headers: { "if-match": '"stale"' } });
  await expect(409, "retryTask", { id: 2 });
  await expect(409, "removeTask", { id: 2 });
  await expect(200, "setGroup", { body: { limit: 2, paused: true } });
  await expect(200, "listGroups");
  await expect(200, "getGroup");
  await expect(400, "setGroup", { body: {} });
  await expect(200, "setBudget", { body: { limit_usd: 20, hard: true } });
  await expect(400, "setBudget", { body: { limit_usd: 0 } });
  await expect(200, "listBudgets");
  await expect(204, "removeBudget");
  await expect(404, "removeBudget");
  await expect(204, "removeGroup");
  await expect(404, "removeGroup");
  await expect(201, "addTemplate", {
    body: { name: "nightly", prompt: "Look at {{ vars.what }}", defaults: { what: "all" }, options: { model: "m" } },
  });
  await expect(409, "addTemplate", { body: { name: "nightly", prompt: "x" } });
  await expect(200, "listTemplates");
  await expect(200, "getTemplate");
  await expect(200, "updateTemplate", { body: { options: { priority: 1 } } });
  await expect(400, "updateTemplate", { body: {} });
  await expect(400, "runTemplate", { body: { working_directory: work, vars: { nope: "x" } } });
  await expect(201, "runTemplate", { body: { working_directory: work, vars: { what: "x" } } });
  await expect(204, "removeTemplate");
  await expect(404, "removeTemplate");
  await expect(201, "runWorkflow", { body: { file: "tasks: { a: { prompt: A }, b: { prompt: B, needs: a } }", working_directory: work } });
  await expect(400, "runWorkflow", { body: { file: "taks: {}", working_directory: work } });
  await expect(200, "validateWorkflow", { body: { file: "tasks: { a: { prompt: A } }" } });
  await expect(200, "listWorkflows");
  await expect(200, "getWorkflow");
  await expect(409, "removeWorkflow");
  await expect(200, "cancelWorkflow");
  await expect(409, "cancelWorkflow");
  await expect(200, "retryWorkflow");
  await expect(200, "cancelWorkflow");
  await expect(204, "removeWorkflow");
  await expect(404, "removeWorkflow");
  const nightly = { name: "nightly", cron: "0 2 * * *", task: input };
  await expect(201, "addSchedule", { body: nightly });
  await expect(409, "addSchedule", { body: nightly });
  await expect(400, "addSchedule", { body: { ...nightly, name: "never", cron: "0 0 30 2 *" } });
  await expect(200, "listSchedules");
  await expect(200, "getSchedule");
  await expect(200, "updateSchedule", { body: { time_zone: "Europe/Berlin", task: { model: "m" } } });
  await expect(400, "updateSchedule", { body: { task: { modle: "m" } } });
  await expect(201, "runSchedule");
  await expect(200, "listScheduleRuns", { query: "?limit=5" });
  await expect(200, "nextScheduleRuns", { query: "?limit=9" });
  await expect(204, "removeSchedule");
  await expect(404, "getSchedule");
  await expect(200, "stashTask", { id: 2 });
  await expect(200, "enqueueTask", { id: 2 });
  await expect(200, "moveTask", { id: 2, body: { to: "front" } });
  await expect(400, "moveTask", { id: 2, body: {} });
  await expect(409, "moveTask", { id: 1, body: { to: "back" } });
  await expect(409, "stashTask", { id: 1 });
  await expect(409, "enqueueTask", { id: 1 });
  await expect(200, "cancelTask", { id: 2 });
  await expect(200, "retryTask", { id: 2 });
  await expect(201, "sendMessage", { id: 2, body: { text: "and mind the style" } });
  await expect(400, "sendMessage", { id: 2, body: { text: " " } });
  await expect(404, "sendMessage", { id: 99, body: { text: "more" } });
  await expect(200, "listMessages", { id: 2 });
  await expect(200, "listCheckpoints");
  await expect(404, "listCheckpoints", { id: 99 });
  await expect(200, "taskDiff");
  await expect(200, "taskDiff", { query: "?since=1&to=2&hunks=false&limit=1&offset=1" });
  await expect(404, "taskDiff", { query: "?since=99" });
  await expect(400, "taskDiff", { query: "?since=0" });
  await expect(409, "taskDiff", { id: 2 });
  await expect(200, "snapshotFile", { query: "?path=haiku.txt" });
  await expect(404, "snapshotFile", { query: "?path=none" });
  await expect(200, "restoreFiles", { body: { checkpoint: 1, dry_run: true } });
  await expect(404, "restoreFiles", { body: { checkpoint: 99 } });
  await expect(200, "undoTask");
  await expect(409, "undoTask", { id: 2 });
  await expect(200, "listWorkspaces", { query: "?state=kept,trashed" });
  await expect(400, "listWorkspaces", { query: "?state=nope" });
  await expect(404, "cleanWorkspaces", { body: { tasks: [1] } });
  await expect(200, "unsendMessage", { id: 2 });
  await expect(409, "unsendMessage", { id: 2 });
  await expect(404, "unsendMessage", { id: 3 });
  await expect(409, "cancelTask", { id: 1 });
  await expect(201, "forkTask", { id: 1, body: { prompt: "later" } });
  await expect(404, "forkTask", { id: 1, body: { prompt: "later", at: 99 } });
  await expect(409, "forkTask", { id: 3, body: { prompt: "later" } });
  await expect(400, "forkTask", { id: 1, body: {} });
  await expect(200, "rewindTask", { id: 1, body: { to: 1, dry_run: true } });
  await expect(200, "rewindTask", { id: 1, body: { to: 1, files: false } });
  await expect(404, "rewindTask", { id: 1, body: { to: 99 } });
  await expect(409, "rewindTask", { id: 3, body: { to: 1 } });
  await expect(400, "rewindTask", { id: 1, body: { to: 0 } });
  await expect(204, "removeTask", { id: 1 });

  await expect(200, "addTrust", { body: { directory: work } });
  await expect(200, "removeTrust", { body: { directory: work } });
  const token = (await expect(201, "createToken", { body: { name: "reader", scope: "read", expires_at: "2999-01-01T00:00:00Z" } })).json();
  await expect(409, "createToken", { body: { name: "reader", scope: "read" } });
  await expect(403, "submitTask", { body: input, token: String(token["token"]) });
  await expect(200, "listTokens");
  await expect(204, "removeToken", { id: Number(token["id"]) });
  await expect(404, "removeToken", { id: Number(token["id"]) });

  const code = (await expect(201, "createLoginCode")).json()["code"];
  await expect(201, "createSession", { body: { code } });
  await expect(401, "createSession", { body: { code } });
  await expect(400, "createSession", { body: {} });
  await expect(200, "listSessions");
  await expect(204, "removeSession", { id: 1 });
  await expect(404, "removeSession", { id: 1 });
  await expect(200, "removeOtherSessions");

  const hook = { name: "ops", kind: "webhook", url: "http://127.0.0.1:9/", allow_private: true, events: ["question", "failed"] };
  const channel = (await expect(201, "addChannel", { body: hook })).json();
  await expect(409, "addChannel", { body: hook });
  await expect(400, "addChannel", { body: { ...hook, name: "o", events: ["digest"] } });
  await expect(200, "getChannel", { id: Number(channel["id"]) });
  await expect(200, "updateChannel", { id: Number(channel["id"]), body: { name: "main", quiet_hours: null } });
  await expect(400, "updateChannel", { id: Number(channel["id"]), body: {} });
  await expect(404, "updateChannel", { id: 999, body: { name: "main" } });
  const sent = (await expect(200, "testChannel", { id: Number(channel["id"]) })).json();
  assert.equal(sent["state"], "dead");
  await expect(200, "listDeliveries", { query: `?channel=${String(channel["id"])}&state=dead&limit=1` });
  await expect(200, "replayDelivery", { id: Number(sent["id"]) });
  await expect(404, "replayDelivery", { id: 999 });
  await expect(204, "removeChannel", { id: Number(channel["id"]) });
  await expect(404, "removeChannel", { id: Number(channel["id"]) });

  await expect(201, "backup", { body: { file: backupFile } });
  await expect(409, "backup", { body: { file: backupFile } });
  await expect(200, "checkDatabase");
  await expect(200, "prune", { body: { older_than_ms: 0, dry_run: true } });
  // The tasks are gone before the hold is lifted: nothing of this test shall run.
  for (const id of [2, 3, 4, 5, 6]) await expect(200, "cancelTask", { id });
  await expect(200, "resume");
  const asking = { prompt: "make a file", working_directory: work, permission_mode: "default", on_question: "ask" };
  const { id: asker } = (await expect(201, "submitTask", { body: asking })).json();
  await until("the question", async () =>
    (await call("listQuestions", { query: `?status=open&task=${String(asker)}` })).text.includes("Bash"),
  );
  await expect(200, "getQuestion");
  await expect(404, "getQuestion", { id: 99 });
  await expect(422, "answerQuestion", { body: { option: "perhaps" } });
  await expect(400, "answerQuestion", { body: { decision: "perhaps" } });
  await expect(200, "answerQuestion", { body: { decision: "allow", remember: "directory" } });
  await expect(409, "answerQuestion", { body: { decision: "deny" } });
  await until("its end", async () => (await call("getTask", { id: Number(asker) })).json()["status"] === "completed");
  await expect(200, "listRules");
  await expect(204, "removeRule");
  await expect(404, "removeRule");
  await expect(204, "removeTask", { id: Number(asker) });
  const parallel = { prompt: "write a haiku", working_directory: work, workspace_kind: "worktree" };
  const id = Number((await expect(201, "submitTask", { body: parallel })).json()["id"]);
  await until("its end", async () => (await call("getTask", { id })).json()["ended_at"] !== null);
  await expect(200, "applyTask", { id, body: { dry_run: true } });
  await expect(400, "applyTask", { id, body: { way: "nope" } });
  await expect(404, "applyTask", { id: 999 });
  await expect(200, "landTasks", { body: { tasks: [id], into: "main", dry_run: true } });
  await expect(200, "listLandings");
  await expect(400, "landTasks", { body: { tasks: [], into: "main" } });
  await expect(404, "landTasks", { body: { tasks: [999], into: "main" } });
  await expect(409, "landTasks", { body: { tasks: [id], into: "nope" } });
  await expect(200, "watchPullRequest", { id, body: { max_messages: 3 } });
  await expect(400, "watchPullRequest", { id, body: { max_messages: 0 } });
  await expect(404, "watchPullRequest", { id: 999 });
  await expect(200, "listPullRequestWatches");
  await expect(200, "unwatchPullRequest", { id });
  await expect(404, "unwatchPullRequest", { id: 999 });
  await expect(409, "restoreWorkspace", { id });
  await expect(200, "cleanWorkspaces", { body: { tasks: [id], force: true } });
  await expect(200, "restoreWorkspace", { id });
  await expect(200, "hold", { body: { reason: "so that nothing continues" } });
  await expect(201, "addReviewComments", { id, body: { comments: [{ path: "haiku.txt", line: 1, body: "shorter" }] } });
  await expect(422, "addReviewComments", { id, body: { comments: [{ path: "haiku.txt", line: 9, body: "shorter" }] } });
  await expect(400, "addReviewComments", { id, body: { comments: [{ path: "haiku.txt", line: 1, body: " " }] } });
  await expect(409, "addReviewComments", { id: 2, body: { comments: [{ path: "haiku.txt", line: 1, body: "shorter" }] } });
  await expect(200, "getReview", { id, query: "?state=open,outdated" });
  await expect(400, "getReview", { id, query: "?state=nope" });
  await expect(200, "changeReviewComment", { id, body: { body: "much shorter" } });
  await expect(400, "changeReviewComment", { id, body: {} });
  await expect(404, "changeReviewComment", { id: 2, body: { state: "handled" } });
  await expect(201, "sendReview", { id, body: { message: "Please" } });
  await expect(409, "sendReview", { id });
  await expect(409, "changeReviewComment", { id, body: { state: "open" } });
  await expect(204, "removeReviewComment", { id });
  await expect(404, "removeReviewComment", { id });
  await expect(200, "probeServer");
  await expect(202, "stopServer", { body: { mode: "now" } });
  assert.deepEqual(
    document.operations.map(({ operationId }) => operationId).filter((name) => !succeeded.has(name)),
    [],
    "never called with success",
  );
});
