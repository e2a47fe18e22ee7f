/** Finds a channel by its name or its number. */
import type { WorkerClient } from "../../../client/worker-client.ts";
import type { ChannelView } from "../../../contract/views/notification.ts";
import { WorkerError } from "../../../domain/errors.ts";
import { didYouMean } from "../../../domain/text/did-you-mean.ts";

/** @throws WorkerError not_found. */
export async function findChannel(client: WorkerClient, wanted: string): Promise<ChannelView> {
  const { channels } = await client.listChannels();
  const channel = channels.find(({ name }) => name === wanted) ?? channels.find(({ id }) => String(id) === wanted);
  if (channel !== undefined) return channel;
  const near = didYouMean(
    wanted,
    channels.map(({ name }) => name),
  );
  const hint = near === null ? "See: claude-worker notify list" : `Did you mean "${near}"?`;
  throw new WorkerError("not_found", `There is no channel "${wanted}". ${hint}`);
}
