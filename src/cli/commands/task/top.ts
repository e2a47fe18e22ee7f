/** `top`: a live view of the tasks. */
import { WorkerError } from "../../../domain/errors.ts";
import { defineCommand } from "../../commandline/command.ts";
import { reading } from "../../server/connection.ts";

export const command = defineCommand<object>({
  name: "top",
  summary: "Show live what runs, with keys to open, answer and cancel",
  details:
    "Turns, dollars and the last action of each task as they happen. Keys: arrows or j and k choose, Enter opens a task, a answers what it asks, c cancels it after a question, " +
    "q or Ctrl-C leaves; tasks continue. It needs a terminal; for programs: claude-worker list --watch --json.",
  examples: [{ command: "claude-worker top", does: "what runs now" }],
  async run({ options, io }) {
    if (options.json === true || !io.stdout.isTTY || io.stdin.isTTY !== true)
      throw new WorkerError("invalid_input", "top needs a terminal. For programs: claude-worker list --watch --json");
    const { client } = await reading(io, async (server) => await server.server());
    const { top } = await import("../../task/top.ts");
    return await top(io, client);
  },
});
