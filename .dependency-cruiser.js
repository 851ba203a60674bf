// The dependency table of docs/architecture.md as rules: each folder names what it may import; all else is an error.
const outside = (allowed) => ({ path: '^src/', pathNot: ['\\.test\\.ts$', ...allowed] });
const shared = ['^src/shared/'];
const folder = (name, ...allowed) => ({
  name: `${name}-imports`,
  severity: 'error',
  from: { path: `^src/${name}/`, pathNot: '\\.test\\.ts$' },
  to: outside([`^src/${name}/`, ...shared, ...allowed]),
});

export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    folder('scheduler'),
    folder('environment'),
    folder('engine', '^src/scheduler/', '^src/environment/', '^src/runtime/port\\.ts$'),
    folder('runtime/docker', '^src/runtime/port\\.ts$'),
    folder('runtime/simulated', '^src/runtime/port\\.ts$'),
    folder('runtime/watchdog', '^src/runtime/docker/(endpoint|remove-session)\\.ts$'),
    folder(
      'http',
      '^src/openapi/',
      '^src/environment/',
      '^src/engine/service\\.ts$',
      '^src/scheduler/rejections\\.ts$',
    ),
    folder(
      'faults',
      '^src/stack/fault\\.ts$',
      '^src/openapi/wire-types\\.ts$',
      '^src/runtime/port\\.ts$',
      '^src/engine/service\\.ts$',
      '^src/http/(api-response|error-answer|matched-request)\\.ts$',
    ),
    folder(
      'control',
      '^src/stack/fault\\.ts$',
      '^src/http/',
      '^src/openapi/',
      '^src/engine/(service|run-log)\\.ts$',
      '^src/faults/(fault|faults)\\.ts$',
      '^src/recording/recorder\\.ts$',
    ),
    folder('recording', '^src/http/', '^src/openapi/'),
    folder('stack', '^src/faults/fault\\.ts$'),
    folder('openapi'),
    {
      name: 'pure-scheduler',
      comment: 'The rules know no clock, no timer, no I/O.',
      severity: 'error',
      from: { path: '^src/scheduler/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/shared/clock\\.ts$|^node_modules/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'pure-scheduler-no-node',
      severity: 'error',
      from: { path: '^src/scheduler/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'dockerode-in-its-adapter',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/runtime/docker/' },
      to: { path: 'node_modules/dockerode' },
    },
    {
      name: 'wired-in-one-place',
      comment: 'Only emulator/ and the CLI know every part; helpers for tests start it.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: ['^src/index\\.ts$', '^src/(emulator|cli|runners)/', '\\.test\\.ts$'],
      },
      to: { path: '^src/index\\.ts$|^src/(emulator|cli)/' },
    },
    {
      name: 'tests-stay-outside',
      severity: 'error',
      from: { pathNot: '\\.test\\.ts$' },
      to: { path: '\\.test\\.ts$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
