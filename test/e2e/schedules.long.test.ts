/** Kills on both sides of the commit that uses a due time. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fastWorker, killServer } from "../reliability/setup.ts";
import { until } from "../../testing/wait.ts";

const places = ["store.commit.before", "store.commit.after"] as const;
const soon = (): string => new Date(Date.now() + 12_000).toISOString();

test("a due time has one task over kills on both sides of its commit", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  for (const place of places) {
    const schedule = place.replaceAll(".", "-");
    const added = await w.cli(["schedule", "add", schedule, "--at", soon(), "-d", w.place.work, "--", "ok"]);
    assert.equal(added.code, 0, added.stderr);
    w.trap(place);
    await w.felled(place);
    // Any call starts the server again; what was due is acted on, if it was not.
    const [row] = await until("the row of the due time", async () => {
      await w.cli(["schedule", "list"]);
      const { runs } = await w.client.listScheduleRuns({ schedule });
      return runs.length > 0 && runs;
    });
    assert.equal(row?.state, "submitted");
    const ended = await w.ended(row?.task ?? 0);
    assert.deepEqual([ended.status, ended.schedule?.name], ["completed", schedule]);
    assert.equal((await w.client.listScheduleRuns({ schedule })).runs.length, 1);
  }
  assert.equal((await w.client.listTasks()).tasks.length, 2);
});

test("a due time has one run of a workflow, or one task of a template, over kills", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  writeFileSync(
    path.join(w.place.work, "flow.yaml"),
    "tasks:\n  a: { prompt: ok }\n  b: { prompt: ok, needs: a }\n  c: { prompt: ok, needs: a }\n  all: { prompt: ok, needs: [b, c] }\n",
  );
  assert.equal((await w.cli(["template", "add", "plain", "--", "ok {{ vars.x }}"])).code, 0);
  for (const place of places)
    for (const target of [
      ["--workflow", path.join(w.place.work, "flow.yaml")],
      ["--template", "plain", "--var", "x=1"],
    ]) {
      const schedule = `${target[0]?.slice(2)}-${place.replaceAll(".", "-")}`;
      const added = await w.cli(["schedule", "add", schedule, "--at", soon(), "-d", w.place.work, ...target]);
      assert.equal(added.code, 0, added.stderr);
      w.trap(place);
      await w.felled(place);
      const [row] = await until("the row of the due time", async () => {
        await w.cli(["schedule", "list"]);
        const { runs } = await w.client.listScheduleRuns({ schedule });
        return runs.length > 0 && runs;
      });
      assert.equal(row?.state, "submitted");
      const { task, workflow } = row ?? {};
      // Killed once more in the middle of the run: it continues, and no step comes twice.
      if (workflow != null) {
        await until("the first end", async () => ((await w.client.getWorkflow({ workflow })).counts["completed"] ?? 0) > 0);
        await killServer(w);
        await w.cli(["list"]);
        const run = await until("the end of the run", async () => {
          const view = await w.client.getWorkflow({ workflow });
          return view.status === "running" ? undefined : view;
        });
        assert.deepEqual(
          [run.status, run.tasks.map(({ key }) => key), run.schedule?.name],
          ["completed", ["a", "b", "c", "all"], schedule],
        );
      } else assert.equal((await w.ended(task ?? 0)).status, "completed");
      assert.equal((await w.client.listScheduleRuns({ schedule })).runs.length, 1);
    }
  assert.equal((await w.client.listWorkflows()).workflows.length, 2);
  assert.equal((await w.client.listTasks()).tasks.length, 2 * 4 + 2);
});

test("runs of a workflow that overlap are cancelled and queued over kills", async (t) => {
  const w = await fastWorker(t);
  await w.start();
  writeFileSync(
    path.join(w.place.work, "flow.yaml"),
    'inputs: { file: x }\ntasks:\n  a: { prompt: "steps 1 until {{ inputs.file }}" }\n  b: { prompt: ok, needs: a }\n',
  );
  for (const overlap of ["cancel", "queue"] as const) {
    // Two due times: the second comes while the first one runs.
    const file = path.join(w.place.work, overlap);
    const target = ["-d", w.place.work, "--workflow", path.join(w.place.work, "flow.yaml"), "--input", `file=${file}`];
    const added = await w.cli(["schedule", "add", overlap, "--at", soon(), "--overlap", overlap, ...target]);
    assert.equal(added.code, 0, added.stderr);
    const rows = async (count: number) =>
      await until(`${count} rows`, async () => {
        await w.cli(["schedule", "list"]);
        const { runs } = await w.client.listScheduleRuns({ schedule: overlap });
        return runs.length === count && runs.toReversed();
      });
    const [first] = await rows(1);
    await until("work", async () => (await w.client.getWorkflow({ workflow: first?.workflow ?? 0 })).counts["running"] === 1);
    assert.equal((await w.cli(["schedule", "edit", overlap, "--at", soon()])).code, 0);
    w.trap("store.commit.before");
    await w.felled("store.commit.before");
    await w.cli(["list"]);
    const [, second] = await rows(2);
    await killServer(w);
    await w.cli(["list"]);
    writeFileSync(file, "");
    const endOf = async (workflow: number) =>
      await until(`the end of ${workflow}`, async () => {
        const view = await w.client.getWorkflow({ workflow });
        return view.status === "running" ? undefined : view;
      });
    assert.equal((await endOf(first?.workflow ?? 0)).status, overlap === "cancel" ? "cancelled" : "completed");
    const last = await endOf(second?.workflow ?? 0);
    assert.deepEqual(
      last.tasks.map(({ key, status }) => [key, status]),
      [
        ["(earlier runs)", "completed"],
        ["a", "completed"],
        ["b", "completed"],
      ],
    );
    const before = await w.client.getWorkflow({ workflow: first?.workflow ?? 0 });
    const a = await w.client.getTask({ id: last.tasks[1]?.id ?? 0 });
    assert.ok(Date.parse(a.started_at ?? "") >= Date.parse(before.ended_at ?? ""), "it began after the end of the run before");
    assert.equal((await w.client.listScheduleRuns({ schedule: overlap })).runs.length, 2);
  }
});
