/** `workspace shell`: a shell where a task works. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { WorkerError } from "../../../domain/errors.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import type { ExitCode } from "../../commandline/exit-codes.ts";
import { reading } from "../../server/connection.ts";
import { taskPlace } from "../../task/task-directory.ts";
import { readReferenceOrNewest, readTaskId } from "../../task/task-reference.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<object>({
  name: "workspace shell",
  summary: "Open a shell where a task works",
  details:
    "The shell is $SHELL, else /bin/sh. While it runs there, the worktree is not removed. It has the ports of the worktree (WORKER_PORT …).",
  arguments: [{ name: "[id]", description: readReferenceOrNewest, completes: "tasks" }],
  forPeople: true,
  examples: [{ command: "claude-worker workspace shell 42", does: "look around in the worktree of task 42" }],
  async run({ words: [word], io }) {
    const { found } = await reading(io, async (client) => {
      const id = await readTaskId(client, word);
      return { id, ...(await taskPlace(client, id)) };
    });
    if (!existsSync(found.path)) throw new WorkerError("conflict", `The directory of task ${found.id} is not there: ${found.path}`);
    say(io.stderr, `In ${found.path} of task ${found.id}; leave with: exit`);
    return await shellIn(found.path, io.env["SHELL"] ?? "/bin/sh", { ...io.env, ...found.ports });
  },
});

/** Resolves with 0 when the shell was left, whatever its last command said. */
function shellIn(directory: string, shell: string, env: NodeJS.ProcessEnv): Promise<ExitCode> {
  return new Promise((resolve, reject) => {
    const child = spawn(shell, [], { cwd: directory, env, stdio: "inherit" });
    child.on("error", ({ message }) =>
      reject(new WorkerError("invalid_input", `${shell} cannot be started (${message}). Set SHELL to another one.`)),
    );
    child.on("close", () => resolve(exitCodes.ok));
  });
}
