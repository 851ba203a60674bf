// The order of folders in CONTRIBUTING.md as rules: each folder names what it may import, and only folders that stand
// before it; all else is an error.
const row = (home, outside) => (name, allowed) => ({
  name: `${home}/${name}`,
  severity: 'error',
  from: { path: `^${home}/${name}/`, pathNot: '\\.test\\.ts$' },
  to: {
    path: '^(src|contract-tests|test|scripts|bench)/',
    pathNot: [`^${home}/${name}/`, ...outside, ...allowed.map((one) => `^${home}/${one}/`)],
  },
});
const folder = (name, ...allowed) => row('src', [])(name, ['shared', ...allowed]);
const suite = (name, ...allowed) =>
  row('contract-tests', ['^src/(shared|openapi)/', '^src/profile/(questions|profile)\\.ts$'])(name, allowed);

export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    folder('shared'),
    folder('openapi'),
    folder('scheduler'),
    folder('environment'),
    folder('stack', 'openapi', 'environment'),
    folder('runtime'),
    folder('engine', 'scheduler', 'environment', 'runtime'),
    folder('http', 'openapi', 'scheduler', 'environment', 'engine'),
    folder('faults', 'stack', 'runtime', 'engine', 'http'),
    folder('profile', 'scheduler', 'http'),
    folder('recording', 'openapi', 'http'),
    folder('gateway', 'scheduler', 'environment', 'stack', 'engine', 'http', 'faults', 'profile', 'recording'),
    folder('control', 'openapi', 'scheduler', 'stack', 'engine', 'http', 'faults', 'recording', 'gateway'),
    folder('ui', 'openapi', 'http', 'control'),
    folder(
      'emulator',
      ...['openapi', 'scheduler', 'environment', 'stack', 'runtime', 'engine', 'http', 'faults', 'profile'],
      ...['recording', 'gateway', 'control', 'ui'],
    ),
    folder('runners', 'emulator'),
    {
      ...folder('cli', 'openapi', 'stack', 'runtime', 'engine', 'http', 'profile', 'recording', 'emulator', 'ui'),
      from: { path: '^src/cli/', pathNot: ['\\.test\\.ts$', '^src/cli/contract/'] },
    },
    {
      name: 'page-in-a-browser',
      comment: 'What browsers load knows of the emulator the types of its control API alone.',
      severity: 'error',
      from: { path: '^src/ui/page/', pathNot: '\\.test\\.ts$' },
      to: { pathNot: ['^src/ui/page/', '^src/openapi/control-types\\.ts$', '^node_modules/lit-html/'] },
    },
    suite('model'),
    suite('inspect', 'model'),
    suite('kit', 'model', 'inspect'),
    suite('report', 'model', 'kit'),
    suite('explore', 'model', 'kit'),
    suite('suites', 'model', 'inspect', 'kit', 'report', 'explore'),
    suite('reference'),
    suite('mutants', 'model', 'suites', 'reference'),
    {
      name: 'suite-behind-its-commands',
      comment: 'The product asks no suite; only the commands that run it do.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['\\.test\\.ts$', '^src/cli/contract/'] },
      to: { path: '^contract-tests/' },
    },
    {
      name: 'adapters-behind-the-port',
      severity: 'error',
      from: { path: '^src/', pathNot: ['\\.test\\.ts$', '^src/(runtime|emulator|cli)/'] },
      to: { path: '^src/runtime/[^/]+/' },
    },
    {
      name: 'adapters-apart',
      severity: 'error',
      from: { path: '^src/runtime/(docker|simulated)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/runtime/[^/]+/', pathNot: '^src/runtime/$1/' },
    },
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
      name: 'entry-is-outermost',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(index\\.ts$|cli/)', '\\.test\\.ts$'] },
      to: { path: '^src/(index\\.ts$|cli/)' },
    },
    {
      name: 'tests-stay-outside',
      severity: 'error',
      from: { pathNot: '\\.test\\.ts$' },
      to: { path: '\\.test\\.ts$' },
    },
    {
      name: 'support-is-for-tests',
      severity: 'error',
      from: { path: '^(src|contract-tests)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^test/' },
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
