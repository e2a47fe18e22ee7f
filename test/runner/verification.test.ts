/** Verify commands in a real runner, with the fast agent. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { SdkRecord } from "../../src/domain/events/record.ts";
import { identityOf } from "../../src/processes/identity.ts";
import { markerName } from "../../src/processes/sweep.ts";
import { notesOf, startRunner } from "../../testing/runner.ts";
import { scratch } from "../../testing/scratch.ts";
import { until } from "../../testing/wait.ts";

const fakeAgent = fileURLToPath(new URL("../../testing/fake-agent.ts", import.meta.url));

async function setup(t: TestContext, env: Record<string, string> = {}) {
  const place = scratch(t);
  const runner = await startRunner(t, { scratch: place, env: { HOME: place.home, ...env }, agent: { module: fakeAgent } });
  const read = (name: string): string => readFileSync(path.join(place.work, name), "utf8");
  return { place, runner, read };
}

/** What the records tell, in order. */
function story(records: readonly SdkRecord[]): unknown[] {
  const told = new Set(["verify_started", "verify_ended", "swept", "cut_background", "stop_requested", "ended"]);
  return records.flatMap((record) => {
    if (record.type === "result") return ["result"];
    const { subtype, name, state } = record;
    if (record.type !== "worker" || !told.has(String(subtype))) return [];
    return [[subtype, name, state].filter((each) => each !== undefined).join(" ")];
  });
}

test("the commands run in order after the result, and each is noted twice", async (t) => {
  const { runner, read } = await setup(t, { SOME_TOKEN: "tiger-tiger-80", ANTHROPIC_API_KEY: "tiger-tiger-81" });
  const attempt = runner.start({
    prompt: "steps 1 append steps.txt",
    verify: [
      "@one cat steps.txt > seen; env > environment; echo key is $SOME_TOKEN",
      "@two echo broken >&2; exit 7",
      "no-such-command-1f3c",
    ],
  });
  const records = await attempt.ended();
  assert.deepEqual(story(records), [
    "result",
    "verify_started one",
    "verify_ended one passed",
    "verify_started two",
    "verify_ended two failed",
    "verify_started no-such-command-1f3c",
    "verify_ended no-such-command-1f3c unavailable",
    "ended",
  ]);
  const [one, two, three] = notesOf(records, "verify_ended");
  assert.equal(read("seen"), "1\n");
  assert.match(String(one?.["output"]), /^key is \[[^\]]+\]\n$/, "secrets are kept out");
  assert.partialDeepStrictEqual(two, {
    command: "echo broken >&2; exit 7",
    exitCode: 7,
    reason: null,
    output: "broken\n",
    outputBytes: 7,
    tree: null,
  });
  assert.partialDeepStrictEqual(three, { exitCode: 127, reason: "it was not found (exit code 127)" });
  const environment = read("environment");
  assert.match(environment, new RegExp(`^${markerName}=${runner.id}$`, "m"));
  assert.match(environment, /^SOME_TOKEN=/m);
  assert.doesNotMatch(environment, /ANTHROPIC_API_KEY/, "the model's credentials are not the command's");
});

test("what the agent left ends before the first command, what a command left with it", async (t) => {
  const { runner, read } = await setup(t);
  const attempt = runner.start({
    prompt: 'steps 1 spawn "echo $$ > agent.pid; sleep 1000"',
    verify: ["@look cat agent.pid; setsid sleep 1001 & echo $! > command.pid", "@again true"],
  });
  const records = await attempt.ended();
  assert.deepEqual(story(records).slice(0, 6), [
    "result",
    "swept",
    "verify_started look",
    "swept",
    "verify_ended look passed",
    "verify_started again",
  ]);
  assert.equal(await identityOf(Number(read("agent.pid"))), null);
  assert.equal(await identityOf(Number(read("command.pid"))), null);
});

test("work that is not finished is not verified", async (t) => {
  for (const prompt of ["steps 1 fail", "steps 1 throw"]) {
    const { runner } = await setup(t);
    const records = await runner.start({ prompt, verify: ["true"] }).ended();
    assert.deepEqual(notesOf(records, "verify_started"), [], prompt);
  }
});

test("a stop ends the command that runs, and no other one starts", async (t) => {
  const { runner, place, read } = await setup(t);
  const attempt = runner.start({ prompt: "steps 1", verify: ["@long echo $$ > pid; exec sleep 1000", "touch late"] });
  await until("the command", () => existsSync(path.join(place.work, "pid")) && read("pid") !== "");
  runner.connection.send({ type: "stop", reason: "cancelled", graceMs: 0 });
  const records = await attempt.ended();
  assert.deepEqual(story(records), ["result", "verify_started long", "stop_requested", "verify_ended long stopped", "ended"]);
  assert.equal(await identityOf(Number(read("pid"))), null);
  assert.equal(existsSync(path.join(place.work, "late")), false);
});

test("a command that does not end is unavailable after its time", async (t) => {
  const { runner } = await setup(t);
  const records = await runner.start({ prompt: "steps 1", verify: ["@long sleep 1000"] }, { verifyTimeoutMs: 200 }).ended();
  const [long] = notesOf(records, "verify_ended");
  assert.partialDeepStrictEqual(long, { state: "unavailable", exitCode: null, reason: "it did not end within 200 ms" });
});
