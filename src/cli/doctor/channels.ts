/** Checks the channels whose answers the server reads. */
import type { WorkerClient } from "../../client/worker-client.ts";
import { warn } from "./check.ts";
import type { Check } from "./check.ts";

/** Only what is wrong. Empty, too, where the server does not say it. */
export async function checkChannels(client: WorkerClient): Promise<Check[]> {
  try {
    const { channels } = await client.listChannels();
    return channels.flatMap(({ name, answers_problem: problem }) =>
      problem === null ? [] : [warn("Channel", `${name}: no answers are read. ${problem}`, `See: claude-worker notify show ${name}`)],
    );
  } catch {
    return []; // The check of the server says why it does not answer.
  }
}
