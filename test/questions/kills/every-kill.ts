/**
 * Kills at each point of a question, whoever asks it: `npm run kills`. Minutes of CPU, so it is no
 * part of `npm test`. The long runs have one of these kills (kills.long.test.ts).
 */
import { test } from "node:test";
import { blows, killAt, points } from "./scenario.ts";

for (const point of points)
  for (const blow of blows) test(`questions that are ${point} survive a kill of ${blow}`, (t) => killAt(t, point, blow));
