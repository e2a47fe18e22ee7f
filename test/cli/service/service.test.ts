import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { installService, serviceManager, servicePlan, serviceStatus, uninstallService } from "../../../src/cli/service/service.ts";
import { withoutServer } from "../setup.ts";

/**
 * A home of its own, and programs named systemctl and launchctl that write down what they are asked
 * and answer with `code`.
 */
function setup(t: TestContext, code = 0) {
  const home = mkdtempSync(path.join(os.tmpdir(), "cw-service-"));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const programs = path.join(home, "bin");
  mkdirSync(programs);
  for (const name of ["systemctl", "launchctl"]) {
    const file = path.join(programs, name);
    writeFileSync(file, `#!/bin/sh\necho "${name} $*" >> "${home}/asked"\necho "no user manager" >&2\nexit ${code}\n`);
    chmodSync(file, 0o755);
  }
  const env = { HOME: home, PATH: `${programs}:/usr/bin:/bin`, USER: "ada", CLAUDE_WORKER_HOME: path.join(home, "data $1 100%") };
  const asked = (): string[] => (existsSync(`${home}/asked`) ? readFileSync(`${home}/asked`, "utf8").trim().split("\n") : []);
  return { home, env, asked, plan: servicePlan(env, "/opt/claude worker/bin/claude-worker") };
}

test("service install --print has a form for programs", async (t) => {
  const { call } = withoutServer(t);
  const { installed, file, content, commands } = (await call(["service", "install", "--print", "--json"])).json();
  assert.deepEqual([installed, typeof file, typeof content, Array.isArray(commands)], [false, "string", "string", true]);
});

test("systemd gets a unit that restarts the server and leaves its runners alone", async (t) => {
  const { home, env, asked, plan } = setup(t);
  const manager = serviceManager("linux", env, plan);
  await installService(manager, env);
  const unit = readFileSync(path.join(home, ".config/systemd/user/claude-worker.service"), "utf8");
  assert.match(unit, /^KillMode=process$/m);
  assert.match(unit, /^Restart=on-failure$/m);
  assert.match(unit, /^StartLimitIntervalSec=0$/m, "however often it fails");
  assert.match(unit, /^ExecStart=".+" "\/opt\/claude worker\/bin\/claude-worker" "server" "start" "--foreground"$/m);
  assert.ok(unit.includes(`Environment="CLAUDE_WORKER_HOME=${home}/data $1 100%%"`), unit);
  assert.deepEqual(asked(), ["systemctl --user daemon-reload", "systemctl --user enable --now claude-worker.service"]);
  assert.deepEqual(await serviceStatus(manager, env), { installed: true, active: true, file: manager.file, manager: "systemd" });
  assert.equal(await uninstallService(manager, env), true);
  assert.ok(!existsSync(manager.file));
  assert.equal(await uninstallService(manager, env), false);
});

test("launchd gets an agent that abandons the process group", async (t) => {
  const { env, asked, plan } = setup(t);
  const manager = serviceManager("darwin", env, plan);
  await installService(manager, env);
  const agent = readFileSync(manager.file, "utf8");
  assert.match(agent, /<key>KeepAlive<\/key><dict><key>SuccessfulExit<\/key><false\/><\/dict>/, "the same exit codes as for systemd");
  assert.match(agent, /<key>AbandonProcessGroup<\/key><true\/>/);
  assert.match(agent, /<string>\/opt\/claude worker\/bin\/claude-worker<\/string>/);
  assert.match(String(asked()[0]), /^launchctl bootstrap gui\/\d+ /);
});

test("a refused installation of the service leaves no file and says what else to do", async (t) => {
  const { env, plan } = setup(t, 1);
  const manager = serviceManager("linux", env, plan);
  await assert.rejects(installService(manager, env), /systemctl .* failed: no user manager\. .*server start/);
  assert.ok(!existsSync(manager.file));
});

test("a system without service manager is told so", (t) => {
  const { env, plan } = setup(t);
  assert.throws(() => serviceManager("aix", env, plan), /server start/);
});

const here = process.platform === "linux" ? "systemd" : "launchd";

test("service install writes the file and starts the service; --print only shows both", async (t) => {
  const { env, asked } = setup(t);
  const { call } = withoutServer(t);
  const printed = await call(["service", "install", "--print"], { env });
  const { file, content, enable } = serviceManager(process.platform, env, servicePlan(env, path.resolve("bin/claude-worker")));
  assert.equal(printed.code, 0);
  assert.equal(printed.stdout, `# ${file}\n${content}\n${enable.map((words) => `$ ${words.join(" ")}\n`).join("")}`);
  assert.deepEqual([existsSync(file), asked()], [false, []]);
  const before = await call(["service", "status"], { env });
  assert.deepEqual([before.code, before.stdout], [1, "No service is installed. Install it: claude-worker service install\n"]);
  const installed = await call(["service", "install"], { env });
  assert.equal(installed.code, 0, installed.stderr);
  assert.ok(installed.stdout.startsWith(`The server runs as a ${here} service: ${file}\n`));
  assert.equal(readFileSync(file, "utf8"), content);
  assert.deepEqual(
    asked(),
    enable.map((words) => words.join(" ")),
  );
  assert.deepEqual((await call(["service", "install", "--json"], { env })).json(), { installed: true, manager: here, file });
});

test("service status and uninstall say what there is", async (t) => {
  const { env } = setup(t);
  const { call } = withoutServer(t);
  await call(["service", "install"], { env });
  const { code, stdout } = await call(["service", "status"], { env });
  assert.equal(code, 0);
  assert.match(stdout, new RegExp(`^The ${here} service is active: `));
  assert.partialDeepStrictEqual((await call(["service", "status", "--json"], { env })).json(), { installed: true, active: true });
  assert.match((await call(["service", "uninstall"], { env })).stdout, /^The service is removed/);
  assert.equal((await call(["service", "uninstall"], { env })).stdout, "There was no service.\n");
  assert.deepEqual((await call(["service", "uninstall", "--json"], { env })).json(), { removed: false });
});

test("a service that is installed but not active is said to be so", async (t) => {
  const { env } = setup(t);
  const failing = setup(t, 1);
  const { call } = withoutServer(t);
  await call(["service", "install"], { env });
  const status = await call(["service", "status"], { env: { ...env, PATH: failing.env.PATH } });
  assert.equal(status.code, 1);
  assert.match(status.stdout, /installed but not active/);
});
