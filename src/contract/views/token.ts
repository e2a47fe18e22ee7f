/** What doors show of tokens. */
import { z } from "zod";
import { scopes } from "../../domain/scopes.ts";
import { time, timeOrNull } from "./time.ts";

export const tokenView = z.object({
  id: z.int(),
  name: z.string(),
  scope: z.enum(scopes),
  hint: z.string().describe("The secret's first characters."),
  created_at: time,
  expires_at: timeOrNull,
  last_used_at: timeOrNull.describe("To the minute."),
});
export type TokenView = z.infer<typeof tokenView>;

export const tokenList = z.object({ tokens: z.array(tokenView) });

export const newTokenView = tokenView.extend({
  token: z.string().describe("The secret. It is shown once; only its hash is stored."),
});
export type NewTokenView = z.infer<typeof newTokenView>;
