/** `open`: the server's page in the person's browser, signed in. */
import { hostname } from "node:os";
import type { WorkerClient } from "../../../client/worker-client.ts";
import type { LoginCodeView } from "../../../contract/views/browser-session.ts";
import type { TaskRef } from "../../../domain/task/task-ref.ts";
import { WorkerError } from "../../../domain/errors.ts";
import { browserOpener, isRemoteShell, openInBrowser } from "../../browser/open-browser.ts";
import { defineCommand } from "../../commandline/command.ts";
import { exitCodes } from "../../commandline/exit-codes.ts";
import { connectionOf, withServer } from "../../server/connection.ts";
import type { Connection } from "../../server/connection.ts";
import { readReference, readTaskId } from "../../task/task-reference.ts";
import type { Io } from "../../terminal/io.ts";
import { writeJson } from "../../terminal/io.ts";
import { say } from "../../terminal/render/wrap.ts";

export const command = defineCommand<{ readonly print?: boolean }>({
  name: "open",
  summary: "Open the page of the server in your browser",
  details:
    "The address signs one browser in, once, and is good for a minute. The browser stays signed in until it was not used for 30 days; see claude-worker session list. Over ssh, or without a screen, the address is printed.",
  arguments: [{ name: "[task]", description: `${readReference}; its page is opened`, completes: "tasks" }],
  options: [{ flags: "--print", description: "print the address and open nothing" }],
  forPeople: true,
  examples: [
    { command: "claude-worker open", does: "see what needs you, what runs and what it costs" },
    { command: "claude-worker open 42", does: "look at task 42" },
    { command: "claude-worker open --print", does: "get an address for another browser" },
  ],
  async run({ words: [word], options, io }) {
    const connection = connectionOf(io);
    const { client } = connection;
    const task = await withServer(io, connection, async () => await taskNamed(client, word), { isRepeatable: true });
    const code = await withServer(io, connection, async () => await client.createLoginCode());
    const url = addressOf(code, connection, task);
    const opener = options.print === true || options.json === true ? null : browserOpener(io.env, process.platform);
    const isOpened = opener !== null && (await openInBrowser(opener, url, connection.paths.run, io.env));
    if (options.json === true) writeJson(io.stdout, { url, expires_at: code.expires_at, opened: isOpened });
    else tell(io, url, { isOpened, isAsked: options.print !== true });
    return exitCodes.ok;
  },
});

/** @throws WorkerError not_found. */
async function taskNamed(client: WorkerClient, word: string | undefined): Promise<TaskRef | null> {
  if (word === undefined) return null;
  return (await client.getTask({ id: await readTaskId(client, word) })).id;
}

/**
 * A server on another machine is reached as this call reached it; its own address may mean another
 * machine. @throws WorkerError unavailable: the server has no TCP port.
 */
function addressOf({ code, url }: LoginCodeView, { address }: Connection, task: TaskRef | null): string {
  const base = address.kind === "url" ? address.url.origin : url === null ? null : new URL(url).origin;
  if (base === null)
    throw new WorkerError(
      "unavailable",
      "The server has no TCP port, and browsers cannot use its unix socket: its port was taken when it started. Give it another: claude-worker server restart --port 8001",
    );
  return `${base}/login${task === null ? "" : `?to=${encodeURIComponent(`/tasks/${task}`)}`}#${code}`;
}

function tell({ stdout, stderr, env }: Io, url: string, { isOpened, isAsked }: { isOpened: boolean; isAsked: boolean }): void {
  if (isOpened) return say(stderr, "Opened in your browser. If nothing shows up: claude-worker open --print");
  stdout.exact(`${url}\n`);
  if (!stdout.isTTY) return;
  say(stderr, "Open this address in your browser within a minute. It works once.");
  if (!isAsked || !isRemoteShell(env)) return;
  const { port } = new URL(url);
  say(stderr, `On the machine where you sit, first: ssh -L ${port}:127.0.0.1:${port} ${hostname()}`);
}
