/**
 * The quick start's commands, run as a reader would: in order, in one shell's directory, with the
 * real CLI, server and Claude Code.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { step } from "../../testing/model.ts";
import { repositoryRoot } from "../../testing/source-files.ts";
import { worker } from "../../testing/worker.ts";
import { blocksOf } from "./pages.ts";
import { bash, binDirectory } from "./shell.ts";
import type { Ran } from "./shell.ts";

const haiku = "Power cuts at night\nthe queue remembers each word\nmorning finds it done\n";

test("the quick start's commands work, one after the other", async (t) => {
  const w = await worker(t);
  const project = w.place.workdir("project", { trusted: false });
  w.model.play({
    "haiku about durable queues": [step.write(path.join(project, "haiku.txt"), haiku), step.text("The haiku is in haiku.txt.")],
    "Explain haiku.txt": [step.read(path.join(project, "haiku.txt")), step.text("A queue that forgets nothing.")],
    "Translate this poem": [step.text("Der Strom fällt nachts aus.")],
    "Count the grains": [step.text("Still counting.", 120_000)],
  });
  const env = { ...w.env, PATH: `${binDirectory(w.place.directory)}:${w.env["PATH"] ?? ""}` };
  const page = readFileSync(path.join(repositoryRoot, "docs/getting-started/quick-start.md"), "utf8");
  const ran: Ran[] = [];
  for (const block of blocksOf(page, "sh")) {
    const result = await bash(block, { cwd: project, env });
    assert.equal(result.code, 0, `the block\n${block}failed:\n${result.stdout}${result.stderr}`);
    ran.push(result);
  }

  const of = (words: string): Ran => ran.find(({ block }) => block.includes(words)) ?? assert.fail(`no block has "${words}"`);
  assert.match(of("trust add").stdout, /^Trusted: .*project$/m);
  assert.match(of("trust add").stderr, /^Started the server/m);
  assert.equal(of("haiku about durable queues").stdout, "1\n");
  assert.equal(readFileSync(path.join(project, "haiku.txt"), "utf8"), haiku);
  assert.match(of("show 1").stdout, /completed[^]*The haiku is in haiku\.txt\./);
  assert.match(of("logs 1").stdout, /\[tool:write\] haiku\.txt[^]*^\{.*"type":"result"/m);
  assert.match(of("--watch").stdout, /A queue that forgets nothing\./);
  const shown = JSON.parse(lastLine(of("--json").stdout)) as {
    id: number;
    status: string;
    prompt: string;
    result: string;
  };
  assert.deepEqual(
    { id: shown.id, status: shown.status, result: shown.result },
    { id: 3, status: "completed", result: "Der Strom fällt nachts aus." },
  );
  assert.match(shown.prompt, /^Translate this poem into German\n[^]*the queue remembers each word/);
  assert.match(of("cancel 4").stdout, /^4\t/m);
  assert.match(of("server status").stdout, /pid/i);
  assert.equal((await bash("claude-worker server health", { cwd: project, env })).code, 3);
});

function lastLine(output: string): string {
  return output.trimEnd().split("\n").at(-1) ?? "";
}
