// No two folders import each other, nor in a circle. Without tests, which import what they need.
import modules from './.dependency-cruiser.js';

export default {
  forbidden: [{ name: 'no-folder-cycle', severity: 'error', scope: 'folder', from: {}, to: { circular: true } }],
  options: { ...modules.options, exclude: { path: ['\\.test\\.ts$', '^(test|scripts|bench)/'] } },
};
