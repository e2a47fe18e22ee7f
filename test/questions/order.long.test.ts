/** What comes first: answers, slots, and messages that replace a turn. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { killAndWait, runnerOf } from "../reliability/setup.ts";
import { askingWorker } from "./setup.ts";

test("an answer waits for a slot, and comes before a message that replaces the turn", async (t) => {
  const w = await askingWorker(t, {}, { CLAUDE_WORKER_WORKERS: "1" });
  const made = path.join(w.place.work, "made");
  const outside = ["one", "two"].map((name) => w.place.file(`outside/${name}.txt`, `${name}\n`));
  const go = (number: number) => step.bash(`until [ -e go${number} ]; do sleep 0.02; done; echo went ${number}`);
  w.model.play({
    "make the file": [step.bash(`echo x >> ${made} && sleep 0`), step.text("Made.")],
    "read both": [step.tools(outside.map((file) => ({ tool: "Read", input: { file_path: file } }))), step.text("Read.")],
    "hold the slot": [go(1), go(2), go(3), go(4), step.text("Held.")],
  });
  await w.start();
  const answer = (id: number | undefined) => w.client.answerQuestion({ id: id ?? 0, decision: "allow" });
  const parked = await w.submit("make the file", { permission_mode: "default" });
  const [permission] = await w.asked(parked.id);
  await killAndWait(await runnerOf(w, parked.id));
  await until("its end", async () => (await w.client.listAttempts({ id: parked.id })).attempts[0]?.ended_at);
  const kept = await w.submit("read both", { permission_mode: "default" });
  const [one, two] = await w.asked(kept.id, 2);
  await w.client.sendMessage({ id: kept.id, text: "Be brief", delivery: "now" });
  const other = await w.submit("hold the slot", { allow: ["Bash"] });
  const otherDoes = (number: number) => w.until(other.id, ({ last_action: action }) => action?.includes(`go${number}`) === true);
  const release = async (number: number): Promise<void> => {
    writeFileSync(path.join(w.place.work, `go${number}`), "");
    if (number < 4) await otherDoes(number + 1);
  };
  await otherDoes(1);

  // The other task works on meanwhile: a runner that had the answer would have used it.
  const statesOf = async (id: number) => (await w.client.getTask({ id })).questions.map(({ status }) => status);
  await answer(one?.id);
  await release(1);
  await release(2);
  assert.deepEqual(await statesOf(kept.id), ["answered", "open"]);
  await answer(two?.id);
  await answer(permission?.id);
  await w.client.sendMessage({ id: parked.id, text: "Mind the style", delivery: "now" });
  await release(3);
  assert.deepEqual(await statesOf(kept.id), ["answered", "answered"]);
  assert.equal((await w.client.getTask({ id: kept.id })).status, "waiting");
  await release(4);

  const read = await w.ended(kept.id);
  assert.deepEqual([read.result, read.attempts], ["Read.", 1], JSON.stringify(read.error));
  assert.deepEqual(await statesOf(kept.id), ["applied", "applied"]);
  const task = await w.ended(parked.id);
  assert.deepEqual([task.result, task.attempts], ["Made.", 2], JSON.stringify([task.error, task.questions, task.messages]));
  assert.deepEqual(await statesOf(parked.id), ["applied"]);
  assert.equal(readFileSync(made, "utf8"), "x\n");
  assert.deepEqual(
    task.messages.map(({ status }) => status),
    ["done"],
  );
  const saidTo = (prompt: string): string => JSON.stringify(w.model.requests().findLast(({ key }) => key === prompt)?.body.messages);
  assert.equal(saidTo("make the file").split("Mind the style").length - 1, 1);
  assert.match(saidTo("read both"), /one.*two.*Be brief/s);
  assert.doesNotMatch(saidTo("read both"), /interrupted/i);
});
