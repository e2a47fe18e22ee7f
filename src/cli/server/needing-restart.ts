/** Which settings the running server has not taken over from the file yet. */
import { connectionOf } from "./connection.ts";
import type { Io } from "../terminal/io.ts";

/**
 * The settings of which the running server has another value than the file; none where no server
 * answers.
 */
export async function needingRestart(io: Io): Promise<ReadonlySet<string>> {
  try {
    const { settings } = await connectionOf(io).client.config();
    return new Set(settings.filter((each) => each.needs_restart).map(({ key }) => key));
  } catch {
    return new Set();
  }
}
