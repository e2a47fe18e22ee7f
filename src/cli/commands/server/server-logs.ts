/**
 * `server logs`: the server's own log, straight from its file: most wanted when the server does not
 * answer.
 */
import { WorkerError } from "../../../domain/errors.ts";
import { visibleText } from "../../../domain/text/plain-text.ts";
import { defineCommand } from "../../commandline/command.ts";
import { connectionOf } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { FollowedFile } from "../../task/followed-file.ts";
import { wholeNumber } from "../../commandline/option-values.ts";

export const command = defineCommand<{ readonly follow?: boolean; readonly lines?: number }>({
  name: "server logs",
  summary: "Show the server's own log",
  details: "Works without a server. Each line is JSON; control and invisible characters are written as \\uXXXX.",
  options: [
    { flags: "-f, --follow", description: "continue as the log grows" },
    { flags: "-n, --lines <n>", description: "only the newest lines (default: 100)", parse: wholeNumber("--lines") },
  ],
  examples: [{ command: "claude-worker server logs -f", does: "follow it" }],
  async run({ options, io }) {
    const { paths, isLocal } = connectionOf(io);
    if (!isLocal)
      throw new WorkerError(
        "invalid_input",
        "The log of a remote server is on its own machine. Look there, or unset CLAUDE_WORKER_SERVER_URL.",
      );
    const interrupt = new AbortController();
    const release = io.onInterrupt(() => interrupt.abort());
    const file = new FollowedFile(paths.serverLog);
    try {
      for (const line of await file.newestLines(options.lines ?? 100)) await io.stdout.flow(`${visibleText(line)}\n`);
      if (options.follow !== true) return exitCodes.ok;
      const decoder = new TextDecoder();
      for await (const chunk of file.growth(interrupt.signal)) await io.stdout.flow(visibleText(decoder.decode(chunk, { stream: true })));
    } finally {
      release();
    }
    return interrupt.signal.aborted ? exitCodes.interrupted : exitCodes.ok;
  },
});
