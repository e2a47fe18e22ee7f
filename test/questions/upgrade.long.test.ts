/** An upgrade of the server while tasks wait for answers. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { pathsFrom } from "../../src/config/paths.ts";
import { schemaVersion } from "../../src/store/sqlite/file/migrate.ts";
import { step } from "../../testing/model.ts";
import { backToSchema } from "../../testing/older-database.ts";
import { until } from "../../testing/wait.ts";
import { killAndWait, killServer, runnerOf } from "../reliability/setup.ts";
import { askingWorker } from "./setup.ts";

test("a question and an answer of an older version count after the upgrade", async (t) => {
  const w = await askingWorker(t);
  const names = ["kept", "answered"];
  const fileOf = (name: string): string => path.join(w.place.work, name);
  const moves = (name: string) => [step.bash(`echo x >> ${fileOf(name)} && sleep 0`), step.text("Made.")];
  w.model.play(Object.fromEntries(names.map((name) => [`make ${name};`, moves(name)])));
  const { epoch } = await w.start();
  const asking = await Promise.all(
    names.map(async (name) => {
      const { id } = await w.submit(`make ${name};`, { permission_mode: "default" });
      const [question] = await w.asked(id);
      return { name, id, question: question?.id ?? 0, runner: await runnerOf(w, id) };
    }),
  );
  const [kept, answered] = asking;
  assert.ok(kept && answered);
  const { id: parked } = answered;
  await killAndWait(answered.runner);
  await until("its end", async () => (await w.client.listAttempts({ id: parked })).attempts[0]?.ended_at);
  await w.client.hold({ reason: "so that the answer waits" });
  await w.client.answerQuestion({ id: answered.question, decision: "allow" });
  await killServer(w);

  const { database } = pathsFrom(w.env);
  backToSchema(database, schemaVersion - 1);
  const started = await w.start();
  assert.equal(started.epoch, epoch + 1);
  const raw = new Database(database, { readonly: true });
  assert.equal(raw.pragma("user_version", { simple: true }), schemaVersion);
  raw.close();
  const open = await w.client.listQuestions({ status: ["open"] });
  assert.deepEqual(
    open.questions.map(({ id }) => id),
    [kept.question],
  );
  await w.client.resume();
  await w.client.answerQuestion({ id: kept.question, decision: "allow" });
  for (const { name, id, runner } of asking) {
    const task = await w.ended(id);
    assert.deepEqual([task.status, task.result], ["completed", "Made."], `${name}: ${JSON.stringify(task.error)}`);
    assert.deepEqual(
      task.questions.map(({ status }) => status),
      ["applied"],
    );
    assert.equal(readFileSync(fileOf(name), "utf8"), "x\n");
    const { attempts } = await w.client.listAttempts({ id });
    assert.equal(attempts.length, name === "kept" ? 1 : 2);
    assert.equal(attempts[0]?.pid, runner);
  }
});
