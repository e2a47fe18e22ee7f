import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { WorkerClient } from "../../src/client/worker-client.ts";
import type { AskedQuestion } from "../../src/domain/questions/question.ts";
import { outputTo } from "../../src/cli/terminal/io.ts";
import { top } from "../../src/cli/task/top.ts";
import { eventually } from "../../testing/eventually.ts";
import { patch, withServer } from "./setup.ts";
import type { ServedCli } from "./setup.ts";

const plain = { NO_COLOR: "1" };

test("list --watch shows turns, dollars and the last action as they come", async (t) => {
  const { start, api } = await running(t, ["one"]);
  const call = start(["list", "--watch"], { columns: 100, env: plain });
  await holds(() => assert.match(call.stdout(), /1 {2}▶ running +0? +\S+.* {2}one/));
  await patch(api, 1, { costUsd: 0.25 });
  await api.store.write(() => api.store.turns.count(1, "message"));
  await api.tell(1, "tool_use", { tool: "Bash", turn: 1 }, ["[tool:bash] npm test"]);
  await holds(() => assert.match(call.stdout(), /▶ running +1 +.*\$0\.2500 {2}one/));
  call.interrupt();
  const { code, stdout } = await call.done;
  assert.equal(code, 130);
  const end = stdout.slice(stdout.lastIndexOf("\x1b[J"));
  assert.match(end, /^\x1b\[JID {2}STATUS[^\x1b]+one[^\x1b]*\n$/);
});

test("a live row says once what to look at, and that a task is stopping", async (t) => {
  const { start, api } = await running(t, ["one", "two"]);
  await api.finish(1);
  await patch(api, 1, { attention: [{ kind: "denied", count: 2, detail: "Bash: git push" }] });
  await api.cancelTask({ id: 2 }, { name: "test", scope: "admin" });
  const call = start(["list", "--watch"], { columns: 100, env: plain });
  await holds(() => assert.match(call.stdout(), /2 {2}▶ stopping.*\n.*1 {2}✔ completed ⚠ 2 denied +one\x1b/));
  call.interrupt();
  await call.done;
});

test("list --watch --json is a line for each change of a task", async (t) => {
  const { start, api } = await running(t, ["one", "two"]);
  const call = start(["list", "--watch", "--json"]);
  const lines = (): { task: { id: number; status: string } }[] =>
    call
      .stdout()
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { task: { id: number; status: string } });
  await holds(() =>
    assert.deepEqual(
      lines().map(({ task }) => task.id),
      [1, 2],
    ),
  );
  await api.finish(2);
  await holds(() =>
    assert.deepEqual(
      lines()
        .slice(2)
        .map(({ task }) => [task.id, task.status]),
      [[2, "completed"]],
    ),
  );
  call.interrupt();
  assert.equal((await call.done).code, 130);
});

test("several tasks are watched at once, until all have ended", async (t) => {
  const { start, call, api } = await running(t, ["one", "two"]);
  const watching = start(["watch", "one", "2"], { columns: 60, env: plain });
  await holds(() => assert.match(watching.stdout(), /1 {2}\d.*\n2 {2}\d/));
  await api.tell(2, "text", { text: "a text that is longer than the terminal is wide, to be wrapped at a word" });
  await holds(() => assert.match(watching.stdout(), /#2 \d\d:\d\d:\d\d a text that is longer than the terminal is wide,\n#2 {10}to be/));
  await api.tell(2, "text", { text: "done" });
  await api.finish(1);
  await api.finish(2);
  const { code, stdout } = await watching.done;
  assert.equal(code, 0);
  assert.match(stdout, /✔ Task 1 completed\n#1 done\n[^]*✔ Task 2 completed\n(?!#2)/);
  const json = await call(["watch", "1", "2", "--json", "-n", "1"]);
  const ends = json.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { task?: { id: number } })
    .flatMap(({ task }) => task?.id ?? []);
  assert.deepEqual(
    ends.toSorted((a, b) => a - b),
    [1, 2],
  );
  await call(["retry", "1"]);
  await api.finish(1, "failed");
  assert.equal((await call(["watch", "1", "2"])).code, 1);
});

test("Ctrl-C while several are watched says which continue", async (t) => {
  const { start, api } = await running(t, ["one", "two", "three"]);
  const watching = start(["watch", "1", "2", "3"]);
  await holds(() => assert.equal(api.subscriptions, 3));
  await api.finish(1);
  await api.finish(2);
  await holds(() => assert.match(watching.stdout(), /Task 1 [^]*Task 2 |Task 2 [^]*Task 1 /));
  watching.interrupt();
  const { code, stderr } = await watching.done;
  assert.deepEqual([code, stderr], [130, "Task 3 continues in the background.\n"]);
});

test("wait shows a row for each task on a terminal, and takes them away", async (t) => {
  const { start, api } = await running(t, ["one", "two"]);
  const waiting = start(["wait", "1", "2"], { columns: 80, env: plain });
  await holds(() => assert.match(waiting.stdout(), /1 {2}▶ running.*\n 2 {2}▶ running/));
  await api.finish(1);
  await holds(() => assert.match(waiting.stdout(), /✔ Task 1 completed\n/));
  await api.finish(2);
  const { code, stdout } = await waiting.done;
  assert.equal(code, 0);
  assert.match(stdout.slice(stdout.lastIndexOf("\x1b[J")), /^\x1b\[J(?:✔ Task 2 completed\n)?$/);
});

test("top opens and cancels tasks by keys, and leaves the terminal as it was", async (t) => {
  const { api, door } = await running(t, ["one", "two", "three"]);
  const screen = terminal();
  const client = new WorkerClient({ kind: "socket", path: door.socket });
  t.after(() => client.close());
  const done = top(screen.io, client);
  await holds(() => assert.match(screen.page(), /3 {2}▶ running.* {2}three/));
  for (const [columns, rows] of [
    [20, 4],
    [40, 8],
    [200, 60],
    [80, 12],
  ] as const) {
    screen.resize(columns, rows);
    await holds(() => assert.equal(screen.page().split("\n").length, rows));
  }
  assert.match(screen.page(), /\n▸ +\d /);
  screen.press("\x1b[B", "\r");
  await holds(() => assert.match(screen.page(), /Task 2 {2}▶ running\n/));
  screen.press("q", "c");
  await holds(() => assert.match(screen.page(), /Cancel task 2\? y/));
  screen.press("n", "c", "y");
  await holds(async () => assert.equal((await api.getTask({ id: 2 })).cancel_requested, true));
  assert.deepEqual(api.calls.filter(({ verb }) => verb === "cancel").length, 1);
  screen.press("q");
  assert.equal(await done, 0);
  assert.match(screen.text(), /^\x1b\[\?1049h\x1b\[\?25l\x1b\[\?7l/);
  assert.match(screen.text(), /\x1b\[\?7h\x1b\[\?25h\x1b\[\?1049l$/);
  assert.deepEqual(screen.raw, [true, false]);
});

const permission: AskedQuestion = {
  key: "p",
  kind: "permission",
  tool: "Bash",
  toolUseId: "toolu_1",
  agentId: null,
  input: { command: "git push" },
  inputHash: "1",
  rule: null,
};

/** Lets task 1 ask for a permission: q1. */
async function asks({ api }: ServedCli): Promise<void> {
  await api.store.write(() => {
    api.store.questions.ask(1, 1, permission, { askedAt: Date.now(), deadline: null });
    api.store.tasks.transition(1, "ask", Date.now());
  });
  await api.tell(1, "question_asked", { question: 1, kind: "permission", tool: "Bash", text: "May it use Bash: git push?" });
}

test("the key a in top answers the chosen task's question in place", async (t) => {
  const cli = await running(t, ["one"]);
  await asks(cli);
  const screen = terminal();
  const client = new WorkerClient({ kind: "socket", path: cli.door.socket });
  t.after(() => client.close());
  const done = top(screen.io, client);
  await holds(() => assert.match(screen.page(), /1 waiting.*\n[^]*▸ .*waiting.*one .*asked .*q1 May it use/));
  screen.press("a");
  await holds(() => assert.match(screen.text(), /\x1b\[\?1049l[^]*q1  permission · open[^]*claude-worker answer q1 allow/));
  screen.press("1\n");
  await holds(() => assert.match(screen.text(), /q1 is answered\. Task 1 continues\.[^]*\x1b\[\?1049h/));
  assert.equal(cli.api.store.questions.get(1)?.answer?.decision, "allow");
  await holds(() => assert.match(screen.page(), /a answer · c cancel/));
  screen.press("q");
  assert.equal(await done, 0);
  assert.match(screen.text(), /\x1b\[\?1049l$/);
  assert.equal(screen.raw.at(-1), false);
});

for (const ids of [["1"], ["1", "2"]])
  test(`the key a in watch of ${ids.length} answers what a task asks in place`, async (t) => {
    const cli = await running(t, ["one", "two"]);
    const watching = cli.start(["watch", ...ids], { columns: 100, env: plain, typed: "" });
    await holds(() => assert.match(watching.stdout(), /\d s/));
    await asks(cli);
    await holds(() => assert.match(watching.stdout(), /a: answer/));
    watching.type("a");
    await holds(() => assert.match(watching.stdout(), /q1  permission · open[^]*claude-worker answer q1 allow/));
    await cli.api.tell(1, "text", { text: "said meanwhile" });
    watching.type("1\n");
    await holds(() => assert.match(watching.stdout(), /q1 is answered\. Task 1 continues\.[^]*said meanwhile/));
    for (const id of ids) await cli.api.finish(Number(id));
    assert.equal((await watching.done).code, 0);
  });

test("top that is killed leaves the terminal as it was, and so does Ctrl-C", async (t) => {
  const { door } = await running(t, ["one"]);
  const client = new WorkerClient({ kind: "socket", path: door.socket });
  t.after(() => client.close());
  const screen = terminal();
  const done = top(screen.io, client);
  await holds(() => assert.match(screen.page(), /one/));
  screen.kill();
  assert.match(screen.text(), /\x1b\[\?7h\x1b\[\?25h\x1b\[\?1049l$/);
  screen.interrupt();
  assert.equal(await done, 130);
  assert.deepEqual(screen.raw, [true, false]);
});

test("top without a terminal names the command for programs", async (t) => {
  const { call } = await running(t, []);
  const { code, stderr } = await call(["top"]);
  assert.deepEqual([code, stderr], [2, "Error: top needs a terminal. For programs: claude-worker list --watch --json\n"]);
});

/** Waits until the assertion holds. */
async function holds(assertion: () => void | Promise<void>): Promise<void> {
  let last: unknown;
  const isTrue = async (): Promise<boolean> => {
    try {
      await assertion();
      return true;
    } catch (error) {
      last = error;
      return false;
    }
  };
  await eventually(isTrue, 60_000).catch(() => {
    throw last;
  });
}

/** Tasks with these names that run. */
async function running(t: Parameters<typeof withServer>[0], names: readonly string[]): Promise<ServedCli> {
  const cli = await withServer(t);
  for (const name of names) await cli.call(["run", `work on ${name}`, "-n", name]);
  for (const index of names.keys()) await cli.api.tell(index + 1, "session", { session_id: "s" });
  return cli;
}

/** A terminal of our own: what is on it, and a keyboard. */
function terminal() {
  let all = "";
  const raw: boolean[] = [];
  const interrupts = new Set<() => void>();
  const kills = new Set<() => void>();
  const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  stdout.on("data", (part: Buffer) => void (all += part.toString()));
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (mode: boolean) => void raw.push(mode) });
  const register = (set: Set<() => void>, listener: () => void): (() => void) => {
    set.add(listener);
    return () => set.delete(listener);
  };
  const output = outputTo(stdout, plain);
  return {
    raw,
    io: {
      stdin,
      inputFd: null,
      stdout: output,
      stderr: output,
      env: {},
      cwd: "/",
      onInterrupt: (listener: () => void) => register(interrupts, listener),
      onKill: (listener: () => void) => register(kills, listener),
    },
    text: () => all,
    /** What was drawn last, without control sequences. */
    page: () => (all.split("\x1b[H").at(-1) ?? "").replaceAll("\r", "").replaceAll(/\x1b\[[0-9?;]*[A-Za-z]/g, ""),
    press(...keys: string[]) {
      for (const key of keys) stdin.write(key);
    },
    resize(columns: number, rows: number) {
      Object.assign(stdout, { columns, rows });
      process.emit("SIGWINCH", "SIGWINCH");
    },
    interrupt: () => interrupts.forEach((listener) => listener()),
    kill: () => kills.forEach((listener) => listener()),
  };
}
