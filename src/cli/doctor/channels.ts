/** Checks the channels: whether what is sent arrives, and whether answers are read. */
import type { WorkerClient } from "../../client/worker-client.ts";
import type { ChannelView } from "../../contract/views/notification.ts";
import { warn } from "./check.ts";
import type { Check } from "./check.ts";

/** Only what is wrong. Empty, too, where the server does not say it. */
export async function checkChannels(client: WorkerClient): Promise<Check[]> {
  try {
    const { channels } = await client.listChannels();
    return channels.flatMap((channel) => [...unread(channel), ...undelivered(channel)]);
  } catch {
    return []; // The check of the server says why it does not answer.
  }
}

function unread({ name, answers_problem: problem }: ChannelView): Check[] {
  return problem === null
    ? []
    : [warn("Channel", `${name}: answers do not arrive as they should. ${problem}`, `See: claude-worker notify show ${name}`)];
}

function undelivered({ name, dead }: ChannelView): Check[] {
  if (dead === 0) return [];
  const what = dead === 1 ? "1 message was" : `${dead} messages were`;
  const advice = `See why: claude-worker notify deliveries ${name} --state dead · send again: claude-worker notify replay ${name}`;
  return [warn("Channel", `${name}: ${what} not delivered and given up`, advice)];
}
