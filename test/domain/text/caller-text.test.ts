/** What stored names of callers are in words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { callerText } from "../../../src/domain/text/caller-text.ts";

const words: Readonly<Record<string, string>> = {
  socket: "the server's owner",
  "token:local": "the server's owner",
  "token:ci": "the token ci",
  "channel:phone": "the channel phone",
  "task:12": "the agent of task 12",
  "session:4": "browser session 4",
  "session:4:ci": "browser session 4 of the token ci",
  anonymous: "anonymous",
};

test("a caller is named in words by what it signed in with", () => {
  for (const [name, text] of Object.entries(words)) assert.equal(callerText(name), text);
});
