/** What doors show of the account that tasks run with. */
import { z } from "zod";
import { overagePolicies } from "../../domain/task/overage.ts";
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
      setting: z.enum(overagePolicies),
      enabled: z.boolean().nullable().describe("Whether the account pays for use beyond its limits; null: not known."),
      in_use: z.boolean().nullable().describe("Whether it pays now; null: not known."),
      disabled_reason: z.string().nullable(),
    }),
  })
  .describe("What the tasks' account reported of its limits.");
export type AccountView = z.infer<typeof accountView>;
