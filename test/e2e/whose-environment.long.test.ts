import assert from "node:assert/strict";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { worker } from "../../testing/worker.ts";

interface DoctorCheck {
  readonly name: string;
  readonly state: string;
  readonly message: string;
}

const isMac = process.platform === "darwin";

test("the running server's environment counts, and doctor, config list and run say so", { skip: isMac }, async (t) => {
  const w = await worker(t, { "say hello": [step.text("hello")] });
  const { ANTHROPIC_API_KEY: key } = w.env;
  const started = await w.cli(["server", "start"], { env: { ANTHROPIC_API_KEY: "" } });
  assert.equal(started.code, 0, started.stderr);
  await w.cli(["trust", "add", w.place.work]);
  await w.cli(["hold"]);
  const checks = async (...words: string[]): Promise<DoctorCheck[]> => {
    const { stdout } = await w.cli(["doctor", "--json", ...words], { env: { CLAUDE_WORKER_WORKERS: "7" } });
    return (JSON.parse(stdout) as { checks: DoctorCheck[] }).checks;
  };
  const before = await checks();
  const sayings = (list: DoctorCheck[], name: string): string =>
    list
      .filter((each) => each.name === name)
      .map((each) => each.message)
      .join("\n");
  assert.match(sayings(before, "Credentials"), /^the server has nothing to sign in with; this shell has: ANTHROPIC_API_KEY is set$/);
  assert.match(sayings(before, "Settings"), /^workers: this shell's is 7, the running server has 4$/);
  // The caller's key does not help this server, and the caller is told, off a terminal too; so is a
  // hold.
  const run = await w.cli(["run", "say hello"]);
  assert.equal(run.stdout, "1\n");
  assert.match(run.stderr, /In this shell ANTHROPIC_API_KEY is set, but the running server has nothing.+claude-worker server restart/s);
  assert.match(run.stderr, /Task 1 waits: .+claude-worker resume/s);
  assert.equal(
    (await w.cli(["run", "say hello"], { env: { ANTHROPIC_API_KEY: "" } })).stderr.includes("has found nothing to sign in"),
    true,
  );
  await w.cli(["config", "set", "workers", "2"]);
  assert.match((await w.cli(["config", "list"])).stdout, /^workers\t2\tfile, needs a restart$/m);
  // The advice works.
  assert.equal((await w.cli(["server", "restart"], { env: { ANTHROPIC_API_KEY: key ?? "" } })).code, 0);
  assert.equal((await w.cli(["resume"])).code, 0);
  assert.equal((await w.ended(1)).status, "completed");
  const after = await checks("--probe");
  assert.match(sayings(after, "Credentials"), /^the server's: ANTHROPIC_API_KEY is set$/);
  assert.deepEqual(after.filter(({ name }) => name === "Probe").length, 1);
});

test("probes that are asked for at the same time are one probe", { skip: isMac }, async (t) => {
  const key = "Answer with the word OK";
  const w = await worker(t, { [key]: [step.text("OK", 3_000)] });
  await w.start();
  const sent = (): number => w.model.requests().filter((request) => request.key === key).length;
  const answers = await Promise.all(Array.from({ length: 6 }, () => w.client.probeServer()));
  assert.deepEqual([sent(), answers.length, answers.every(({ works }) => works)], [1, 6, true], JSON.stringify(answers));
  for (const answer of answers) assert.deepEqual(answer, answers[0]);
  assert.equal((await w.client.probeServer()).works, true);
  assert.equal(sent(), 2);
});
