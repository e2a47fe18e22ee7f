/**
 * The examples of the REST API run as they stand, against a real server that runs a real task, with
 * a token made for them.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { step } from "../../testing/model.ts";
import { repositoryRoot } from "../../testing/source-files.ts";
import { worker } from "../../testing/worker.ts";

async function setup(
  t: TestContext,
): Promise<{ run(command: string, ...words: string[]): Promise<{ code: number; stdout: string; stderr: string }>; work: string }> {
  const w = await worker(t, { "write a haiku": [step.write("haiku.txt", "old pond"), step.text("It is written.")] });
  const { url } = await w.start();
  const { stdout } = await w.cli(["token", "create", "example", "--scope", "submit"]);
  const env = { PATH: w.env["PATH"] ?? "", CLAUDE_WORKER_SERVER_URL: url ?? "", CLAUDE_WORKER_TOKEN: stdout.trim() };
  return {
    work: w.place.work,
    run: (command, ...words) =>
      new Promise((resolve) => {
        const child = execFile(command, words, { env, cwd: repositoryRoot, timeout: 900_000 }, (_error, out, err) =>
          resolve({ code: child.exitCode ?? -1, stdout: out, stderr: err }),
        );
      }),
  };
}

const example = (name: string): string => path.join(repositoryRoot, "examples", name);

test("submit-and-watch.ts prints the story and the result", async (t) => {
  const { run, work } = await setup(t);
  const done = await run(process.execPath, example("submit-and-watch.ts"), work, "write a haiku");
  assert.deepEqual([done.code, done.stderr.replaceAll(/.*ExperimentalWarning[^]*/g, "")], [0, ""], done.stdout);
  assert.match(done.stdout, /^task 1\n[^]*\[tool:write\] haiku\.txt\n[^]*\ncompleted: It is written\.\n$/);
  const refused = await run(process.execPath, example("submit-and-watch.ts"), "/nowhere", "write a haiku");
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /^invalid_input: .*\/nowhere/m);
});

test("submit-and-watch.sh prints the story and the result with curl", async (t) => {
  const { run, work } = await setup(t);
  const tools = await run("sh", "-c", "command -v bash curl jq");
  if (tools.code !== 0) return t.skip("bash, curl or jq is not here");
  const done = await run(example("submit-and-watch.sh"), work, "write a haiku");
  assert.equal(done.code, 0, done.stderr);
  assert.match(done.stdout, /^task 1\n[^]*\[tool:write\] haiku\.txt\n[^]*\ncompleted: It is written\.\n$/);
});
