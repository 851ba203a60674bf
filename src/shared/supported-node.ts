/** The oldest Node that has all that the emulator is written with. */
export const oldestNode = 24;

/** Why the emulator cannot run here, and what to use; null where it can. Reads in every Node that knows ES modules. */
export const findUnsupportedNode = (versions: NodeJS.ProcessVersions = process.versions): string | null => {
  const { node, bun, deno } = versions;
  if (Number.parseInt(node, 10) >= oldestNode) return null;
  const other = bun === undefined ? deno && `Deno ${deno}` : `Bun ${bun}`;
  const found = other === undefined ? `Node ${node}` : `${other}, which stands in for Node ${node}`;
  return `this is ${found}. Use Node ${oldestNode} or newer.`;
};
