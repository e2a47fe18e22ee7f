/** Rewinds: an ended task's conversation is put back to a turn, and no turn is lost. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { findTranscript } from "../../src/config/claude-transcript.ts";
import { step } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";
import type { TestWorker } from "../../testing/worker.ts";
import { killEverything } from "../reliability/setup.ts";

const job = { "the long job": [step.bash("echo said one"), step.bash("echo said two"), step.text("It is all done.")] };

function said(w: TestWorker): string {
  return JSON.stringify(w.model.requests().at(-1)?.body.messages);
}

test("a rewound task continues from the turn, and a rewind brings the rest back", async (t) => {
  const w = await worker(t, { ...job, "another way": [step.text("Another.")], "and more": [step.text("More.")] });
  await w.start();
  const { id } = await w.submit("the long job", { allow: ["Bash"] });
  const source = await w.ended(id);
  const transcript = findTranscript(w.env, source.session_id ?? "") ?? "";
  const original = readFileSync(transcript, "utf8");
  const after = (attempts: number) => w.until(id, (task) => task.ended_at !== null && task.attempts === attempts);

  assert.match((await w.cli(["rewind", "1"])).stderr, /Say to which turn: claude-worker rewind 1 --to TURN/);
  const { code, stdout } = await w.cli(["rewind", "1", "--to", "1"]);
  assert.equal(code, 0);
  assert.equal(
    stdout,
    `Task 1 is back at turn 1. Its files stay as they are. ${w.place.work} is not in a git repository, so there are no snapshots. ` +
      'Continue: claude-worker send 1 "…" Back: claude-worker rewind 1 --to 3\n',
  );
  await w.client.retryTask({ id, resume: true });
  const resumed = await after(2);
  assert.deepEqual([resumed.status, resumed.result, resumed.num_turns], ["completed", "It is all done.", 5], JSON.stringify(resumed.error));
  assert.match(w.model.requests().map(({ body }) => JSON.stringify(body.messages))[3] ?? "", /said one.*Continue from where you left off/);

  await w.client.rewindTask({ id, to: 1 });
  await w.client.sendMessage({ id, text: "try another way" });
  const other = await after(3);
  assert.deepEqual([other.status, other.result, other.num_turns], ["completed", "Another.", 6], JSON.stringify(other.error));
  assert.ok(Math.abs((other.cost_usd ?? 0) - 0.06) < 1e-9, `six calls of the model cost ${other.cost_usd}`);
  assert.match(said(w), /the long job.*said one.*try another way/);
  assert.doesNotMatch(said(w), /said two|all done/);

  const back = JSON.parse((await w.cli(["rewind", "1", "--to", "3", "--json"])).stdout) as typeof other;
  assert.partialDeepStrictEqual(back, { status: "completed", rewound: { turn: 3, was_turn: 6, left_session_id: other.session_id } });
  assert.match((await w.cli(["show", "1"])).stdout, /Rewound +to turn 3, from turn 6 in session \S+ Back: claude-worker rewind 1 --to 6\n/);
  const calls = w.model.requests().length;
  await w.client.retryTask({ id, resume: true });
  const answered = await after(4);
  assert.deepEqual([answered.result, answered.num_turns, w.model.requests().length], ["It is all done.", 6, calls], "nothing runs again");
  await w.client.sendMessage({ id, text: "and more" });
  assert.deepEqual([(await after(5)).result, (await w.client.getTask({ id })).num_turns], ["More.", 7]);
  assert.match(said(w), /said one.*said two.*It is all done.*and more/);
  assert.doesNotMatch(said(w), /another way/);
  assert.equal(readFileSync(transcript, "utf8"), original, "no session is written to after a rewind");
  assert.match((await w.cli(["logs", "1"])).stdout, /turn 3 It is all done.*\[task\] the conversation is put back from turn 3 to turn 1/s);
});

test("a rewound task whose processes are killed says its message once", async (t) => {
  const w = await worker(t, { ...job, "another way": [step.text("Another.", 1500)] });
  const traps = path.join(w.place.directory, "traps");
  mkdirSync(traps);
  writeFileSync(path.join(traps, "session.copied"), "SIGKILL");
  w.env["CLAUDE_WORKER_FAILPOINTS"] = traps;
  await w.start();
  const { id } = await w.submit("the long job", { allow: ["Bash"] });
  const source = await w.ended(id);
  await w.client.rewindTask({ id, to: 2 });
  await w.client.sendMessage({ id, text: "try another way" });
  await until("its call of the model", () => w.model.requests().length === 4);
  assert.match(readdirSync(traps).join(), /^session\.copied\.\d+$/);
  await killEverything(w);
  await w.start();
  const task = await w.until(id, ({ ended_at, messages }) => ended_at !== null && messages[0]?.status === "done");
  assert.deepEqual([task.status, task.result, task.attempts], ["completed", "Another.", 4], JSON.stringify(task.error));
  assert.equal(said(w).split("try another way").length - 1, 1);
  assert.match(said(w), /said one.*said two/);
  assert.doesNotMatch(said(w), /all done/);
  const directory = path.dirname(findTranscript(w.env, task.session_id ?? "") ?? "");
  const sessions = [source.session_id, task.session_id].map((session) => `${session}.jsonl`);
  assert.deepEqual(
    readdirSync(directory)
      .filter((name) => /jsonl/.test(name))
      .toSorted(),
    sessions.toSorted(),
  );
});
