/** What doors show of profiles. */
import { z } from "zod";
import { profileKinds } from "../../domain/task/profile.ts";
import { accountView } from "./account.ts";
import { holdView } from "./hold.ts";

export const profileView = z
  .object({
    name: z.string(),
    kind: z
      .enum(profileKinds)
      .nullable()
      .describe("How it signs in: a `config_dir`, a key, a token, or variables of a provider; null: as the server itself (`default`)."),
    problem: z.string().nullable().describe("Why its tasks cannot start now, and what to do; null: they can."),
    credentials: z
      .string()
      .nullable()
      .describe("The credentials that Claude Code finds, without the secret; null: none. A keychain is not looked into."),
    account: accountView.nullable().describe("null: it cannot be used. Two profiles of one account have the same."),
    holds: z.array(holdView).describe("The holds of its account."),
  })
  .describe("A set of credentials that tasks run with.");
export type ProfileView = z.infer<typeof profileView>;
