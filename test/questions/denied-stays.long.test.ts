/** A denial counts although a rule that allows the call was made while it waited. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { killAndWait, noneLeft, runnerOf } from "../reliability/setup.ts";
import { askingWorker } from "./setup.ts";

test("a denied call does not run although the person's settings allow it meanwhile", async (t) => {
  const w = await askingWorker(t, {}, { CLAUDE_WORKER_PARK_AFTER_MS: "600000", CLAUDE_WORKER_WARM: "0" });
  const fileOf = (name: string): string => path.join(w.place.work, `${name}.made`);
  const moves = (name: string) => [step.bash(`echo x >> ${fileOf(name)}`), step.text("Not made.")];
  w.model.play({ "make kept": moves("kept"), "make parked": moves("parked"), "make killed": moves("killed") });
  await w.start();
  const asking = async (name: string) => {
    const { id } = await w.submit(`make ${name}`, { permission_mode: "default" });
    const [question] = await w.asked(id);
    return { id, question: question?.id ?? 0, name };
  };
  const [kept, parked, killed] = [await asking("kept"), await asking("parked"), await asking("killed")];
  await killAndWait(await runnerOf(w, killed.id));
  process.kill(await runnerOf(w, parked.id), "SIGTERM");
  for (const { id } of [parked, killed])
    await until("its end", async () => (await w.client.listAttempts({ id })).attempts.at(-1)?.ended_at != null);
  mkdirSync(path.join(w.place.home, ".claude"), { recursive: true });
  writeFileSync(path.join(w.place.home, ".claude", "settings.json"), JSON.stringify({ permissions: { allow: ["Bash"] } }));
  for (const { id, question, name } of [kept, parked, killed]) {
    await w.client.answerQuestion({ id: question, decision: "deny", message: `not ${name}` });
    const task = await w.ended(id);
    assert.deepEqual([task.result, existsSync(fileOf(name))], ["Not made.", false], `${name}: ${JSON.stringify(task.questions)}`);
    assert.partialDeepStrictEqual(task.questions, [{ status: "applied", answer: { decision: "deny" } }]);
    assert.equal(task.questions.length, 1, name);
    assert.match(JSON.stringify(w.model.requests().at(-1)?.body.messages), new RegExp(`The user denied this call: not ${name}`));
  }
  // The settings do allow it.
  w.model.play({ "make another": moves("another") });
  const { id } = await w.submit("make another", { permission_mode: "default" });
  await w.ended(id);
  assert.ok(existsSync(fileOf("another")));
  await noneLeft(w);
});
