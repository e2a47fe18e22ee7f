// A reporter for `node --test`: lists the ten slowest tests at the end, and those that failed, so
// that both are seen without scrolling. Plain JavaScript: the test runner loads it before anything
// else.

const count = 10;

/**
 * @param {AsyncIterable<{ type: string, data: any }>} events of the test runner
 * @returns {AsyncGenerator<string>} the lines to print
 */
export default async function* slowestTests(events) {
  /** @type {{ name: string, file: string, ms: number }[]} */
  const ended = [];
  /** @type {string[]} */
  const failed = [];
  for await (const { type, data } of events) {
    if (type !== "test:pass" && type !== "test:fail") continue;
    if (data.details?.type === "suite" || data.file === undefined || data.name === data.file) continue;
    const file = relative(data.file);
    ended.push({ name: data.name, file, ms: data.details?.duration_ms ?? 0 });
    if (type === "test:fail") failed.push(`${file}: ${data.name}`);
  }
  const slowest = ended.toSorted((a, b) => b.ms - a.ms).slice(0, count);
  yield `\nThe ${slowest.length} slowest tests:\n`;
  for (const { name, file, ms } of slowest) yield `${(ms / 1000).toFixed(1).padStart(7)} s  ${file}: ${name}\n`;
  if (failed.length === 0) return;
  yield `\nFailed (run each alone to see whether it is flaky):\n`;
  for (const line of failed) yield `  ${line}\n`;
}

/** @param {string} file */
function relative(file) {
  const root = `${process.cwd()}/`;
  return file.startsWith(root) ? file.slice(root.length) : file;
}
