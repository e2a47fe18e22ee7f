/**
 * The addresses of the page. The server answers each with the same document, and `web/` draws it.
 * Plain data without zod, because the page loads it.
 */
export const pageAddresses = [
  "/",
  "/login",
  "/tasks/{id}",
  "/tasks/{id}/changes",
  "/tasks/{id}/attempts",
  "/tasks/{id}/verify",
  "/tasks/{id}/logs",
  "/queue",
  "/queue/{group}",
  "/history",
  "/workflows",
  "/workflows/{name}",
  "/workflows/runs/{id}",
  "/schedules",
  "/schedules/{id}",
  "/usage",
  "/settings",
  "/settings/{section}",
  "/new",
] as const;

export type PageAddress = (typeof pageAddresses)[number];
