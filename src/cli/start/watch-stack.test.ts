import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempDisposableSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { EmulatorError, errorCodes } from '../../shared/errors.ts';
import { loadStack } from '../../stack/load-stack.ts';
import { watchStack } from './watch-stack.ts';

const done = { functions: [], faults: false, needsRestart: [], durationMs: 0 };

/** Two functions that are built, watched, and the reloads that an emulator is asked for, each with its answer. */
const open = async () => {
  const folder = mkdtempDisposableSync(join(tmpdir(), 'cycle-watch-stack-'));
  const put = (path: string, content: string): void => writeFileSync(join(folder.path, path), content);
  const containerOf = (name: string) => ({
    image: { origin: { type: 'docker-file', details: { context_dir: `/${name}`, build_file: `/${name}/Dockerfile` } } },
    config: { network: { public: 'disable' }, deploy: { strategy: 'function', instances: 1 } },
  });
  for (const name of ['one', 'two']) {
    mkdirSync(join(folder.path, name));
    put(`${name}/Dockerfile`, 'FROM scratch');
  }
  const path = join(folder.path, 'stack.json');
  const stackText = JSON.stringify({
    version: '1.0',
    containers: { one: containerOf('one'), two: containerOf('two') },
  });
  put('stack.json', stackText);
  const watch = await watchStack(await loadStack(path), { path, load: {}, builds: true, json: true });
  const asked: { readonly rebuild: readonly string[]; readonly answer: PromiseWithResolvers<typeof done> }[] = [];
  let onAsked = Promise.withResolvers<void>();
  const stop = new AbortController();
  void watch.follow(
    {
      reload: (_stack, { rebuild = [] } = {}) => {
        const answer = Promise.withResolvers<typeof done>();
        asked.push({ rebuild, answer });
        onAsked.resolve();
        onAsked = Promise.withResolvers();
        return answer.promise;
      },
    },
    stop.signal,
  );
  onTestFinished(() => {
    stop.abort();
    watch[Symbol.dispose]();
    folder[Symbol.dispose]();
  });
  const next = async () => {
    if (asked.length === 0) await onAsked.promise;
    const reload = asked.shift();
    if (reload === undefined) throw new Error('no reload was asked for');
    return reload;
  };
  return { put, next, asked, path, stackText };
};

test('changes during a reload lead to one more, which also builds what could not be built before', async () => {
  const { put, next, asked, stackText } = await open();
  put('one/a.txt', 'a');
  const first = await next();
  expect(first.rebuild).toEqual(['one']);
  for (const content of ['a', 'b', 'c']) put('two/a.txt', content);
  first.answer.reject(new EmulatorError(errorCodes.imageUnavailable, 'Failed to build: broken. Correct it.'));
  const second = await next();
  expect(second.rebuild).toEqual(['one', 'two']);
  put('stack.json', `${stackText} `);
  expect(asked).toEqual([]);
  second.answer.resolve(done);
  const third = await next();
  expect(third.rebuild).toEqual([]);
  third.answer.resolve(done);
});

test('a stack that is saved in steps, with a file of a build context, is reloaded once', async () => {
  const { put, next, stackText } = await open();
  put('stack.json', '{');
  put('one/a.txt', 'a');
  put('stack.json', `${stackText}\n`);
  const { rebuild, answer } = await next();
  expect(rebuild).toEqual(['one']);
  answer.resolve(done);
});

test('a stack that comes through a pipe cannot be watched', async () => {
  const { path } = await open();
  const stack = await loadStack(path);
  execFileSync('mkfifo', [`${path}.pipe`]);
  await expect(watchStack(stack, { path: `${path}.pipe`, load: {}, builds: false, json: false })).rejects.toThrow(
    'it is not a file. Save it as one, or start without --watch.',
  );
});

test('a pipe in place of the stack does not hold up later reloads', async () => {
  const { put, next, path, stackText } = await open();
  const reported = Promise.withResolvers<void>();
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    if (String(text).includes('it is not a file')) reported.resolve();
    return true;
  });
  onTestFinished(() => write.mockRestore());
  rmSync(path);
  execFileSync('mkfifo', [path]);
  put('one/a.txt', 'a');
  await reported.promise;
  rmSync(path);
  put('stack.json', `${stackText} `);
  const { rebuild, answer } = await next();
  expect(rebuild).toEqual(['one']);
  answer.resolve(done);
});
