/** Says of which tasks the work is not what it was to be, before it is brought anywhere. */
import type { WorkerClient } from "../../client/worker-client.ts";
import { plainLine } from "../../domain/text/plain-text.ts";
import type { TaskRef } from "../../domain/task/task-ref.ts";
import type { Io } from "../terminal/io.ts";
import { say } from "../terminal/render/wrap.ts";

/** One line a task on the standard error. Says nothing of those that completed, and verified. */
export async function sayUnproven(io: Io, client: WorkerClient, ids: readonly TaskRef[]): Promise<void> {
  for (const id of ids) {
    const { status, error, verified, verification } = await client.getTask({ id });
    if (status === "failed") say(io.stderr, `Task ${id} has failed: ${plainLine(error?.message ?? "", 300)}`);
    else if (status === "cancelled") say(io.stderr, `Task ${id} was cancelled.`);
    else if (verified === false) {
      const names = verification.filter(({ stale }) => stale).map(({ name }) => plainLine(name, 100));
      const what = names.length === 0 ? "its checks" : names.join(", ");
      say(io.stderr, `Task ${id} is not verified as it is: files have changed since ${what} passed.`);
    }
  }
}
