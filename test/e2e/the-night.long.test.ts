/**
 * The night that the order of work is for, with the real Claude Code: a person hands over all of
 * its work at once. The server is killed twice. In the morning all of it has ended or says why.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TaskView } from "../../src/client/index.ts";
import { fault, step } from "../../testing/script.ts";
import type { Move } from "../../testing/script.ts";
import { until } from "../../testing/wait.ts";
import { worker } from "../../testing/worker.ts";
import type { TestWorker } from "../../testing/worker.ts";
import { killAndWait, noneLeft } from "../reliability/setup.ts";

const packages = ["orm", "router", "logger", "parser", "mailer", "cache"];
const files = ["a.ts", "b.ts", "c.ts"];
/** How long some twenty runs of Claude Code may take on a busy machine. */
const nightMs = 900_000;

test("a night of work keeps its order, limits and budget over two kills", async (t) => {
  const w = await worker(t, {}, { env: { CLAUDE_WORKER_WORKERS: "4" } });
  const night = nightIn(w);
  w.model.play(night.script);
  const { cli, run } = night;

  // In the evening.
  await cli("config", "set", "time_zone", zoneAtNoon());
  await w.start();
  const price = (await w.ended(await run("Look around"))).cost_usd ?? 0;
  assert.ok(price > 0);
  // Four tasks of the group fit. What the fifth costs is known from the three before.
  const dollars = String(4.5 * price);
  await cli("group", "set", "repo-a", "--limit", "2", "--budget-usd-per-day", dollars);
  const upgrades = [];
  for (const name of packages) upgrades.push(await run(`Upgrade the ${name}`, "-g", "repo-a"));
  const schema = [await run("Change the schema once", "--lock", "db-schema"), await run("Change the schema twice", "--lock", "db-schema")];
  const migrate = await run("Migrate the users", "-n", "migrate");
  const check = await run("Check the users", "--after", "migrate");
  const fix = await run("Fix what broke", "--after", `${migrate}:failed`);
  const lucky = await run("Celebrate it", "--after", `${String(schema[0])}:failed`);
  const later = await run("Triage what is late", "--delay", "3s");
  await cli("template", "add", "review", "--default", "branch=next", "--", "Review the branch {{ vars.branch }}", "--allow", "Bash");
  const review = Number(await cli("run", "--template", "review", "--var", "branch=main"));
  const due = new Date(Date.now() + 5_000).toISOString();
  await cli("schedule", "add", "triage", "--at", due, "-d", w.place.work, "--", "Triage the new issues", "--allow", "Bash");
  const release = JSON.parse(await cli("workflow", "run", night.workflow, "-d", w.place.work, "--input", "version=2.4", "--json")) as {
    id: number;
  };

  // In the night.
  await until("the work begins", () => night.lines().some((line) => line.startsWith("in upgrade-")));
  await night.killServer();
  const asked = async () => (await w.client.listQuestions({ status: ["open"] })).questions[0];
  const question = await until("the question of the release", asked, nightMs);
  assert.equal(question.text, "Publish 2.4?");
  await night.killServer();
  await cli("answer", `q${question.id}`, "allow");
  const isOver = ({ status, waiting_for: wait }: TaskView): boolean =>
    !["running", "waiting"].includes(status) && (status !== "pending" || wait?.reason === "budget");
  const rows = await until(
    "the morning",
    async () => {
      const { tasks } = await w.client.listTasks({ limit: 200 });
      const views = await Promise.all(tasks.map(async ({ id }) => await w.client.getTask({ id })));
      const { runs } = await w.client.listScheduleRuns({ schedule: "triage" });
      return runs.length === 1 && views.every(isOver) && views;
    },
    nightMs,
  );

  // In the morning.
  const of = (id: number): TaskView => rows.find((each) => each.id === id) ?? assert.fail(`task ${id} is there`);
  const statuses = (ids: readonly number[]): string[] => ids.map((id) => of(id).status);
  assert.deepEqual(statuses(upgrades), ["completed", "completed", "completed", "completed", "pending", "pending"]);
  for (const id of upgrades.slice(4)) assert.match(of(id).waiting_for?.message ?? "", /budget of group repo-a for this day .*costs about/);
  assert.deepEqual(statuses([...schema, migrate, check, fix, lucky]), [
    "completed",
    "completed",
    "failed",
    "skipped",
    "completed",
    "skipped",
  ]);
  assert.match(of(check).error?.message ?? "", new RegExp(`Task ${migrate} failed, `));
  assert.deepEqual(statuses([later, review]), ["completed", "completed"]);
  assert.ok(Date.parse(of(later).started_at ?? "") >= Date.parse(of(later).created_at) + 3000);
  const triages = rows.filter(({ schedule }) => schedule?.name === "triage");
  assert.deepEqual(
    triages.map(({ status, schedule }) => [status, schedule?.due_at]),
    [["completed", due]],
  );
  const steps = await w.client.getWorkflow({ workflow: release.id });
  assert.equal(steps.status, "completed");
  assert.deepEqual(
    steps.tasks.map(({ key, status }) => `${key} ${status}`).toSorted(),
    ["ask", "fix", "fix[1]", "fix[2]", "fix[3]", "plan", "publish"].map((key) => `${key} completed`),
  );

  // Nothing ran twice, and no limit was passed.
  const ran = [...night.names("in "), ...night.names("out ")].toSorted();
  const marked = rows.flatMap(({ status, rendered_prompt: filled, prompt }) =>
    status === "completed" ? night.marksOf(filled ?? prompt) : [],
  );
  assert.deepEqual(ran, [...marked, ...marked].toSorted(), "each began once and ended once");
  assert.ok(night.mostAtOnce("upgrade-") <= 2);
  assert.equal(night.mostAtOnce("schema-"), 1);
  assert.ok(night.mostAtOnce("") <= 4);
  night.inOrder("out plan", "in fix-a.ts");
  for (const file of files) night.inOrder(`out fix-${file}`, "in publish");

  // It was spent as it is said.
  const total = (each: readonly TaskView[]): number => each.reduce((sum, { cost_usd: cost }) => sum + (cost ?? 0), 0);
  const { budgets } = await w.client.listBudgets();
  const spent = total(rows.filter(({ group }) => group === "repo-a"));
  assert.ok(Math.abs((budgets[0]?.spent_usd ?? 0) - spent) < 1e-9, JSON.stringify(budgets));
  assert.ok(spent <= Number(dollars));
  const usage = await w.client.usage({ by: "day" });
  const costs = rows.map(({ id, cost_usd: cost, attempts }) => [id, cost, attempts]);
  assert.ok(Math.abs(usage.total.cost_usd - total(rows)) < 1e-9, JSON.stringify({ usage: usage.total, costs }));
  await noneLeft(w);
});

/** What the tasks of the night do, the journal of all of them, and the command line. */
function nightIn(w: TestWorker) {
  const journal = path.join(w.place.work, "night");
  /** By the text of its prompt: what it writes into the journal. */
  const marks: Record<string, string> = {
    "Look around": "look",
    ...Object.fromEntries(packages.map((name) => [`Upgrade the ${name}`, `upgrade-${name}`])),
    "Change the schema once": "schema-1",
    "Change the schema twice": "schema-2",
    "Fix what broke": "broken",
    "Triage what is late": "late",
    "Triage the new issues": "triage",
    "Review the branch main": "review",
    "Plan version 2.4": "plan",
    // What another agent has returned stands in quotes.
    ...Object.fromEntries(files.map((file) => [`Fix the file "${file}"`, `fix-${file}`])),
    "Publish version 2.4": "publish",
  };
  const work = (name: string): Move[] => [step.bash(`echo in ${name} >> night; sleep 0.4; echo out ${name} >> night`), step.text("Done.")];
  const script = {
    ...Object.fromEntries(Object.entries(marks).map(([prompt, name]) => [prompt, work(name)])),
    "Plan version 2.4": [...work("plan").slice(0, 1), step.tool("StructuredOutput", { files }), step.text("Planned.")],
    "Migrate the users": [fault.badRequest("The migration cannot be read.")],
  };
  const workflow = path.join(w.place.work, "release.yaml");
  const list = "{ type: object, properties: { files: { type: array, items: { type: string } } }, required: [files] }";
  writeFileSync(
    workflow,
    `inputs: { version: { type: string } }
defaults: { allow: [Bash] }
tasks:
  plan: { prompt: "Plan version {{ inputs.version }}", json_schema: ${list} }
  fix: { prompt: "Fix the file {{ matrix.item }}", needs: plan, for_each: needs.plan.structured_result.files }
  ask: { approval: "Publish {{ inputs.version }}?", needs: fix }
  publish: { prompt: "Publish version {{ inputs.version }}", needs: ask }
`,
  );
  const cli = async (...words: string[]): Promise<string> => {
    const { code, stdout, stderr } = await w.cli(words);
    assert.equal(code, 0, `${words.join(" ")}: ${stderr}`);
    return stdout.trim();
  };
  const lines = (): string[] => (existsSync(journal) ? readFileSync(journal, "utf8").trimEnd().split("\n") : []);
  const names = (begins: string): string[] =>
    lines()
      .filter((line) => line.startsWith(begins))
      .map((line) => line.slice(begins.length));
  return {
    script,
    workflow,
    cli,
    lines,
    names,
    run: async (prompt: string, ...words: string[]): Promise<number> => Number(await cli("run", prompt, "--allow", "Bash", ...words)),
    marksOf: (prompt: string): string[] => Object.entries(marks).flatMap(([text, mark]) => (prompt.includes(text) ? [mark] : [])),
    killServer: async (): Promise<void> => {
      await killAndWait((await w.client.server()).pid);
      await cli("server", "start");
    },
    /** How many tasks whose mark begins so worked at the same time. */
    mostAtOnce: (begins: string): number => {
      let now = 0;
      let most = 0;
      for (const line of lines()) {
        if (line.startsWith(`in ${begins}`)) most = Math.max(most, ++now);
        else if (line.startsWith(`out ${begins}`)) now -= 1;
      }
      return most;
    },
    inOrder: (first: string, second: string): void => {
      const all = lines();
      assert.ok(all.includes(first) && all.indexOf(first) < all.indexOf(second), `${first} before ${second}: ${all.join(", ")}`);
    },
  };
}

/** A time zone in which it is noon, so that no day of a budget ends during the test. */
function zoneAtNoon(): string {
  const ahead = 12 - new Date().getUTCHours();
  return `Etc/GMT${ahead > 0 ? "-" : "+"}${Math.abs(ahead)}`;
}
