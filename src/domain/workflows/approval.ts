/** The question of an approval: what stands where other questions name a tool. */
export const approvalTool = "Approval";
