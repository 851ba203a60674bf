import { toLoadError } from './package.ts';
import { findUnsupportedNode } from './supported-node.ts';

// Each door of the package imports this before all else: what comes after it would fail in words of its own.
const reason = findUnsupportedNode();
if (reason !== null) throw toLoadError(reason);
