import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { eventually } from "../../testing/eventually.ts";
import { exited } from "../../testing/exited.ts";
import { step } from "../../testing/model.ts";
import { spawnCli, worker } from "../../testing/worker.ts";

test("run --watch shows the real Claude Code at work and exits with the task's success", async (t) => {
  const w = await worker(t);
  w.model.play({ "write it": [step.write(path.join(w.place.work, "a.txt"), "a\n"), step.text("Written.\nAnd well.")] });
  const { code, stdout } = await w.cli(["run", "write it", "--watch"]);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /\[tool:write\] a\.txt\n/);
  assert.match(stdout, /Z turn 2 Written\.\n {25}And well\.\n/);
  assert.match(stdout, /\n✔ Task 1 completed · .+ · 2 turns · \$0\.\d{4}\n$/);
});

test("run --watch exits with 1 when the task fails", async (t) => {
  const w = await worker(t);
  const { code, stdout } = await w.cli(["run", "nobody has a script for this", "--watch"]);
  assert.equal(code, 1);
  assert.match(stdout, /✖ Task 1 failed/);
});

test("SIGINT while watching leaves the task running", async (t) => {
  const w = await worker(t, { "long job": [step.bash("until [ -e go ]; do sleep 0.05; done"), step.text("finished")] });
  await w.start();
  const watch = spawnCli(["run", "long job", "--watch", "--allow", "Bash"], w.env, w.place.work);
  t.after(() => watch.kill("SIGKILL"));
  const said = collect(watch.stdout);
  const noted = collect(watch.stderr);
  await eventually(() => said().includes("[tool:bash]"));
  watch.kill("SIGINT");
  const code = await exited(watch);
  assert.equal(code, 130);
  assert.match(noted(), /Task 1 runs in the background/);
  w.place.file("work/go", "");
  assert.equal((await w.ended(1)).status, "completed");
});

test("watch waits for a server that was killed, and shows the story without a gap", async (t) => {
  const w = await worker(t, { "long job": [step.bash("until [ -e go ]; do sleep 0.05; done"), step.bash("true"), step.text("finished")] });
  const { pid } = await w.start();
  const watch = spawnCli(["run", "long job", "--watch", "--json", "--allow", "Bash"], w.env, w.place.work);
  t.after(() => watch.kill("SIGKILL"));
  const said = collect(watch.stdout);
  await eventually(() => said().includes('"tool_use"'));
  process.kill(pid, "SIGKILL");
  await eventually(async () => (await w.client.health().catch(() => null)) === null);
  w.place.file("work/go", "");
  await w.start();
  const code = await exited(watch);
  assert.equal(code, 0);
  const values = said()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { event?: { seq: number }; task?: { status: string } });
  const numbers = values.flatMap(({ event }) => event?.seq ?? []);
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => index + 1),
  );
  assert.equal(values.at(-1)?.task?.status, "completed");
});

const hasPty = spawnSync("script", ["-qec", "true", "/dev/null"]).status === 0;

test(
  "in a real terminal there are colours, a status line and the next commands",
  { skip: !hasPty && "the program script makes no terminal here" },
  async (t) => {
    // The status line is drawn for what takes a while.
    const w = await worker(t, { hello: [step.bash("sleep 0.5"), step.text("hi")] });
    await w.start();
    const bin = fileURLToPath(new URL("../../bin/claude-worker", import.meta.url));
    // Not a synchronous call: the model that Claude Code talks to lives in this process.
    const inTerminal = async (words: string): Promise<string> => {
      const command = `stty cols 80; '${process.execPath}' '${bin}' ${words}`;
      const terminal = spawn("script", ["-qec", command, "/dev/null"], {
        cwd: w.place.work,
        env: { ...w.env, TERM: "xterm" },
        stdio: ["ignore", "pipe", "inherit"],
      });
      t.after(() => terminal.kill("SIGKILL"));
      const said = collect(terminal.stdout);
      await new Promise((resolve) => terminal.once("close", resolve));
      return said();
    };
    const watched = await inTerminal("run 'say hello' --watch --allow Bash");
    assert.match(watched, /⠋ [^]*\r\x1b\[J/);
    assert.match(watched, /\x1b\[32m✔ Task 1 completed/);
    assert.match(await inTerminal("run 'say hello' --allow Bash"), /Task 2 is submitted: say hello.*\r\nNext: claude-worker watch 2/);
    assert.match(await inTerminal("list"), /\x1b\[2mID\x1b\[22m +\x1b\[2mSTATUS/);
  },
);

function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = "";
  stream?.setEncoding("utf8").on("data", (part: string) => (text += part));
  return () => text;
}
