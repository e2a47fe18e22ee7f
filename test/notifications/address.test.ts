import assert from "node:assert/strict";
import { test } from "node:test";
import { addressProblem, allowedAddresses, hostProblem } from "../../src/notifications/address.ts";

const problem = (address: string, allowPrivate: boolean): boolean => addressProblem(address, { allowPrivate }) !== null;

test("public addresses are allowed", () => {
  for (const address of ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946"])
    assert.equal(problem(address, false), false, address);
});

test("private addresses need a permission, also within IPv6", () => {
  for (const address of [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "::1",
    "fd00::1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
  ]) {
    assert.equal(problem(address, false), true, address);
    assert.equal(problem(address, true), false, address);
  }
});

test("addresses of metadata, groups and tunnels are never allowed", () => {
  const never = [
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "fe80::1",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "255.255.255.255",
    "ff02::1",
    "2002:7f00:1::",
    "64:ff9b::7f00:1",
    "::7f00:1",
    "::a9fe:a9fe",
    "4000::1",
    "fd00:ec2::254",
    "fd20:ce:0::254",
    "100.100.100.200",
    "::ffff:100.100.100.200",
    "x",
  ];
  for (const address of never) {
    assert.equal(problem(address, false), true, address);
    assert.equal(problem(address, true), true, address);
  }
});

test("a literal address is judged like a name's", async () => {
  await assert.rejects(allowedAddresses("[::1]", { allowPrivate: false }), /private/);
  assert.deepEqual(await allowedAddresses("127.0.0.1", { allowPrivate: true }), [{ address: "127.0.0.1", family: 4 }]);
  assert.equal(hostProblem("example.com", { allowPrivate: false }), null);
  assert.notEqual(hostProblem("[::1]", { allowPrivate: false }), null);
  await assert.rejects(allowedAddresses("no-such-name.invalid", { allowPrivate: true }), /has no address/);
});
