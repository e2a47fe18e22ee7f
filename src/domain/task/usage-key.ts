/** By what tokens and money are summed up. */

export const usageKeys = ["day", "model", "group", "profile"] as const;
export type UsageKey = (typeof usageKeys)[number];
