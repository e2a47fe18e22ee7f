/**
 * Submits a task, prints what Claude does, and ends with the task's result.
 *
 *   CLAUDE_WORKER_SERVER_URL=http://127.0.0.1:8000 CLAUDE_WORKER_TOKEN=… node submit-and-watch.ts /path/to/project "Fix the failing test"
 */
import { ServerUnreachable, WorkerClient, WorkerError, urlAddress } from "claude-worker/client";

const [directory, prompt] = process.argv.slice(2);
if (directory === undefined || prompt === undefined) throw new Error("Give a directory and a prompt.");

const url = process.env["CLAUDE_WORKER_SERVER_URL"] ?? "http://127.0.0.1:8000";
const client = new WorkerClient(urlAddress(url, process.env["CLAUDE_WORKER_TOKEN"] ?? null));
try {
  // With a key of its own a submit can be repeated: no task runs twice because an answer was lost.
  const input = { prompt, working_directory: directory, labels: { from: "example" } };
  const { id } = await client.submitTask(input, { idempotencyKey: crypto.randomUUID() });
  console.log(`task ${id}`);

  // Goes on by itself where it was when the connection breaks or the server restarts.
  for await (const event of client.events(id)) for (const line of event.summary) console.log(line);

  const task = await client.getTask({ id });
  console.log(`${task.status}: ${task.result ?? task.error?.message ?? ""}`);
  process.exitCode = task.status === "completed" ? 0 : 1;
} catch (error) {
  if (error instanceof ServerUnreachable) console.error(`Nobody answers at ${url}.`);
  else if (error instanceof WorkerError) console.error(`${error.code}: ${error.message}`);
  else throw error;
  process.exitCode = 2;
} finally {
  client.close();
}
