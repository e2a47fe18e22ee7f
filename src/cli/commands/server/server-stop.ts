/** `server stop`: stops the server. Running tasks continue unless a flag says otherwise. */
import { ServerUnreachable } from "../../../client/server-unreachable.ts";
import { defineCommand } from "../../commandline/command.ts";
import { connectionOf } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import { WorkerError } from "../../../domain/errors.ts";
import { duration } from "../../commandline/option-values.ts";
import { stopServer } from "../../server/stop-server.ts";
import { say } from "../../terminal/render/wrap.ts";

interface StopCommandOptions {
  readonly drain?: boolean;
  readonly now?: boolean;
  readonly deadline?: number;
}

export const command = defineCommand<StopCommandOptions>({
  name: "server stop",
  summary: "Stop the server; running tasks continue, and the next server adopts them",
  details: "While --drain waits, a plain `server stop` ends the wait and leaves the tasks running; `server stop --now` interrupts them.",
  options: [
    { flags: "--drain", description: "start no more tasks, and wait for the running ones first" },
    {
      flags: "--deadline <duration>",
      description: "with --drain: after this time interrupt what still runs, to be resumed (default: 10m)",
      parse: duration("--deadline", { max: "1d" }),
    },
    { flags: "--now", description: "interrupt the running tasks; the next start resumes them" },
  ],
  examples: [
    { command: "claude-worker server stop", does: "leave the running tasks alone" },
    { command: "claude-worker server stop --drain --deadline 5m", does: "before switching the machine off" },
  ],
  async run({ options, io }) {
    if (options.drain === true && options.now === true)
      throw new WorkerError("invalid_input", "--drain and --now exclude each other. Choose one.");
    if (options.deadline !== undefined && options.drain !== true)
      throw new WorkerError("invalid_input", "--deadline is for --drain. Give both, or none.");
    const mode = options.drain === true ? "drain" : options.now === true ? "now" : "leave";
    if (mode === "drain" && options.json !== true)
      say(io.stderr, "Waiting for the running tasks. Ctrl-C stops waiting, not the server's stop.");
    const connection = connectionOf(io);
    const before = await stopServer(connection, { mode, deadline_ms: options.deadline }).catch((error: unknown) => {
      if (!(error instanceof ServerUnreachable) || !error.connectionRefused || !connection.isLocal) throw error;
      throw new WorkerError("server_unreachable", "No server runs, so there is nothing to stop.");
    });
    const left = mode === "leave" ? before.counts.running : 0;
    if (options.json === true) writeJson(io.stdout, { stopped: true, pid: before.pid, left_running: left });
    else say(io.stdout, `The server (pid ${before.pid}) has stopped.${leftText(left)}`);
    return exitCodes.ok;
  },
});

function leftText(count: number): string {
  if (count === 0) return "";
  return count === 1 ? " 1 task continues; the next server adopts it." : ` ${count} tasks continue; the next server adopts them.`;
}
