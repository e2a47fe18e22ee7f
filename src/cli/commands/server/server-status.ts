/** `server status`: what the server is doing. */
import { defineCommand } from "../../commandline/command.ts";
import { clientOf } from "../../server/connection.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { writeJson } from "../../terminal/io.ts";
import { serverPage } from "../../terminal/render/server-page.ts";

/** How many running tasks are listed. */
const mostShown = 20;

export const command = defineCommand<object>({
  name: "server status",
  summary: "Show what the server is doing",
  details: "Exits with 3 when no server answers.",
  examples: [{ command: "claude-worker server status", does: "slots, counts, holds, problems, what runs, pid and URL" }],
  async run({ options, io }) {
    const client = clientOf(io);
    const server = await client.server();
    if (options.json === true) {
      writeJson(io.stdout, server);
      return exitCodes.ok;
    }
    const { tasks } = await client.listTasks({ status: ["running"], limit: mostShown });
    io.stdout.write(serverPage(server, tasks, io.stdout, Date.now()));
    return exitCodes.ok;
  },
});
