import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { killEverything } from "../reliability/setup.ts";
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
  await w.client.answerQuestion({ id: question?.id ?? 0, decision: "allow", mode: "acceptEdits" });
  await w.asked(id, 1, "applied");
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
