/** What the store keeps of a verification, from the journal and at the end of an attempt. */
import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { finalise } from "../../src/supervisor/finalise.ts";
import { Ingest } from "../../src/supervisor/ingest.ts";
import type { Task } from "../../src/domain/task/task.ts";
import { newAttempt, setup } from "../store/setup.ts";

const moment = 1_800_000_000_000;

/** A task with a command, and a journal that an attempt writes. */
async function verifying(t: TestContext, more: Partial<Task> = {}) {
  const { store, submit, directory } = setup(t);
  const { id } = await submit({ verify: ["@test npm test"], ...more });
  const file = path.join(directory, "task_raw.log");
  let attemptId = 0;
  let records = 0;
  const begin = async (): Promise<void> => {
    records = 0;
    const session = { sessionId: "s-1", resume: store.tasks.get(id)?.resumable ?? false };
    const claim = await store.write(() => store.attempts.claim(id, newAttempt(crypto.randomUUID(), session), moment));
    attemptId = claim?.attempt.id ?? 0;
  };
  const write = (record: object): void => {
    records += 1;
    const stamp = { _n: records, _attempt: attemptId, _at: new Date(moment + records).toISOString(), _up: records };
    appendFileSync(file, `${JSON.stringify({ ...record, ...stamp })}\n`);
  };
  const note = (subtype: string, fields: object = {}): void => write({ type: "worker", subtype, ...fields });
  const result = (denied: readonly object[] = []): void => {
    note("session", { sessionId: "s-1" });
    write({
      type: "result",
      subtype: "success",
      is_error: false,
      result: "Done.",
      num_turns: 1,
      terminal_reason: "completed",
      modelUsage: {},
      permission_denials: denied,
    });
  };
  const takeIn = async (): Promise<void> => {
    const attempt = store.attempts.get(attemptId);
    assert.ok(attempt);
    await new Ingest(store, attempt, file, directory).catchUp(() => {});
  };
  const end = async (more: object = {}): Promise<string | undefined> => {
    const outcome = await finalise({
      store,
      attemptId,
      bootId: null,
      swept: [],
      stopping: null,
      startProblem: null,
      now: moment,
      seenUp: null,
      wall: moment,
      random: () => 0.5,
      account: "a",
      refusalTries: 3,
      ...more,
    });
    return outcome?.kind;
  };
  const started = (): void => note("verify_started", { name: "test", command: "npm test" });
  const ended = (state: string, exitCode: number | null, output = ""): void =>
    note("verify_ended", {
      name: "test",
      command: "npm test",
      state,
      exitCode,
      reason: null,
      tookMs: 5,
      output,
      outputBytes: 9,
      tree: "abc",
    });
  await begin();
  return { store, id, task: () => store.tasks.get(id), begin, result, started, ended, note, takeIn, end };
}

test("a run is stored when it starts, and has its evidence when it ends", async (t) => {
  const v = await verifying(t);
  v.result();
  v.started();
  await v.takeIn();
  assert.equal(v.store.verifications.running(v.id), "test");
  v.ended("passed", 0, "\x1b[32mall\x1b[0m passed\n");
  v.note("ended", { thrown: null, stopRequested: null });
  await v.takeIn();
  await v.takeIn();
  assert.equal(v.store.verifications.running(v.id), null);
  const [run, ...more] = v.store.verifications.ofTask(v.id);
  assert.deepEqual(more, []);
  assert.partialDeepStrictEqual(run, { state: "passed", exitCode: 0, outputTail: "all passed", tree: "abc", tookMs: 5, isStale: false });
  assert.equal(await v.end(), "succeeded");
  assert.deepEqual([v.task()?.status, v.task()?.result], ["completed", "Done."]);
});

test("a failure is a message in the same session, until the tries are used up", async (t) => {
  const v = await verifying(t, { verifyTries: 2 });
  v.result();
  v.started();
  v.ended("failed", 1, "1 failing");
  v.note("ended", { thrown: null, stopRequested: null });
  await v.takeIn();
  assert.equal(await v.end(), "verification_failed");
  assert.partialDeepStrictEqual(v.task(), { status: "pending", resumable: true, sessionId: "s-1", verifyFailures: 1, notBefore: null });
  const [message] = v.store.messages.ofTask(v.id);
  assert.partialDeepStrictEqual(message, { status: "queued", sentBy: "verification", byAgent: true, continues: false });
  assert.match(message?.text ?? "", /check 1 of at most 2[\s\S]*test ended with exit code 1[\s\S]*1 failing/);
  await v.begin();
  v.result();
  v.started();
  v.ended("failed", 1, "1 failing");
  v.note("ended", { thrown: null, stopRequested: null });
  await v.takeIn();
  v.store.messages.ofTask(v.id).forEach(({ id }) => void v.store.write(() => v.store.messages.delivered(id, moment)));
  await v.end();
  assert.partialDeepStrictEqual(v.task(), { status: "failed", error: { code: "verification_failed", retryable: false } });
  assert.match(
    v.task()?.error?.message ?? "",
    /^Given up after 2 failed verifications\..*exit code 1\. The end of the output:\n1 failing$/s,
  );
  assert.equal(v.store.messages.ofTask(v.id).length, 1);
});

test("a runner that dies while a command runs has verified nothing", async (t) => {
  const v = await verifying(t);
  v.result();
  v.started();
  await v.takeIn();
  assert.equal(await v.end(), "verify_unavailable");
  assert.partialDeepStrictEqual(v.task(), { status: "pending", resumable: true, poisonCount: 1, notBefore: null });
  assert.deepEqual(
    v.store.verifications.ofTask(v.id).map(({ state }) => state),
    ["stopped"],
  );
  assert.deepEqual(v.store.messages.ofTask(v.id), [], "Claude does not hear of it");
});

test("a cancel while a command runs ends the task, and leaves nothing running", async (t) => {
  const v = await verifying(t);
  v.result();
  v.started();
  v.note("stop_requested", { reason: "cancelled" });
  v.ended("stopped", null);
  v.note("ended", { thrown: null, stopRequested: "cancelled" });
  await v.takeIn();
  assert.equal(await v.end({ stopping: "cancelled" }), "cancelled");
  assert.equal(v.task()?.status, "cancelled");
  assert.equal(v.store.verifications.running(v.id), null);
});

test("work that fails its checks says which calls were denied", async (t) => {
  const v = await verifying(t, { verifyTries: 1 });
  v.result([{ tool_name: "Bash", tool_use_id: "t1", tool_input: { command: "npm install" } }]);
  v.started();
  v.ended("failed", 1, "1 failing");
  v.note("ended", { thrown: null, stopRequested: null });
  await v.takeIn();
  assert.equal(await v.end(), "verification_failed");
  const { error, attention } = v.task() ?? {};
  assert.match(
    error?.message ?? "",
    /1 failing[\s\S]*\nA call of Claude was denied \(Bash\), which may be why\. .* retry 1 --resume --allow RULE$/,
  );
  assert.equal(attention, null);
});
