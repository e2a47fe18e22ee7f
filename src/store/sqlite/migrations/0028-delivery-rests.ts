/** Which recipients of a mail still lack it. */

export const deliveryRests = {
  number: 28,
  name: "delivery-rests",
  sql: `
ALTER TABLE notification_deliveries ADD COLUMN rest TEXT; -- JSON, after a try that reached a part of the recipients: who still lacks it (to), and who was refused for good (refused). NULL: all are to get it.
`,
} as const;
