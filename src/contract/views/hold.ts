/** What doors show of holds. */
import { z } from "zod";
import { holdKinds } from "../../domain/order/hold.ts";
import { time, timeOrNull } from "./time.ts";

export const holdView = z.object({
  kind: z.enum(holdKinds),
  message: z.string(),
  since: time,
  until: timeOrNull,
  profiles: z.array(z.string()).nullable().describe("The profiles whose account it is about; null: it holds every task."),
  tasks_waiting: z.int(),
});
export type HoldView = z.infer<typeof holdView>;

export const holdList = z.object({ holds: z.array(holdView) });
