import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TaskView } from "../../src/client/index.ts";
import { step } from "../../testing/script.ts";
import { workflowWorker } from "../../testing/workflow-worker.ts";
import type { WorkflowWorker } from "../../testing/workflow-worker.ts";

/** The run's tasks by their keys, and what the file has that a task left. */
async function tasksOf(w: WorkflowWorker, id: number) {
  const tasks = new Map<string, TaskView>();
  for (const { key, id: task } of (await w.client.getWorkflow({ workflow: id })).tasks)
    tasks.set(key, await w.client.getTask({ id: task }));
  const place = (key: string): string => tasks.get(key)?.workspace?.path ?? "";
  const read = (key: string, name: string): string => readFileSync(path.join(place(key), name), "utf8");
  return { tasks, place, read };
}

test("a worktree begins with what an earlier task has left", async (t) => {
  const w = await workflowWorker(t, {
    "build the library": [
      step.bash("echo lib > lib.txt && git add lib.txt && git commit -qm built && echo draft > draft.txt"),
      step.text("Built."),
    ],
    "test what cw": [step.bash("cat lib.txt draft.txt > seen.txt && git add seen.txt && git commit -qm tested"), step.text("Tested.")],
    "look back": [step.bash("git log --format=%s > log.txt"), step.text("Looked.")],
  });
  await w.start();
  const { id } = await w.begin(`
defaults: { allow: [Bash] }
workspace: own
tasks:
  build: { prompt: build the library }
  test: { prompt: "test what {{ needs.build.workspace.branch }} has", needs: build, base: needs.build }
  last: { prompt: look back, needs: [test], base: "{{ needs.test.workspace.branch }}" }
`);
  assert.equal((await w.runUntil(id)).status, "completed");
  const { tasks, read, place } = await tasksOf(w, id);
  assert.equal(read("test", "seen.txt"), "lib\ndraft\n");
  assert.equal(read("last", "log.txt"), "tested\nbuilt\nfirst\n");
  assert.equal(w.gitIn(place("test"))("status", "--porcelain"), "?? draft.txt", "what was not committed still is not");
  assert.equal(new Set([...tasks.values()].map(({ workspace }) => workspace?.branch)).size, 3);
  assert.equal(tasks.get("test")?.workspace?.base_commit, w.git("rev-parse", tasks.get("build")?.workspace?.branch ?? ""));
  assert.equal(w.git("status", "--porcelain"), "", "the checkout is as the person left it");
});

test("tasks of a run share a worktree, one after the other and together", async (t) => {
  const w = await workflowWorker(t, {
    "make the plan": [step.bash("echo plan > plan.txt"), step.text("Planned.")],
    "write part one": [step.bash("cat plan.txt > one.txt"), step.text("One.")],
    "write part two": [step.bash("cat plan.txt > two.txt"), step.text("Two.")],
    "review beside": [step.bash("ls > seen.txt"), step.text("Seen.")],
    "put it together": [step.bash("cat one.txt two.txt > all.txt && git add . && git commit -qm all"), step.text("All.")],
  });
  await w.start();
  const { id } = await w.begin(`
name: book
defaults: { allow: [Bash] }
workspace: shared
tasks:
  plan: { prompt: make the plan }
  part: { prompt: "write part {{ matrix.n }}", needs: plan, matrix: { n: [one, two] } }
  beside: { prompt: review beside, needs: plan, workspace: in_place }
  all: { prompt: put it together, needs: part }
`);
  const ended = await w.runUntil(id);
  assert.equal(ended.status, "completed");
  const { tasks, place, read } = await tasksOf(w, id);
  assert.equal(read("all", "all.txt"), "plan\nplan\n");
  const shared = ["plan", "part[n=one]", "part[n=two]", "all"];
  assert.equal(new Set(shared.map(place)).size, 1);
  assert.match(place("plan"), /workspaces\/work-[0-9a-f]{8}\/\d+-book$/);
  assert.deepEqual(new Set(shared.map((key) => tasks.get(key)?.workspace?.state)), new Set(["kept"]));
  assert.equal(tasks.get("beside")?.workspace?.kind, "in_place");
  assert.equal(w.git("status", "--porcelain"), "?? seen.txt", "only the task in place has worked in the checkout");
  const { workspaces } = await w.client.listWorkspaces();
  assert.deepEqual(
    workspaces.map(({ task, branch }) => [task, branch]),
    [[tasks.get("plan")?.id, `cw/${tasks.get("plan")?.id}-book`]],
  );
  const changed = (await w.cli(["diff", String(tasks.get("all")?.id), "--name-only"])).stdout;
  assert.equal(changed, "all.txt\n", "a task's difference is its own");

  const [first] = workspaces;
  const refused = await w.cli(["workflow", "rm", String(id)]);
  assert.equal(refused.code, 1, refused.stderr);
  assert.match(refused.stderr, /would be lost with it: 1 commit on no other branch/);
  assert.equal((await w.client.getWorkflow({ workflow: id })).tasks.length, 6, "nothing of the run was removed");
  w.git("merge", "-q", first?.branch ?? "");
  assert.equal((await w.cli(["rm", String(tasks.get("plan")?.id)])).code, 0);
  assert.ok(existsSync(place("all")), "the others have it still");
  assert.equal((await w.cli(["workflow", "rm", String(id)])).code, 0);
  assert.ok(!existsSync(place("all")), "it goes with the last of them");
  assert.equal((await w.client.listWorkspaces()).workspaces[0]?.state, "trashed");
});

test("a shared worktree is set up once, also for tasks that begin together", async (t) => {
  const names = ["one", "two", "three"];
  const w = await workflowWorker(
    t,
    Object.fromEntries(names.map((name) => [`part ${name}`, [step.bash(`cat made.txt > ${name}.txt`), step.text("Done.")]])),
  );
  await w.start();
  const { id } = await w.begin(`
defaults: { allow: [Bash], setup: "echo made >> made.txt" }
workspace: shared
tasks:
  part: { prompt: "part {{ matrix.n }}", matrix: { n: [one, two, three] } }
`);
  assert.equal((await w.runUntil(id)).status, "completed");
  const { read, tasks } = await tasksOf(w, id);
  for (const name of names) assert.equal(read("part[n=one]", `${name}.txt`), "made\n");
  const runs = [...tasks.values()].filter(({ workspace }) => workspace?.setup != null);
  assert.equal(runs.length, 1, "the command ran once");
});
