/**
 * How fast the REST door is, and what event streams cost: the built server, a real runner with a
 * fast agent, raw sockets as clients.
 */
import { connect } from "node:net";
import { atLeast, atMost, known } from "./figure.ts";
import type { Figure, Row } from "./figure.ts";
import { percentile } from "./measure.ts";
import { residentMb } from "./processes.ts";
import { WatcherCrowd } from "./watcher-crowd.ts";
import { inWorld, withFakeAgent } from "./world.ts";

export const figures: readonly Figure[] = [
  { name: "http: requests", run: requestRates },
  { name: "http: event streams", run: eventStreams },
];

async function requestRates({ quick }: { quick: boolean }): Promise<Row[]> {
  return inWorld({}, async ({ place, server }) => {
    const { client, paths } = await server("http", { ...withFakeAgent, CLAUDE_WORKER_MAX_PENDING: "10000000" });
    await client.hold({ reason: "measuring: no task should start" });
    const { id } = await client.submitTask({ prompt: "measured", working_directory: place.work });
    const body = JSON.stringify({ prompt: "Refactor the authentication module", working_directory: place.work });
    const head = `HTTP/1.1\r\nHost: localhost\r\n`;
    const requests = {
      "`GET /health`": `GET /health ${head}\r\n`,
      "`GET /tasks/{id}`": `GET /api/v1/tasks/${id} ${head}\r\n`,
      "`POST /tasks`, durable": `POST /api/v1/tasks ${head}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    };
    const rows: Row[] = [];
    for (const [name, request] of Object.entries(requests)) {
      for (const connections of [1, 10, 100]) {
        const times = await answerTimes(paths.serverSocket, Buffer.from(request), { connections, runMs: quick ? 500 : 4000 });
        const figure = `${name}, ${connections} connection${connections === 1 ? "" : "s"}, unix socket`;
        const note = `p50 ${percentile(times.ms, 50).toFixed(2)} ms, p99 ${percentile(times.ms, 99).toFixed(2)} ms`;
        const isPromised = name.includes("POST") && connections === 10;
        rows.push(
          isPromised ? atLeast(figure, times.perSecond, "requests/s", 3000, note) : known(figure, times.perSecond, "requests/s", note),
        );
      }
    }
    return rows;
  });
}

/** Each connection sends its next request when the answer to the one before has come. */
async function answerTimes(
  socketPath: string,
  request: Buffer,
  { connections, runMs }: { connections: number; runMs: number },
): Promise<{ ms: number[]; perSecond: number }> {
  const ms: number[] = [];
  const startedAt = performance.now();
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(socketPath);
      let sentAt = 0;
      const send = (): void => {
        sentAt = performance.now();
        if (sentAt - startedAt >= runMs) socket.end();
        else socket.write(request);
      };
      socket
        .on("connect", send)
        .on("error", reject)
        .on("close", () => resolve());
      // An answer is small and comes in one piece.
      socket.on("data", (answer: Buffer) => {
        if (!answer.toString("latin1", 0, 12).startsWith("HTTP/1.1 2")) reject(new Error(answer.toString("latin1").slice(0, 500)));
        ms.push(performance.now() - sentAt);
        send();
      });
    });
  await Promise.all(Array.from({ length: connections }, one));
  return { ms, perSecond: ms.length / ((performance.now() - startedAt) / 1000) };
}

const watchers = 500;

/** One task that tells some 200 events a second, 500 readers, and one more that never reads. */
async function eventStreams({ quick }: { quick: boolean }): Promise<Row[]> {
  return inWorld({}, async ({ place, server }) => {
    const { client, paths, pid } = await server("streams", withFakeAgent);
    await client.hold({ reason: "until everybody watches" });
    const { id } = await client.submitTask({ prompt: `steps ${quick ? 200 : 1500} delay 9`, working_directory: place.work });
    const crowd = new WatcherCrowd(paths.serverSocket, id);
    await crowd.open(watchers);
    const paused = await crowd.openPaused();
    const beforeMb = residentMb(pid);
    let mostMb = beforeMb;
    const sampler = setInterval(() => {
      mostMb = Math.max(mostMb, residentMb(pid));
    }, 200);
    await client.resume();
    await crowd.ended();
    clearInterval(sampler);
    paused.destroy();
    const { last_event: events, ended_at, started_at } = await client.getTask({ id });
    const perSecond = events / ((Date.parse(ended_at ?? "") - Date.parse(started_at ?? "")) / 1000);
    const complete = crowd.counts.filter((count) => count === events).length;
    const told = `${events} events at ${perSecond.toFixed(0)}/s, one more reader paused all the time`;
    return [
      atLeast(`of ${watchers} watchers of one task, how many received every event`, complete, "watchers", watchers, told),
      atMost(
        "delay from the runner to a watcher, p99",
        percentile(crowd.delaysMs, 99),
        "ms",
        250,
        `p50 ${percentile(crowd.delaysMs, 50)} ms`,
      ),
      atMost(`server's resident memory with ${watchers} watchers`, mostMb, "MB", 250, `${beforeMb.toFixed(0)} MB before the task ran`),
    ];
  });
}
