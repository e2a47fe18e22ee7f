/** One of the kills of `npm run kills`: the one after which Claude Code works alone for a while. */
import { test } from "node:test";
import { killAt } from "./kills/scenario.ts";

test("questions of every source survive a kill of the server and the runners", (t) => killAt(t, "parked", "server and runner"));
