/** What doors show of trusted directories. */
import { z } from "zod";
import { timeOrNull } from "./time.ts";

export const trustView = z.object({
  directories: z.array(z.object({ path: z.string(), since: timeOrNull, by: z.enum(["claude-worker", "claude-code"]) })),
});
export type TrustView = z.infer<typeof trustView>;
