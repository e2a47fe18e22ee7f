/** A notifier on a real store, with a clock that the test moves, and a receiver on loopback. */
import type { TestContext } from "node:test";
import { pino } from "pino";
import type { NewChannel } from "../../src/domain/notifications/channel.ts";
import type { Delivery } from "../../src/domain/notifications/delivery.ts";
import type { NotificationEvent } from "../../src/domain/notifications/notification.ts";
import { Notifier } from "../../src/notifications/notifier.ts";
import type { NotifierOptions } from "../../src/notifications/notifier.ts";
import { createAdapters } from "../../src/notifications/adapters.ts";
import { plainChannel } from "../../testing/plain-channel.ts";
import { receiver } from "../../testing/receiver.ts";
import { until } from "../../testing/wait.ts";
import { setup as storeSetup } from "../store/setup.ts";

export const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

export async function setup(
  t: TestContext,
  options: { readonly answerMs?: number; readonly env?: Record<string, string> } & Pick<NotifierOptions, "links"> = {},
) {
  const s = storeSetup(t);
  const { store } = s;
  const hook = await receiver(t);
  const clock = { nowMs: Date.now() };
  const make = (): Notifier => {
    const notifier = new Notifier({
      store,
      log: pino({ level: "silent" }),
      adapters: createAdapters(options.env ?? {}),
      now: () => clock.nowMs,
      random: () => 0,
      redact: (text) => text.replaceAll("hunter22", "[redacted]"),
      ...(options.answerMs === undefined ? {} : { answerMs: options.answerMs }),
      ...(options.links === undefined ? {} : { links: options.links }),
    });
    t.after(() => notifier.stop());
    return notifier;
  };
  return {
    ...s,
    hook,
    clock,
    make,
    notifier: make(),
    async add(
      name: string,
      events: readonly NotificationEvent[] = ["completed", "failed"],
      more: Partial<NewChannel> = {},
    ): Promise<number> {
      const channel = plainChannel({ name, target: { url: hook.url }, events, allowPrivate: true, ...more });
      return (await store.write(() => store.notifications.addChannel(channel, secret)))?.id ?? 0;
    },
    /** Submits a task and stores its end. */
    async end(status: "completed" | "failed" = "completed", prompt = "write a haiku"): Promise<number> {
      const { task, attempt } = await s.start({ prompt });
      const { id } = task;
      const outcome = status === "completed" ? "succeeded" : "crashed";
      await store.write(() => {
        store.attempts.close(attempt.id, { kind: "succeeded", message: "m" }, clock.nowMs);
        store.tasks.transition(id, status === "completed" ? "complete" : "fail", clock.nowMs);
        store.events.append(id, attempt.id, [{ type: "ended", at: clock.nowMs, data: { status, outcome, message: "m" } }]);
      });
      return id;
    },
    /** Stores questions of a task in one commit. Returns their numbers. */
    ask: (taskId: number, ...texts: readonly string[]): Promise<number[]> =>
      store.write(() =>
        texts.map((text) => {
          const call = {
            kind: "permission",
            tool: "Bash",
            toolUseId: null,
            agentId: null,
            input: {},
            inputHash: text,
            rule: null,
          } as const;
          const { id } = store.questions.ask(taskId, 1, { ...call, key: text }, { askedAt: clock.nowMs, deadline: null });
          const data = { question: id, kind: call.kind, tool: call.tool, text };
          store.events.append(taskId, null, [{ type: "question_asked", at: clock.nowMs, data }]);
          return id;
        }),
      ),
    /** The delivery once it is as awaited. */
    async delivery(id: number, accept: (delivery: Delivery) => boolean): Promise<Delivery> {
      return await until(`delivery ${id}: ${JSON.stringify(store.notifications.delivery(id))}`, () => {
        const found = store.notifications.delivery(id);
        return found !== null && accept(found) ? found : null;
      });
    },
  };
}
