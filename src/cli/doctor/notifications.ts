/** Checks whether notifications arrive. */
import type { WorkerClient } from "../../client/worker-client.ts";
import { warn } from "./check.ts";
import type { Check } from "./check.ts";

/** One check for each channel with messages that were given up; none where no server answers. */
export async function checkNotifications(client: WorkerClient): Promise<Check[]> {
  const list = await client.listChannels().catch(() => null);
  const channels = list?.channels.filter(({ dead }) => dead > 0) ?? [];
  return channels.map(({ name, dead }) => {
    const what = dead === 1 ? "1 message was" : `${dead} messages were`;
    const why = `claude-worker notify deliveries ${name} --state dead`;
    return warn(
      "Notifications",
      `${what} not delivered to ${name} and given up`,
      `See why: ${why} · send again: claude-worker notify replay ${name}`,
    );
  });
}
