/** Which page an address names. The server answers the same addresses with this document. */

export interface Page {
  /** Its heading, and the first word of the tab's title. */
  readonly title: string;
  readonly kind: "sessions" | "unbuilt" | "unknown";
  /** What shows the same on the command line, where the page is not built. */
  readonly command?: string;
}

const pages: readonly [pattern: RegExp, page: Page][] = [
  [/^\/$/, { title: "Now", kind: "unbuilt", command: "claude-worker top" }],
  [/^\/tasks\/[^/]+(?:\/(?:changes|attempts|verify|logs))?$/, { title: "Task", kind: "unbuilt", command: "claude-worker show" }],
  [/^\/queue(?:\/[^/]+)?$/, { title: "Queue", kind: "unbuilt", command: "claude-worker list --order queue" }],
  [/^\/history$/, { title: "History", kind: "unbuilt", command: "claude-worker list" }],
  [/^\/workflows(?:\/[^/]+|\/runs\/[^/]+)?$/, { title: "Workflows", kind: "unbuilt", command: "claude-worker workflow list" }],
  [/^\/schedules(?:\/[^/]+)?$/, { title: "Schedules", kind: "unbuilt", command: "claude-worker schedule list" }],
  [/^\/usage$/, { title: "Usage", kind: "unbuilt", command: "claude-worker usage" }],
  [/^\/settings\/sessions$/, { title: "Sessions", kind: "sessions" }],
  [/^\/settings(?:\/[^/]+)?$/, { title: "Settings", kind: "unbuilt", command: "claude-worker config list" }],
  [/^\/new$/, { title: "New task", kind: "unbuilt", command: "claude-worker run" }],
];

export function pageAt(pathname: string): Page {
  return pages.find(([pattern]) => pattern.test(pathname))?.[1] ?? { title: "Not found", kind: "unknown" };
}
