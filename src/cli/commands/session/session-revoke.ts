/** `session revoke`: a browser is signed out. */
import { WorkerError } from "../../../domain/errors.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { clientOf } from "../../server/connection.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<{ readonly all?: boolean }>({
  name: "session revoke",
  summary: "Sign a browser out; its open streams are closed",
  arguments: [{ name: "[session]", description: "its id, from session list" }],
  options: [{ flags: "--all", description: "sign every browser out" }],
  examples: [
    { command: "claude-worker session revoke 3", does: "sign one browser out" },
    { command: "claude-worker session revoke --all", does: "sign all of them out" },
  ],
  async run({ words: [word], options, io }) {
    if ((word === undefined) === (options.all !== true))
      throw new WorkerError("invalid_input", "Name one session by its id, or give --all. See: claude-worker session list");
    const client = clientOf(io);
    const ended = word === undefined ? (await client.removeOtherSessions()).ended : [idOf(word)];
    if (word !== undefined) for (const id of ended) await client.removeSession({ id });
    if (options.json === true) writeJson(io.stdout, { ended });
    else say(io.stdout, ended.length === 0 ? "No browser was signed in." : `Signed out: ${ended.join(", ")}`);
    return exitCodes.ok;
  },
});

/** @throws WorkerError invalid_input. */
function idOf(word: string): number {
  if (/^\d{1,15}$/.test(word) && Number(word) > 0) return Number(word);
  throw new WorkerError("invalid_input", `"${word}" is not the id of a session. See: claude-worker session list`);
}
