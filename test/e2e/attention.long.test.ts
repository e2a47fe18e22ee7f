import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { step } from "../../testing/script.ts";
import { worker } from "../../testing/worker.ts";
import type { TaskRef } from "../../src/domain/task/task-ref.ts";

const question = {
  questions: [{ question: "Which colour?", header: "Colour", multiSelect: false, options: [option("red"), option("blue")] }],
};

function option(label: string) {
  return { label, description: label };
}

test("every door reports what a completed task was refused", async (t) => {
  const w = await worker(t, {
    "look at me": [
      step.tools([
        { tool: "Bash", input: { command: "rm -f precious", description: "by a deny rule" } },
        { tool: "WebFetch", input: { url: "https://example.com/", prompt: "by nobody who could allow it" } },
      ]),
      step.tool("AskUserQuestion", question),
      step.bash("exit 3"),
      step.text("Done as well as I could."),
    ],
    "all is well": [step.bash("exit 3"), step.bash("true"), step.text("Done.")],
  });
  await w.start();
  const { id } = await w.submit("look at me", { allow: ["Bash"], deny: ["Bash(rm *)"] });
  const well = await w.submit("all is well", { allow: ["Bash"] });
  const task = await w.ended(id);
  await w.ended(well.id);
  assert.equal(task.status, "completed");
  assert.deepEqual(task.attention, [
    { kind: "denied", count: 2, detail: "Bash: rm -f precious; WebFetch: https://example.com/" },
    { kind: "refused_question", count: 1, detail: "Which colour?" },
    { kind: "failed_command", count: 1, detail: "exit 3" },
  ]);
  assert.deepEqual((await w.client.getTask({ id: well.id })).attention, []);

  const ids = async (attention: boolean): Promise<TaskRef[]> => (await w.client.listTasks({ attention })).tasks.map((each) => each.id);
  assert.deepEqual([await ids(true), await ids(false)], [[id], [well.id]]);
  const marks = "2 denied, 1 question refused, last command failed";
  const list = await w.cli(["list", "--attention"]);
  assert.deepEqual(
    list.stdout.split("\n").map((line) => [line.split("\t")[0], line.split("\t")[8]]),
    [
      [String(id), marks],
      ["", undefined],
    ],
  );
  assert.match((await w.cli(["show", String(id)])).stdout, new RegExp(`✔ completed ⚠ ${marks}`));
  assert.match((await w.cli(["watch", String(id)])).stdout, new RegExp(`completed ⚠ ${marks}`));
  assert.deepEqual(
    await Promise.all(
      [
        ["wait", String(id)],
        ["wait", "--strict", String(id)],
        ["wait", "--strict", String(well.id)],
      ].map(async (words) => (await w.cli(words)).code),
    ),
    [0, 1, 0],
  );
  assert.equal((await w.cli(["wait", String(id)])).stdout, `${id}\tcompleted\t${marks}\n`);

  assert.deepEqual((await w.client.retryTask({ id })).attention, []);
  await w.ended(id);
  const again = await w.cli(["retry", String(id), "--allow", "WebFetch", "--deny", "AskUserQuestion", "--watch", "--json"]);
  assert.equal(again.code, 0);
  const retried = await w.client.getTask({ id });
  assert.deepEqual(
    [retried.allow, retried.deny],
    [
      ["Bash", "WebFetch"],
      ["Bash(rm *)", "AskUserQuestion"],
    ],
  );
  assert.deepEqual(
    retried.attention.map(({ kind, count, detail }) => `${kind} ${count} ${detail ?? ""}`).filter((text) => text.startsWith("denied")),
    ["denied 1 Bash: rm -f precious"],
  );
});

test("a task that leaves changes in a Git work tree says so", async (t) => {
  const agent = fileURLToPath(new URL("../../testing/fake-agent.ts", import.meta.url));
  const w = await worker(t, {}, { env: { CLAUDE_WORKER_AGENT_MODULE: agent } });
  execFileSync("git", ["init", "-q"], { cwd: w.place.work });
  writeFileSync(path.join(w.place.work, "mine.txt"), "a draft of the user");
  await w.start();
  const changes = await w.submit("steps 2 append notes.txt");
  assert.deepEqual((await w.ended(changes.id)).attention, [{ kind: "uncommitted", count: 1, detail: "notes.txt" }]);
  assert.match((await w.cli(["show", String(changes.id)])).stdout, /✔ completed ⚠ 1 uncommitted/);
  const { events } = await w.client.taskEvents({ id: changes.id, tail: 20 });
  assert.ok(events.some(({ summary }) => summary.includes("[notice] 1 file changed and not committed: notes.txt")));
  const changesNothing = await w.submit("steps 1");
  assert.deepEqual((await w.ended(changesNothing.id)).attention, []);
});

test("a working directory that is gone at the end of a completed task is told", async (t) => {
  const w = await worker(t);
  const directory = path.join(w.place.work, "short-lived");
  mkdirSync(directory);
  w.model.play({
    "clean up": [step.bash(`touch ${directory}-begun; until [ -e ${directory}-go ]; do sleep 0.1; done`), step.text("All is clean.")],
  });
  await w.start();
  const { id } = await w.submit("clean up", { allow: ["Bash"], working_directory: directory });
  await w.until(id, () => existsSync(`${directory}-begun`));
  rmdirSync(directory);
  writeFileSync(`${directory}-go`, "");
  const task = await w.ended(id);
  assert.equal(task.status, "completed", JSON.stringify(task.error));
  assert.deepEqual(task.attention.at(-1), { kind: "directory_gone", count: 1, detail: directory });
  assert.match((await w.cli(["show", String(id)])).stdout, /✔ completed ⚠ .*working directory gone/);
  assert.match((await w.cli(["logs", String(id)])).stdout, /The working directory .+short-lived cannot be used any more \(ENOENT\)\./);
  assert.equal((await w.cli(["wait", String(id), "--strict"])).code, 1);
});

test("a denied call appears once in the logs", async (t) => {
  const w = await worker(t);
  w.model.play({
    "be refused": [step.bash("git push origin main"), step.tool("WebFetch", { url: "https://x.test/", prompt: "p" }), step.text("Done.")],
    "think long": [step.text("At last.", 60_000)],
  });
  await w.start();
  const { id } = await w.submit("be refused", { deny: ["Bash(git push:*)"] });
  const slow = await w.submit("think long");
  const task = await w.ended(id);
  const logs = await w.cli(["logs", String(id), "--all"]);
  for (const text of [logs.stdout, readFileSync(task.logs.summary, "utf8")]) {
    const told = text.split("\n").filter((line) => /\[(?:denied|tool-error)\]|denied\.$|There is no user/.test(line));
    assert.deepEqual(
      told.filter((line) => !line.includes("[task]")).map((line) => line.slice(25, 40)),
      ["[denied] Bash: ", "[denied] WebFet"],
      text,
    );
  }
  const { events } = await w.client.taskEvents({ id, after: 0, limit: 500 });
  assert.equal(events.filter(({ type, data }) => type === "tool_result" && data.is_error).length, 2, "programs see both");
  const running = await w.until(slow.id, ({ session_model }) => session_model !== null);
  assert.equal(running.last_action, null);
  assert.match((await w.cli(["list"])).stdout, /\trunning\t.*\tstarting\n/);
  await w.client.cancelTask({ id: slow.id });
});
