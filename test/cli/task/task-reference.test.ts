import assert from "node:assert/strict";
import { test } from "node:test";
import { worker } from "../../../testing/worker.ts";
import { withServer } from "../setup.ts";
import type { ServedCli } from "../setup.ts";

test("without a reference a reading command is about the newest task", async (t) => {
  const { call, api } = await withServer(t);
  const none = await call(["show"]);
  assert.deepEqual([none.code, none.stderr], [1, 'Error: There are no tasks yet. Submit one: claude-worker run "…"\n']);
  for (const prompt of ["one", "two", "three"]) await call(["run", prompt]);
  await api.tell(1, "session", { session_id: "s" });
  assert.equal((await call(["show", "--json"])).json()["id"], 3);
  await api.finish(3);
  for (const command of ["logs", "watch", "attempts"]) assert.equal((await call([command])).code, 0, command);
});

test("last, -N, a name and the beginning of a name refer to one task in all commands", async (t) => {
  const { call, ids } = await named(t, ["auth fix", "nightly", "docs"]);
  const references: [string, number][] = [
    ["last", 3],
    ["-1", 3],
    ["-3", 1],
    ["#2", 2],
    ["nightly", 2],
    ["auth", 1],
    ["auth fix", 1],
  ];
  for (const [reference, id] of references) {
    assert.deepEqual(await ids(reference), [id, id, id, id, id], reference);
  }
  const beyond = await call(["show", "-9"]);
  assert.deepEqual([beyond.code, beyond.stderr], [1, "Error: There are only 3 tasks. See them: claude-worker list --all\n"]);
});

test("a name that one task has is that task, even where others begin with it", async (t) => {
  const { ids } = await named(t, ["auth", "auth two", "auth three"]);
  assert.deepEqual(await ids("auth"), [1, 1, 1, 1, 1]);
});

test("an ambiguous reference lists id, status and name of the tasks that fit", async (t) => {
  const { call, api } = await named(t, ["auth one", "auth two", "nightly", "nightly"]);
  await api.finish(1, "failed");
  for (const command of ["show", "logs", "watch", "wait", "attempts"]) {
    const { code, stderr } = await call([command, "auth"]);
    assert.equal(code, 2);
    assert.equal(stderr, 'Error: "auth" fits several tasks. Give an id, like 2:\n  2  pending  auth two\n  1  failed  auth one\n');
  }
  assert.match((await call(["cancel", "nightly"])).stderr, /fits several tasks.*\n {2}4 {2}pending {2}nightly\n {2}3 /);
});

test("a count of tasks in an error has the right number", async (t) => {
  const { call } = await named(t, ["only"]);
  assert.match((await call(["show", "-2"])).stderr, /^Error: There is only 1 task\. See them/);
});

test("a near miss is answered with the name that was probably meant", async (t) => {
  const { call } = await named(t, ["nightly-build", "docs"]);
  const near = await call(["show", "nightli-build"]);
  assert.equal(near.code, 1);
  assert.match(near.stderr, /^Error: No task has the id or the name "nightli-build"\. Did you mean "nightly-build"\? See/);
  assert.match((await call(["show", "lasst"])).stderr, /Did you mean "last"\?/);
  assert.doesNotMatch((await call(["show", "quite-different"])).stderr, /Did you mean/);
  assert.match((await call(["show", ""])).stderr, /No task has the id or the name ""/);
});

test("cancel, rm and retry take ids, last and whole names, but no beginnings", async (t) => {
  const { call, api } = await named(t, ["auth fix", "docs"]);
  for (const command of ["cancel", "rm", "retry"]) {
    assert.match((await call([command, "auth"])).stderr, /Did you mean "auth fix"\?/);
    const counted = await call([command, "-1"]);
    assert.deepEqual([counted.code, /by its whole name/.test(counted.stderr)], [2, true]);
    assert.equal((await call([command, "docs", "nonsense"])).code, 1);
  }
  assert.deepEqual(
    api.calls.filter(({ verb }) => verb !== "submit"),
    [],
  );
  assert.equal((await call(["cancel", "auth fix", "last"])).stdout, "Task 1 is cancelled.\nTask 2 is cancelled.\n");
  assert.equal((await call(["retry", "docs"])).code, 0);
});

test("reading commands start the server, as run does, and find names in the real store", async (t) => {
  const { cli, submit } = await worker(t, {}, { env: { CLAUDE_WORKER_WORKERS: "1" } });
  const first = await cli(["list"]);
  assert.deepEqual([first.code, first.stdout], [0, ""]);
  assert.match(first.stderr, /^Started the server: pid \d+/m);
  await cli(["hold"]);
  const names = ["Größe 1", "Größe 2", "other", "100%_a"];
  for (const name of names) await submit(`about Größe, other and 100%_a`, { name });
  for (const [name, id] of [
    ["Größe 2", 2],
    ["oth", 3],
    ["100%_", 4],
    ["-2", 3],
  ] as const)
    assert.equal((JSON.parse((await cli(["show", name, "--json"])).stdout) as { id: number }).id, id, name);
  assert.equal((await cli(["show", "größe 1"])).code, 1);
  assert.equal((await cli(["show", "Größe"])).code, 2);
  for (const words of [["show"], ["attempts", "1"], ["usage"], ["logs", "last"], ["wait", "3", "--timeout", "1s"], ["workflow", "list"]]) {
    await cli(["server", "stop"]);
    const { code, stderr } = await cli(words);
    assert.equal(code, words[0] === "wait" ? 124 : 0, `${words.join(" ")}: ${stderr}`);
    assert.match(stderr, /^Started the server/m);
  }
});

interface Named extends ServedCli {
  /** The id that each reading command finds. */
  ids(reference: string): Promise<number[]>;
}

/** Tasks with these names, ids from 1. */
async function named(t: Parameters<typeof withServer>[0], names: readonly string[]): Promise<Named> {
  const cli = await withServer(t);
  for (const name of names) await cli.call(["run", `work on ${name}`, "-n", name]);
  const ids = async (reference: string): Promise<number[]> => {
    const shown = (await cli.call(["show", reference, "--json"])).json()["id"] as number;
    const tried = (await cli.call(["attempts", reference, "--json"])).json()["id"] as number;
    const logged = JSON.parse((await cli.call(["logs", reference, "--json"])).stdout.split("\n")[0] ?? "") as {
      event: { task_id: number };
    };
    const waited = ((await cli.call(["wait", reference, "--timeout", "10ms", "--json"])).json()["wait"] as { open: number[] }).open;
    await cli.api.finish(shown);
    const watched = (await cli.call(["watch", reference, "--json"])).stdout.trim().split("\n").at(-1) ?? "";
    await cli.call(["retry", String(shown)]);
    return [shown, tried, logged.event.task_id, ...waited, (JSON.parse(watched) as { task: { id: number } }).task.id];
  };
  return { ...cli, ids };
}

test("the CLI refuses tasks of several machines and names that look like references", async (t) => {
  const { call } = await named(t, ["auth fix"]);
  for (const words of [["show"], ["cancel"], ["edit", "--priority", "1"], ["wait"]]) {
    const { code, stderr } = await call([...words, "f42"]);
    assert.equal(code, 1, words.join(" "));
    assert.match(stderr, /There is no task f42/, words.join(" "));
  }
  for (const name of ["42", "f42", "last", "-2"]) {
    for (const words of [
      ["run", "x", `--name=${name}`],
      ["edit", "1", `--name=${name}`],
      ["retry", "1", `--name=${name}`],
    ]) {
      const { code, stderr } = await call(words);
      assert.equal(code, 2, words.join(" "));
      assert.match(stderr, /is not possible as a name, because commands read it as/, words.join(" "));
    }
  }
});
