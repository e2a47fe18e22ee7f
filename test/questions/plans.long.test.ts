import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { findTranscript } from "../../src/config/claude-transcript.ts";
import { step } from "../../testing/model.ts";
import { until } from "../../testing/wait.ts";
import { killEverything, runnerOf } from "../reliability/setup.ts";
import { askingWorker } from "./setup.ts";

test("after an approved plan a killed task, and what follows, work in its mode", async (t) => {
  const w = await askingWorker(t);
  const [file, later] = ["done", "later"].map((name) => path.join(w.place.work, name));
  w.model.play({
    "plan it": [step.tool("ExitPlanMode", {}), step.bash("sleep 2"), step.write(file ?? "", "yes"), step.text("Worked.")],
    "and later": [step.write(later ?? "", "yes"), step.text("Worked on.")],
  });
  await w.start();
  const { id } = await w.submit("plan it", { permission_mode: "plan", allow: ["Bash(sleep *)"] });
  const [question] = await w.asked(id);
  const { logs, session_id: session } = await w.client.getTask({ id });
  const runner = await runnerOf(w, id);
  await w.client.answerQuestion({ id: question?.id ?? 0, decision: "allow", mode: "acceptEdits" });
  await until("Claude Code to have the answer", () => readFileSync(logs.raw, "utf8").includes('"question_answered"'));
  // Only the session has the result: the runner notes nothing more.
  process.kill(runner, "SIGSTOP");
  const transcript = findTranscript({ HOME: w.place.home }, session ?? "") ?? assert.fail();
  await until("the result in the session", () => readFileSync(transcript, "utf8").includes('"tool_result"'));
  await killEverything(w);
  await w.start();
  const end = await w.until(id, ({ status }) => status === "completed" || status === "waiting");
  assert.equal(end.result, "Worked.", JSON.stringify(end.questions.at(-1)));
  assert.ok(existsSync(file ?? ""));
  await w.client.sendMessage({ id, text: "and later" });
  assert.equal((await w.until(id, ({ status }) => status === "completed" || status === "waiting")).status, "completed");
  assert.ok(existsSync(later ?? ""));
  // A new session has no approved plan.
  await w.client.retryTask({ id });
  assert.equal((await w.asked(id))[0]?.kind, "plan");
});
