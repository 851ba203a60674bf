import { readFileSync } from 'node:fs';
import type { FunctionSpec, Stack } from '../../stack/model.ts';

/** The images that a stack's functions run or are built upon, each once. */
export const neededImages = (stack: Stack): readonly string[] => [...new Set(stack.functions.flatMap(imagesOf))];

const imagesOf = ({ image }: FunctionSpec): readonly string[] => {
  if (image.type === 'registry') return [image.reference];
  try {
    return parseBaseImages(readFileSync(image.dockerfile, 'utf8'), image.buildArgs);
  } catch {
    // The build itself says what is wrong with its file.
    return [];
  }
};

/** What a Dockerfile's FROM lines name, but for earlier stages and for nothing (`scratch`). */
export const parseBaseImages = (
  dockerfile: string,
  buildArgs: Readonly<Record<string, string>> = {},
): readonly string[] => {
  const values = new Map<string, string>();
  const stages = new Set(['scratch']);
  const images: string[] = [];
  for (const line of dockerfile.split(/\r?\n/)) {
    const [, name = '', byDefault = ''] = /^\s*ARG\s+(\w+)(?:=["']?([^"'\s]*)["']?)?/i.exec(line) ?? [];
    if (name !== '') values.set(name, buildArgs[name] ?? byDefault);
    const [, from = '', stage] = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(line) ?? [];
    const image = from.replace(/\$(?:\{(\w+)[^}]*\}|(\w+))/g, (_all, braced, bare) => values.get(braced ?? bare) ?? '');
    if (image !== '' && !stages.has(image)) images.push(image);
    if (stage !== undefined) stages.add(stage);
  }
  return images;
};
