/** What doors show of browser sessions. */
import { z } from "zod";
import { scopes } from "../../domain/scopes.ts";
import { time } from "./time.ts";

export const browserSessionView = z.object({
  id: z.int(),
  scope: z.enum(scopes),
  signed_in_with: z.enum(["code", "token"]).describe("What was given at the sign-in."),
  token: z.string().nullable().describe("The name of the token that the session ends with. Null: it belongs to the server's owner."),
  created_at: time,
  last_used_at: time.describe("To the minute."),
  expires_at: time.describe("When it ends unless it is used: 30 days after its last use, or with its token."),
  user_agent: z.string().nullable().describe("What the browser says of itself."),
  address: z.string().nullable().describe("Where it signed in from: the address of a proxy where there is one."),
  current: z.boolean().describe("Whether this session made the request."),
});
export type BrowserSessionView = z.infer<typeof browserSessionView>;

export const browserSessionList = z.object({ sessions: z.array(browserSessionView) });

export const loginCodeView = z.object({
  code: z.string().describe("The secret. It signs one browser in, once."),
  expires_at: time,
  url: z
    .string()
    .nullable()
    .describe("The address that signs in, with the code in its fragment. Null: the server has no TCP port, which a browser needs."),
});
export type LoginCodeView = z.infer<typeof loginCodeView>;

export const endedSessions = z.object({ ended: z.array(z.int()).describe("The numbers of the sessions that ended.") });
