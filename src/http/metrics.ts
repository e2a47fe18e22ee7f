/**
 * The server's numbers in the text format of Prometheus (0.0.4). No task's id or text is ever in a
 * label.
 */
import { holdKinds } from "../domain/order/hold.ts";
import type { ServerView } from "../contract/views/server.ts";
import type { Histogram, Statistics } from "../contract/views/statistics.ts";
import type { RequestCount } from "./request/request-counts.ts";

export interface MetricsSources {
  readonly server: ServerView;
  readonly statistics: Statistics;
  readonly requests: readonly RequestCount[];
  readonly openStreams: number;
}

export const metricsType = "text/plain; version=0.0.4; charset=utf-8";

type Kind = "counter" | "gauge" | "histogram";
type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

export function metricsText(sources: MetricsSources): string {
  return [...taskMetrics(sources), ...serverMetrics(sources), ...usageMetrics(sources), ...processMetrics()].join("");
}

function taskMetrics({ server, statistics }: MetricsSources): string[] {
  const byStatus = Object.entries(server.counts).map(([status, count]): Sample => [{ status }, count]);
  const byOutcome = statistics.outcomes.map(({ outcome, count }): Sample => [{ outcome }, count]);
  return [
    family("tasks", "gauge", "Tasks by status.", byStatus),
    family("attempts_total", "counter", "Ended attempts by outcome, since the database was made.", byOutcome),
    histogram("task_wait_seconds", "From submit to the first start.", statistics.waits),
    histogram("attempt_duration_seconds", "From start to end of an attempt.", statistics.attempts),
    family("events_total", "counter", "Events of all tasks, since the database was made.", [[{}, statistics.events]]),
  ];
}

function serverMetrics({ server, statistics, requests, openStreams }: MetricsSources): string[] {
  const holds = server.holds.map(({ kind }) => kind);
  const byHold = holdKinds.map((kind): Sample => [{ kind }, holds.filter((each) => each === kind).length]);
  const answered = requests.map(({ operation, status, count }): Sample => [{ operation, status: String(status) }, count]);
  return [
    family("build_info", "gauge", "Always 1; the labels tell the version.", [
      [{ version: server.version, node: process.versions.node }, 1],
    ]),
    family("workers", "gauge", "Tasks that may run at once.", [[{}, server.workers.limit]]),
    family("workers_running", "gauge", "Tasks that run.", [[{}, server.workers.running]]),
    family("runners_parked", "gauge", "Runners that wait with Claude Code started.", [[{}, server.workers.parked]]),
    family("holds", "gauge", "Reasons why nothing may start now.", byHold),
    family("problems", "gauge", "Things that are degraded now.", [[{}, server.problems.length]]),
    family("notifications", "gauge", "Messages of notifications that wait, and that were given up.", [
      [{ state: "pending" }, statistics.notifications.pending],
      [{ state: "dead" }, statistics.notifications.dead],
    ]),
    family("server_starts_total", "counter", "Starts of a server on this database.", [[{}, server.epoch]]),
    family("http_requests_total", "counter", "Answered requests by operation and status.", answered),
    family("event_streams_open", "gauge", "Open event streams.", [[{}, openStreams]]),
  ];
}

function usageMetrics({ statistics: { usage } }: MetricsSources): string[] {
  const tokens = usage.flatMap((sum): Sample[] => [
    [{ model: sum.key, type: "input" }, sum.input_tokens],
    [{ model: sum.key, type: "output" }, sum.output_tokens],
    [{ model: sum.key, type: "cache_read" }, sum.cache_read_input_tokens],
    [{ model: sum.key, type: "cache_creation" }, sum.cache_creation_input_tokens],
  ]);
  const cost = usage.map((sum): Sample => [{ model: sum.key }, sum.cost_usd]);
  return [
    family("tokens_total", "counter", "Tokens by model and type, since the database was made.", tokens),
    family("cost_usd_total", "counter", "US dollars by model, since the database was made.", cost),
  ];
}

function processMetrics(): string[] {
  const { user, system } = process.cpuUsage();
  const startedAt = Date.now() / 1000 - process.uptime();
  return [
    bare("process_cpu_seconds_total", "counter", "CPU time of the server's process.", [[{}, (user + system) / 1e6]]),
    bare("process_resident_memory_bytes", "gauge", "Resident memory of the server's process.", [[{}, process.memoryUsage.rss()]]),
    bare("process_start_time_seconds", "gauge", "When the server's process was started.", [[{}, Math.round(startedAt)]]),
  ];
}

function family(name: string, kind: Kind, help: string, samples: readonly Sample[]): string {
  return bare(`claude_worker_${name}`, kind, help, samples);
}

function bare(name: string, kind: Kind, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([labels, value]) => `${name}${labelText(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${lines.join("")}`;
}

/** Prometheus wants each bucket to hold all that lie below it too. */
function histogram(shortName: string, help: string, { rows, sum_ms: sumMs }: Histogram): string {
  const name = `claude_worker_${shortName}`;
  let count = 0;
  const buckets = rows.map((row) => {
    count += row.count;
    return `${name}_bucket${labelText({ le: row.upto_ms === null ? "+Inf" : String(row.upto_ms / 1000) })} ${count}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} histogram\n${buckets.join("")}${name}_sum ${sumMs / 1000}\n${name}_count ${count}\n`;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
