/**
 * Item 41: nothing of a task is in the arguments of a process, which every user of the machine can
 * read; its rules hold all the same.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { worker } from "../../testing/worker.ts";

test("prompt, system prompt and rules are in no argument of a process", { skip: process.platform !== "linux" }, async (t) => {
  const prompt = "PROMPT-OF-THIS-TASK";
  // Every process as `ps` shows it.
  const look = 'for p in /proc/[0-9]*; do tr "\\0" " " <$p/cmdline; echo; done >seen 2>/dev/null; true';
  const w = await worker(t, { [prompt]: [step.bash(look), step.bash("touch denied-by-rule"), step.text("done")] });
  await w.start();
  const rules = { allow: ["Bash", "Read(//rule-that-allows/**)"], deny: ["Bash(touch *)", "Read(//rule-that-denies/**)"] };
  const { id } = await w.submit(prompt, { ...rules, system_prompt: "SYSTEM-PROMPT-OF-THIS-TASK" });
  const task = await w.ended(id);
  assert.equal(task.status, "completed", JSON.stringify(task.error));
  const seen = readFileSync(path.join(w.place.work, "seen"), "utf8");
  assert.match(seen, /--output-format stream-json/, "Claude Code was among them");
  assert.doesNotMatch(seen, /PROMPT-OF-THIS-TASK|rule-that-allows|rule-that-denies/);
  assert.ok(!existsSync(path.join(w.place.work, "denied-by-rule")), "the deny rule is in force");
});
