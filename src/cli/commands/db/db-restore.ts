/** `db restore`: replaces the database by a backup, with the server stopped. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { WorkerError, errorCodes } from "../../../domain/errors.ts";
import { defineCommand } from "../../commandline/command.ts";
import { connectionOf } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";
import { pathGiven } from "../../commandline/path-given.ts";

interface Answer {
  readonly database: string;
  /** The database that was there before. */
  readonly previous: string | null;
}

export const command = defineCommand<object>({
  name: "db restore",
  summary: "Replace the database by a backup; the server must be stopped",
  details:
    "The backup is checked first. The database that was there is kept beside it. Numbers of tasks continue after those that were there. " +
    "Refused while a task that the backup does not have runs without a server.",
  arguments: [{ name: "<file>", description: "a copy that `db backup` made", completes: "files" }],
  forPeople: true,
  examples: [{ command: "claude-worker server stop --now && claude-worker db restore tasks-2026-11-01.db", does: "go back to that day" }],
  async run({ words, options, io }) {
    const { paths } = connectionOf(io);
    const file = pathGiven(io, words[0] ?? "");
    if (!existsSync(file)) throw new WorkerError("invalid_input", `There is no file ${file}.`);
    const { database, previous } = await restore(file, {
      ...io.env,
      CLAUDE_WORKER_HOME: paths.home,
      CLAUDE_WORKER_DB: paths.database,
    });
    if (options.json === true) writeJson(io.stdout, { database, previous });
    else
      say(
        io.stdout,
        `Restored ${database}.\n${previous === null ? "" : `What was there is kept: ${previous}\n`}Start the server: claude-worker server start`,
      );
    return exitCodes.ok;
  },
});

/** The store is the server's room: a process of its own does it. */
function restore(backup: string, env: NodeJS.ProcessEnv): Promise<Answer> {
  const { url } = import.meta;
  const entry = fileURLToPath(new URL(url.endsWith(".ts") ? "../../../server/restore.ts" : "../../../server/restore.js", url));
  return new Promise((fulfil, reject) => {
    execFile(process.execPath, [entry, backup], { env }, (error, stdout, stderr) => {
      const line = stdout.trim().split("\n").at(-1) ?? "";
      if (line === "")
        return reject(new WorkerError("internal", `The restore ended without a word: ${stderr.trim() || String(error?.message)}`));
      const answer = JSON.parse(line) as Answer | { error: { code: string; message: string } };
      if ("error" in answer)
        reject(new WorkerError(errorCodes.find((code) => code === answer.error.code) ?? "internal", answer.error.message));
      else fulfil(answer);
    });
  });
}
