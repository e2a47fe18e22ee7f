/** What doors show of tokens and money. */
import { z } from "zod";
import { usageKeys } from "../../domain/task/usage-key.ts";
import { accountView } from "./account.ts";
import { profileView } from "./profile.ts";
import { modelUsageView } from "./task.ts";

export const usageSumView = z.object({
  key: z.string().describe("The day (UTC), the model, the group or the profile."),
  results: z.int().describe("How many reports of sessions are in it."),
  ...modelUsageView.shape,
});
export const usageView = z.object({
  by: z.enum(usageKeys),
  usage: z.array(usageSumView),
  total: usageSumView.omit({ key: true }),
  account: accountView,
  profiles: z.array(profileView).describe("Every profile, `default` first: `account` is that of `default`."),
});
export type UsageView = z.infer<typeof usageView>;
