/**
 * A program whose exit takes the kernel a while: 200 MB to take apart and an inotify descriptor to
 * close. Its last instruction is long over by then.
 */
export const slowExit = `
const { mkdtempSync, watch, rmSync } = require("node:fs");
const place = mkdtempSync(require("node:path").join(require("node:os").tmpdir(), "slow-exit-"));
watch(place);
globalThis.memory = Buffer.alloc(200_000_000, 1);
rmSync(place, { recursive: true });
`;
