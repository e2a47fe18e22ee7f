/** The channels of a chaos run: a receiver of webhooks, and a chat that takes answers. */
import { botToken } from "../../testing/telegram.ts";
import { within } from "../../testing/wait.ts";
import { isRefusal, persist } from "./trying.ts";
import { phoneChat } from "./world.ts";
import type { World } from "./world.ts";

export const hookName = "hook";
const sentLimitMs = 120_000;

/** Adds the channels to a world that has none. */
export async function addChannels(world: World): Promise<void> {
  const { hook, phone, client } = world;
  const common = { allow_private: true, events: ["question", "completed", "failed"] as const };
  const channels = [
    { ...common, name: hookName, kind: "webhook" as const, url: hook.url },
    {
      ...common,
      name: "phone",
      kind: "telegram" as const,
      url: phone.url,
      chat: String(phoneChat),
      secret: botToken,
      events: ["question"] as const,
      answers: "permissions" as const,
    },
  ];
  for (const channel of channels) {
    try {
      await persist(world, () => client.addChannel({ ...channel, events: [...channel.events] }));
    } catch (error) {
      if (!isRefusal(error)) throw error; // It is there already.
    }
  }
}

/** Waits until everything is sent, as far as that is possible. */
export async function untilSent(world: World): Promise<void> {
  await within(sentLimitMs, async () => {
    await world.ensureServer();
    return (await world.client.listDeliveries({ state: "pending" })).deliveries.length === 0;
  });
}
