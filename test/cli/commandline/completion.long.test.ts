import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { describeCommands } from "../../../src/cli/commandline/command-index.ts";
import { completeWords } from "../../../src/cli/commandline/complete-words.ts";
import { completionScripts } from "../../../src/cli/commandline/completion-scripts.ts";
import { withoutServer, withServer } from "../setup.ts";

const tasks = async (): Promise<{ word: string; description: string }[]> => [{ word: "42", description: "running: x" }];

test("completion offers commands, verbs, flags, values and ids", async () => {
  const commands = await describeCommands();
  const wordsAt = async (...words: string[]): Promise<string[]> =>
    (await completeWords(words, commands, tasks)).candidates.map(({ word }) => word);
  const expected: [string[], string[]][] = [
    [["wa"], ["watch", "wait"]],
    [
      ["server", "st"],
      ["start", "stop", "status"],
    ],
    [["ru"], ["run", "rules"]],
    [["run", "--per"], ["--permission-mode"]],
    [["run", "--permission-mode", "a"], ["acceptEdits"]],
    [["list", "--status", "f"], ["failed"]],
    [["list", "-s", "comp"], ["completed"]],
    [["show", ""], ["42"]],
    [["cancel", "41", ""], ["42"]],
    [["show", "42", ""], []],
    [["logs", "-n", ""], []],
    [["logs", "--follow", ""], ["42"]],
    [["completion", "b"], ["bash"]],
    [["config", "get", "worke"], ["workers"]],
    [["help", "wat"], ["watch"]],
    [["nonsense", ""], []],
  ];
  for (const [words, candidates] of expected) assert.deepEqual(await wordsAt(...words), candidates, words.join(" "));
  assert.ok(!(await wordsAt("")).some((word) => word.startsWith("_")));
});

test("completion leaves files and directories to the shell", async () => {
  const commands = await describeCommands();
  const also = async (...words: string[]): Promise<string | null> => (await completeWords(words, commands, tasks)).also;
  assert.deepEqual(
    [await also("run", ""), await also("run", "--dir", ""), await also("trust", "add", ""), await also("list", "")],
    ["files", "directories", "directories", null],
  );
});

test("completion offers the server's tasks, and none without a server", async (t) => {
  const { call } = await withServer(t);
  await call(["run", "Fix it", "-n", "a\tb"]);
  assert.equal((await call(["__complete", "--", "show", ""])).stdout, "1\tpending: a b\n:\n");
  for (const prompt of ["older", "newer"]) await call(["run", prompt, "-n", "nightly build"]);
  assert.equal((await call(["__complete", "--", "watch", "ni"])).stdout, "nightly build\tpending: task 3\n:\n");
  assert.equal((await withoutServer(t).call(["__complete", "--", "show", ""])).stdout, ":\n");
});

test("the bash script completes in a real bash", (t) => {
  const { place, env } = withoutServer(t);
  const main = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
  chmodSync(place.file("bin/claude-worker", `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`), 0o755);
  place.file("work/a file.md", "");
  const script = place.file(
    "complete.bash",
    `
source <(claude-worker completion bash)
try() {
  COMP_WORDS=("$@"); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _claude_worker; printf '%s|' "\${COMPREPLY[@]}"; echo
}
try claude-worker comp
try claude-worker server sto
try claude-worker run --permission-mode acc
try claude-worker run a
try claude-worker config set worke
complete -p claude-worker
`,
  );
  const run = spawnSync("bash", ["--norc", script], {
    cwd: place.work,
    env: { ...env, PATH: `${path.join(place.directory, "bin")}:${env["PATH"] ?? ""}` },
    encoding: "utf8",
  });
  assert.equal(run.stderr, "");
  assert.deepEqual(run.stdout.trimEnd().split("\n"), [
    "completion|",
    "stop|",
    "acceptEdits|",
    "a file.md|",
    "workers|",
    "complete -F _claude_worker claude-worker",
  ]);
});

for (const shell of ["zsh", "fish"] as const) {
  const isThere = spawnSync(shell, ["-c", "true"]).status === 0;
  test(`the ${shell} script is understood by a real ${shell}`, { skip: !isThere && `${shell} is not installed` }, () => {
    execFileSync(shell, ["-n"], { input: completionScripts[shell] });
  });
}

test("a shell without completion is refused", async (t) => {
  const { call } = withoutServer(t);
  assert.match((await call(["completion", "tcsh"])).stderr, /There is for: bash, zsh, fish/);
});
