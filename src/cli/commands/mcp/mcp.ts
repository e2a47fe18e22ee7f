/** `mcp`: what MCP clients start. Its standard streams are MCP's; the server does the rest. */
import type { Socket } from "node:net";
import { ServerUnreachable } from "../../../client/server-unreachable.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { withAdviceFor } from "../../server/inside-task.ts";
import type { Io } from "../../terminal/io.ts";
import { runPipe } from "../../mcp/pipe.ts";
import { upgradedConnection } from "../../mcp/upgraded-connection.ts";
import { serverPlace } from "../../server/server-place.ts";
import type { ServerPlace } from "../../server/server-place.ts";

export const command = defineCommand<{ readonly readOnly?: boolean }>({
  name: "mcp",
  summary: "Speak MCP on the standard streams, for agents that delegate",
  details:
    "MCP clients such as Claude Code start this themselves: see `claude-worker mcp install`. When no server runs, one is started. " +
    "When the server ends, the session continues with the next one.",
  options: [{ flags: "--read-only", description: "offer only tools that read: no tool that creates, stops or changes tasks" }],
  examples: [
    { command: "claude mcp add worker -- claude-worker mcp", does: "let Claude Code delegate" },
    { command: "claude mcp add worker -- claude-worker mcp --read-only", does: "let it look only" },
  ],
  async run({ options, io }) {
    const place = serverPlace(io.env);
    const headers = headersOf(io, options.readOnly === true);
    await runPipe({
      input: io.stdin,
      output: process.stdout,
      connect: (start) => connect(io, place, headers, start),
      say: (sentence) => io.stderr.write(`claude-worker mcp: ${sentence}\n`),
    });
    return exitCodes.ok;
  },
});

async function connect(io: Io, place: ServerPlace, headers: Readonly<Record<string, string>>, start: boolean): Promise<Socket> {
  try {
    return await upgradedConnection(place.address, headers);
  } catch (error) {
    if (!start || !place.mayStart || !(error instanceof ServerUnreachable) || !error.connectionRefused) throw withAdviceFor(io, error);
  }
  const [{ startByItself }, { connectionOf }] = await Promise.all([
    import("../../server/start-by-itself.ts"),
    import("../../server/connection.ts"),
  ]);
  await startByItself(io, connectionOf(io));
  return await upgradedConnection(place.address, headers);
}

/**
 * Describes this session to the server: its project's directory, and whether the session may only
 * read.
 */
function headersOf({ env, cwd }: Io, readOnly: boolean): Record<string, string> {
  const session = env["CLAUDE_CODE_SESSION_ID"] ?? "";
  return {
    "X-Claude-Worker-Project": encodeURIComponent(env["CLAUDE_PROJECT_DIR"] || cwd),
    ...(/^[\w-]{1,100}$/.test(session) ? { "X-Claude-Worker-Session": session } : {}),
    ...(readOnly ? { "X-Claude-Worker-Read-Only": "1" } : {}),
  };
}
