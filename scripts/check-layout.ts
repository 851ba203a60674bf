// Rules of the layout that neither the linter nor the dependency rules can say. Part of `npm run check`.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

type Rule = {
  readonly says: string;
  readonly files: RegExp;
  readonly except?: RegExp;
  /** Places that break the rule, or for a whole file a reason. */
  readonly finds: RegExp | ((text: string) => string | null);
};

const product = /^(?:src|contract-tests)\/.*\.ts$/;
const tests = /\.test\.ts$/;
const generated = /(?:wire|control)-types\.ts$/;
const longestFile = 300;

const rules: readonly Rule[] = [
  {
    says: 'one thing has one word: instance, pool, state, orphan, mutant, reference scheduler, tracked request',
    files: product,
    except: generated,
    finds: /\b(?:slots?|books|strays?|workshop|toy|faulty|undertaking)\b/i,
  },
  {
    says: 'what runs is a container',
    files: /^src\/(?:scheduler|engine|runtime)\/.*\.ts$/,
    except: new RegExp(`${tests.source}|/docker/images/build/`),
    finds: /\b(?:body|bodies)\b/,
  },
  {
    says: 'the ID of a function is `functionId` where containers are Docker’s',
    files: /^src\/runtime\/.*\.ts$/,
    except: tests,
    finds: /\bcontainerId\b/,
  },
  {
    says: 'sentences have nouns as subjects',
    files: /^(?:src|contract-tests|docs)\/.*\.(?:ts|md)$|^README\.md$/,
    finds: /\b(?:nobody|whoever|whatever|anew)\b/i,
  },
  {
    says: 'types hold without casts through `unknown` or `never`',
    files: product,
    except: tests,
    finds: /\bas (?:unknown as|never)\b/,
  },
  {
    says: 'what the page shows is text: nothing in it writes markup',
    files: /^src\/ui\/page\/.*\.ts$/,
    finds:
      /\b(?:unsafe(?:HTML|SVG|Static)|(?:inner|outer)HTML|insertAdjacentHTML|setHTML\w*|srcdoc|document\.write|eval)\b/,
  },
  {
    says: 'a suite has one import',
    files: /^contract-tests\/suites\/(?!index|all)[^/]+\.ts$/,
    except: tests,
    finds: (text) => (text.match(/^import\b/gm)?.length === 1 ? null : 'imports more, or nothing'),
  },
  {
    says: `a file has at most ${longestFile} lines`,
    files: product,
    except: new RegExp(`${tests.source}|${generated.source}`),
    finds: (text) => (text.split('\n').length - 1 <= longestFile ? null : `has ${text.split('\n').length - 1}`),
  },
];

const problemsOf = (path: string, text: string): readonly string[] =>
  rules.flatMap(({ says, files, except, finds }) => {
    if (!files.test(path) || except?.test(path)) return [];
    if (typeof finds === 'function') {
      const reason = finds(text);
      return reason === null ? [] : [`${path}: ${reason} (${says})`];
    }
    return text
      .split('\n')
      .flatMap((line, index) => (finds.test(line) ? [`${path}:${index + 1}: ${line.trim()} (${says})`] : []));
  });

const tracked = execFileSync('git', ['ls-files'], { encoding: 'utf8' }).split('\n');
const problems = tracked
  .filter((path) => rules.some(({ files }) => files.test(path)))
  .flatMap((path) => problemsOf(path, readFileSync(path, 'utf8')));
for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length > 0) process.exitCode = 1;
