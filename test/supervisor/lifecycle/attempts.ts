/** Commands on attempts: claim, work, ingest, and every end. */
import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import type { Outcome } from "../../../src/domain/attempt/outcome.ts";
import type { Paths } from "../../../src/config/paths.ts";
import { claimTask } from "../../../src/supervisor/claim-task.ts";
import { finalise, finaliseWithin } from "../../../src/supervisor/finalise.ts";
import { beginSession } from "./conversations.ts";
import { afterEnd } from "./endings.ts";
import { follow } from "./follower.ts";
import { journalOf, openMessages, resultOf, unapplied, write } from "./model.ts";
import type { Follower, Model, ModelTask, Real, Result, Turn } from "./model.ts";

/** As the supervisor, for a task that was chosen a moment ago. */
function tryClaim({ id, model, real: { store, directory } }: Turn): Promise<ReturnType<typeof claimTask>> {
  const paths = { logs: directory } as Paths;
  const context = { store, paths, nodeId: "here", bootId: null, now: () => model.now, account: () => "a" };
  const runner = { runnerId: `r${model.attempts}`, warm: false, profile: "default", connect: () => Promise.resolve(null) };
  return store.write(() => claimTask(context, id, runner));
}

export async function claimInVain(turn: Turn): Promise<void> {
  assert.equal(await tryClaim(turn), null);
  turn.model.refusedClaims += 1;
}

export async function claim(turn: Turn): Promise<void> {
  const { task, id, model, real } = turn;
  const claimed = await tryClaim(turn);
  model.attempts += 1;
  assert.equal(claimed?.attempt.id, model.attempts);
  const { sessionId, resume } = claimed.attempt;
  assert.deepEqual([resume, resume ? sessionId : null], [task.session !== null, task.session], "which session it resumes");
  for (const message of openMessages(task)) message.attemptId = model.attempts;
  Object.assign(task, { status: "running", notBefore: null });
  task.open = {
    id: model.attempts,
    session: sessionId ?? "",
    lines: [],
    ingested: 0,
    result: "none",
    torn: false,
    parks: false,
    progressed: false,
    asks: new Set(),
    known: resume ? unapplied(task) : [],
    has: new Set(openMessages(task).filter(({ delivery }) => delivery !== "dismiss")),
    mayHave: new Set(),
    said: new Set(),
    heard: new Set(),
  };
  follow(model, real, id);
}

export function begin(turn: Turn): void {
  const { task } = turn;
  const { session } = task.open ?? assert.fail();
  beginSession(turn);
  write(turn, { type: "worker", subtype: "started", sessionId: session }, null, () => (task.session = session));
}

export function work(turn: Turn, steps: number): void {
  const { open } = turn.task;
  assert.ok(open);
  for (let step = 0; step < steps; step += 1) {
    const text = `step ${open.lines.length}`;
    write(turn, resultOf(text, text), text);
  }
  open.progressed = true;
}

export function conclude(turn: Turn, result: Result): void {
  const facts = {
    success: { subtype: "success", is_error: false, num_turns: 1, result },
    limit: { subtype: "success", is_error: true, terminal_reason: "api_error", api_error_status: 429, result },
    error: { subtype: "error_during_execution", is_error: true, errors: [result] },
    none: {},
  };
  // A limit with a reset concerns all tasks at once.
  const rejected = { status: "rejected", rateLimitType: "five_hour", resetsAt: turn.model.now / 1000 + 3600 };
  if (result === "limit") write(turn, { type: "rate_limit_event", rate_limit_info: rejected });
  write(turn, { type: "result", total_cost_usd: null, ...facts[result] }, result);
  if (turn.task.open !== null) turn.task.open.result = result;
}

export function tear({ task, id, real }: Turn): void {
  if (task.open === null || task.open.torn) return;
  appendFileSync(journalOf(real, id), `{"type":"user","_attempt":${task.open.id},"_n":`);
  task.open.torn = true;
}

export async function ingest(turn: Turn): Promise<void> {
  const follower = await followed(turn);
  // There is no closing record yet.
  assert.equal(await follower.ingest.catchUp(() => assert.fail("an attempt ended that nobody ended")), true);
  ingested(turn.task);
}

function ingested(task: ModelTask): void {
  const { open } = task;
  if (open === null || open.ingested === open.lines.length) return;
  for (const { apply } of open.lines.slice(open.ingested)) apply();
  open.ingested = open.lines.length;
  // What has denied the questions is told with their denial.
  const isTold = task.questions.some(({ id }) => id > 0) && unapplied(task).length === 0;
  for (const message of isTold ? task.messages : [])
    if (message.delivery === "dismiss" && message.status === "queued") message.status = "done";
}

async function followed({ model, real, id }: Pick<Turn, "model" | "real" | "id">): Promise<Follower> {
  return real.following.get(id) ?? (await adopt(model, real, id));
}

export async function adopt(model: Model, real: Real, id: number): Promise<Follower> {
  const { store } = real;
  const open = store.attempts.open().find(({ taskId }) => taskId === id);
  assert.ok(open);
  await store.write(() => store.attempts.adopt(open.id));
  return follow(model, real, id);
}

/**
 * A runner that has its result, or parks, closes its journal: the attempt ends with its last
 * record. One that died is found dead.
 */
export async function end(turn: Turn): Promise<void> {
  const { task, id, model, real } = turn;
  const { open } = task;
  assert.ok(open);
  const follower = await followed(turn);
  const options = {
    store: real.store,
    attemptId: open.id,
    bootId: null,
    swept: [],
    startProblem: null,
    stopping: null,
    seenUp: null,
    now: model.now,
    wall: model.now,
    random: () => 0.5,
    account: "a",
    refusalTries: 5,
  };
  if ((open.result === "none" && !open.parks) || open.torn) {
    open.parks = false;
    await ingest(turn);
    assert.ok(await finalise(options));
  } else {
    const stamp = { _n: open.lines.length + 1, _attempt: open.id, _at: new Date(model.now).toISOString() };
    const closing = { type: "worker", subtype: "ended", thrown: null, stopRequested: open.parks ? "parked" : null, ...stamp };
    appendFileSync(journalOf(real, id), `${JSON.stringify(closing)}\n`);
    let outcome: Outcome | null = null;
    assert.equal(await follower.ingest.catchUp(() => (outcome = finaliseWithin(options))), true);
    assert.ok(outcome);
    ingested(task);
  }
  assert.equal(await finalise(options), null, "an attempt is closed once");
  follower.stop();
  real.following.delete(id);
  afterEnd(task, open, model);
  if (open.torn) appendFileSync(journalOf(real, id), "\n");
}

/** The runner leaves while its questions wait. */
export async function park(turn: Turn): Promise<void> {
  if (turn.task.open !== null) turn.task.open.parks = true;
  await end(turn);
}
