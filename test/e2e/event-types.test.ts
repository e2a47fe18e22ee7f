import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { eventTypes } from "../../src/domain/events/event.ts";
import { standInGh } from "../../testing/gh.ts";
import { fault, step } from "../../testing/script.ts";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";
import { killAndWait } from "../reliability/setup.ts";

test("every type of event is made by some run, as the contract describes it", async (t) => {
  const w = await worker(t, {}, { subscription: true, env: { CLAUDE_WORKER_PARK_AFTER_MS: "0" } });
  w.env["PATH"] = `${standInGh(w.place.directory).bin}:${w.env["PATH"] ?? ""}`;
  for (const words of [
    ["init", "-q"],
    ["add", "."],
    ["-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "first", "--allow-empty"],
  ])
    execFileSync("git", words, { cwd: w.place.work });
  const gate = path.join(w.place.work, "go");
  const resetsAt = Date.now() + 3_600_000;
  w.model.play({
    "think and write": [
      fault.overloaded(1),
      step.nearLimit(step.write("a.txt", "a"), 0.89, resetsAt),
      step.bash("git push"),
      step.thinkAndSay("All is written.", "Done."),
    ],
    "wait for the gate": [step.bash(`until [ -e ${gate} ]; do sleep 0.05; done`), step.text("It is open.")],
    "count to one": [step.write("count.txt", "1\n"), step.text("One.")],
    "scored this work": [step.write("count.txt", "2\n"), step.text("Two.")],
    "say thanks": [step.text("Thanks.")],
    "make the file": [step.bash("touch made"), step.text("Made.")],
    "wait without end": [step.bash("until false; do sleep 1; done")],
  });
  await w.start();
  const called = async (id: number): Promise<void> => {
    for await (const { type } of w.client.events(id)) if (type === "tool_use") return;
  };

  await w.client.setBudget({ scope: "label:kind=endless", period: "day", limit_usd: 0.0001 });
  const { id: whole } = await w.submit("think and write", {
    permission_mode: "acceptEdits",
    verify: ["test -e a.txt"],
    until: "true",
    workspace_kind: "worktree",
    setup: "true",
  });
  const { id: scored } = await w.submit("count to one", {
    workspace_kind: "worktree",
    score: "cat count.txt",
    score_goal: "minimize",
    max_iterations: 2,
  });
  const { id: killed } = await w.submit("wait for the gate", { allow: ["Bash"] });
  const { id: cancelled } = await w.submit("wait without end", { allow: ["Bash"], labels: { kind: "endless" } });
  await called(killed);
  const { attempts } = await w.client.listAttempts({ id: killed });
  await killAndWait(attempts[0]?.pid ?? 0);
  writeFileSync(gate, "");
  await called(cancelled);
  const { id: behind } = await w.submit("say thanks", { depends_on: [cancelled], stash: true });
  await w.client.updateTask({ id: behind, prompt: "say thanks", model: "opus" });
  await w.client.enqueueTask({ id: behind });
  await w.client.stashTask({ id: behind });
  const { id: moved } = await w.submit("say thanks", { stash: true });
  await w.client.moveTask({ id: moved, to: "front" });
  await w.client.cancelTask({ id: moved });
  await w.client.cancelTask({ id: cancelled });
  await w.ended(cancelled);
  await w.client.retryTask({ id: cancelled });
  await w.client.cancelTask({ id: cancelled });

  const { id: asking } = await w.submit("make the file", { permission_mode: "default", on_question: "ask" });
  const question = await until("a parked question", async () => {
    const { questions, attempts } = await w.client.getTask({ id: asking });
    const [attempt] = attempts === 0 ? [] : (await w.client.listAttempts({ id: asking })).attempts;
    return attempt?.ended_at == null ? null : questions[0];
  });
  await w.client.answerQuestion({ id: question.id, decision: "allow" });
  await w.ended(asking);

  await w.ended(whole);
  await w.ended(killed);
  const { comments } = await w.client.addReviewComments({ id: whole, comments: [{ path: "a.txt", line: 1, body: "Why?" }] });
  await w.client.changeReviewComment({ id: whole, comment: comments[0]?.id ?? 0, state: "handled" });
  await w.client.watchPullRequest({ id: whole });
  await w.client.applyTask({ id: whole });
  await w.client.undoTask({ id: whole });
  await w.client.rewindTask({ id: whole, to: 1 });
  await w.client.hold({ reason: "so that a message can be taken back" });
  await w.client.sendMessage({ id: whole, text: "say thanks" });
  const { id: message } = await w.client.sendMessage({ id: whole, text: "and more" });
  await w.client.unsendMessage({ id: whole, message });
  await w.client.resume();

  const made = new Set<string>();
  for (const id of [whole, scored, killed, cancelled, behind, moved, asking]) {
    await w.ended(id);
    for (const { type } of (await w.client.taskEvents({ id, limit: 500 })).events) made.add(type);
  }
  assert.deepEqual(
    eventTypes.filter((type) => !made.has(type)),
    [],
    "types that no run made: they cannot occur, or they need a run here",
  );
});
