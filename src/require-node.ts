import { findUnsupportedNode } from './supported-node.ts';

// Each door of the package imports this before all else: what comes after it would fail in words of its own.
const reason = findUnsupportedNode();
if (reason !== null) {
  const error = new Error(`Failed to load cycle-scheduler: ${reason}`);
  // It says all there is; where it was found out tells nobody anything.
  error.stack = `${error.name}: ${error.message}`;
  throw error;
}
