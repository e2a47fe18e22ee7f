import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOfSession, openSession } from "../../../src/operations/sessions/browser-sessions.ts";
import { LoginCodes } from "../../../src/operations/sessions/login-codes.ts";
import { setup } from "../../store/setup.ts";

test("the session of a token that is gone has no caller, also where its row is left", async (t) => {
  const { store, raw } = setup(t);
  const now = (): number => 1000;
  const context = { store, codes: new LoginCodes(now), key: "key", now };
  const token = await store.write(() =>
    store.tokens.insert({ name: "ci", scope: "admin", hash: "a".repeat(64), hint: "abcd", createdAt: 1, expiresAt: null }),
  );
  const caller = { scope: "admin", name: "token:ci", tokenId: token?.id ?? 0 } as const;
  const opened = await openSession(context, { caller }, { address: null, userAgent: null });
  const secret = opened?.secret ?? "";
  assert.equal(callerOfSession(context, secret)?.caller.tokenId, token?.id);
  const database = raw();
  database.pragma("foreign_keys = OFF");
  database.prepare("DELETE FROM tokens").run();
  assert.equal(callerOfSession(context, secret), null);
});
