/**
 * Adds times of the boot clock (milliseconds since the machine's start) beside those of the
 * system's clock.
 */

export const bootClock = {
  number: 9,
  name: "boot clock",
  sql: `
ALTER TABLE attempts ADD COLUMN started_up INTEGER; -- When it was claimed, by the boot clock of its boot. NULL: not known.
ALTER TABLE attempts ADD COLUMN last_up INTEGER; -- When its newest ingested record was written, by the same clock. NULL: not known.

CREATE TABLE clock_seen (
  -- One row: when a server last compared the clocks, so that the next one notices a clock that was set.
  id INTEGER PRIMARY KEY CHECK (id = 1), -- Always 1.
  boot_id TEXT, -- The boot. NULL: the system tells none.
  up INTEGER NOT NULL, -- The boot clock.
  at INTEGER NOT NULL, -- The system's clock, UTC milliseconds.
  shifted_ms INTEGER NOT NULL, -- By how much the clock was set forward (negative: back) and not back again.
  pause_ms INTEGER NOT NULL -- Nothing is deleted by age for so long.
) STRICT;
`,
} as const;
