import assert from "node:assert/strict";
import { test } from "node:test";
import { isGroupOfOne, isOurs, othersCanWrite } from "../../src/config/others-can-write.ts";

const me = { username: "me", gid: 1000 };
const groups = (own: string): string => `root:x:0:\nstaff:x:50:me,you\n${own}\nyou:x:1001:\n`;
const users = "root:x:0:0::/root:/bin/sh\nme:x:1000:1000::/home/me:/bin/sh\nyou:x:1001:1001::/home/you:/bin/sh\n";

test("a user's own group without other members is private", () => {
  assert.equal(isGroupOfOne(me, groups("me:x:1000:"), users), true);
  assert.equal(isGroupOfOne(me, groups("me:x:1000:me"), users), true);
});

test("a group with another member is not private", () => {
  assert.equal(isGroupOfOne(me, groups("me:x:1000:you"), users), false);
  assert.equal(isGroupOfOne(me, groups("me:x:1000:me,you"), users), false);
  assert.equal(isGroupOfOne(me, groups("me:x:1000:"), `${users}she:x:1002:1000::/home/she:/bin/sh\n`), false);
});

test("a group of another name, or one that is not listed, is not private", () => {
  assert.equal(isGroupOfOne(me, groups("users:x:1000:"), users), false);
  assert.equal(isGroupOfOne(me, groups("me:x:1002:"), users), false);
});

test("files of this user and of root are ours, those of others are not", () => {
  const uid = process.getuid?.() ?? 0;
  const file = (owner: number) => ({ uid: owner, gid: 65_533, mode: 0o644 });
  for (const owner of [uid, 0]) assert.deepEqual([isOurs(file(owner)), othersCanWrite(file(owner))], [true, false]);
  assert.deepEqual([isOurs(file(uid + 7)), othersCanWrite(file(uid + 7))], [false, true]);
  assert.equal(othersCanWrite({ ...file(uid), mode: 0o664 }), true);
});
