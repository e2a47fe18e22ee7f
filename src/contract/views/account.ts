/** What doors show of the account that tasks run with. */
import { z } from "zod";
import { timeOrNull } from "./time.ts";

export const accountView = z
  .object({
    fingerprint: z.string().describe("Names the account without holding its credential."),
    reported_at: timeOrNull.describe("When it last reported; null: never. Only subscriptions report."),
    windows: z
      .record(
        z.string(),
        z.object({
          utilization: z.number().nullable().describe("Share that is used, 0 to 1; null: not known."),
          resets_at: timeOrNull,
          status: z.string().nullable(),
        }),
      )
      .describe("The limits by window, e.g. `five_hour`, `seven_day`."),
    overage: z.object({
      setting: z.string().describe("`forbid`, `ask`, `allow`, or a cap: `cap 20`."),
      enabled: z.boolean().nullable().describe("Whether the account pays for use beyond its limits; null: not known."),
      spent_usd: z.number().nullable().describe("Spent on it in this billing period, as the account says; null: not known."),
      in_use: z.boolean().nullable().describe("Whether it pays now; null: not known."),
      disabled_reason: z.string().nullable(),
    }),
    reserve: z
      .object({
        setting: z
          .record(z.string(), z.unknown())
          .nullable()
          .describe("Percent of each window that is kept free, as the setting `reserve` has it; null: nothing."),
        applies: z
          .boolean()
          .nullable()
          .describe(
            "false: requests are paid for one by one (an API key), so there are no limits; null: the account has reported none yet.",
          ),
        looked_at: timeOrNull.describe("When the limits were last asked for, because a task waits for them; null: never."),
        problem: z.string().nullable().describe("Why that gave no figures; null: it gave some."),
      })
      .describe("What of the limits is kept free for the person."),
  })
  .describe("What the tasks' account reported of its limits.");
export type AccountView = z.infer<typeof accountView>;
