/** Times of views: RFC 3339 UTC. Money is US dollars, durations are milliseconds. */
import { z } from "zod";

export const time = z.iso.datetime();
export const timeOrNull = time.nullable();
