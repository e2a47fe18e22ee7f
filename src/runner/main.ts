/** Starts a runner process: one per attempt, detached, so that it continues without the server. */
import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../domain/errors.ts";
import { markerName } from "../processes/sweep.ts";
import { becomeSubreaper } from "../processes/subreaper.ts";
import { loadAgent, localToken, prepareProcess, takeBoot, tellListening } from "./boot.ts";
import { redaction } from "./redaction.ts";
import { Runner } from "./runner.ts";

const reapLimitMs = 1_000;

const boot = takeBoot(process.env);
prepareProcess(boot);
const secrets = redaction(boot.agentEnv, process.env, localToken(boot.agentEnv));
let adopting = false;
const createAgent = await loadAgent(boot.agent);
const agent = createAgent({
  env: { ...boot.agentEnv, [markerName]: boot.runnerId },
  executable: boot.claudeExecutable,
  // The runner adopts orphans of its tree, also of processes that run already.
  onSpawned: () => {
    void becomeSubreaper().then((adopts) => (adopting = adopts));
  },
});
const runner = new Runner({ boot, agent, redaction: secrets, now: Date.now, isAdopting: () => adopting });
process.on("SIGTERM", () => runner.interrupt());
process.on("uncaughtException", (error) => {
  process.stderr.write(`claude-worker runner: ${secrets.text(messageOf(error))}\n`);
  process.exitCode = 1;
  void runner.fail(messageOf(error));
});
// A rejected promise of the SDK that has no handler says nothing about the attempt.
process.on("unhandledRejection", (reason) => {
  process.stderr.write(`claude-worker runner: ${secrets.text(messageOf(reason))}\n`);
});
await runner.listen();
tellListening();
await runner.park();
await runner.over;
await runner.close();
// Wait until Claude Code is reaped: where process 1 does not reap (in a container), it would stay a
// zombie without its parent.
await Promise.race([agent.reaped, delay(reapLimitMs)]);
process.exit();
