/** What doors show of a task's attempts. */
import { z } from "zod";
import { time, timeOrNull } from "./time.ts";

export const attemptView = z.object({
  id: z.int(),
  number: z.int(),
  runner_id: z.string(),
  session_id: z.string().nullable(),
  resumed: z.boolean(),
  warm: z.boolean(),
  pid: z.int().nullable(),
  started_at: time,
  ended_at: timeOrNull,
  outcome: z.object({ kind: z.string(), message: z.string() }).loose().nullable(),
});
export type AttemptView = z.infer<typeof attemptView>;

export const attemptList = z.object({ attempts: z.array(attemptView) });
