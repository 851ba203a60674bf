import { describe, expect, it } from 'vitest';
import { findUnsupportedNode } from './supported-node.ts';

const found = (versions: Readonly<Record<string, string>>) => findUnsupportedNode(versions as NodeJS.ProcessVersions);

describe('the Node that is needed', () => {
  it('is 24 or newer, for every program that stands in for it', () => {
    expect(found({ node: '24.0.0' })).toBeNull();
    expect(found({ node: '26.10.0' })).toBeNull();
    expect(found({ node: '24.3.0', bun: '1.4.5' })).toBeNull();
  });

  it('is named beside the one that is there', () => {
    expect(found({ node: '22.23.3' })).toBe('this is Node 22.23.3. Use Node 24 or newer.');
    expect(found({ node: '22.6.0', bun: '1.1.20' })).toBe(
      'this is Bun 1.1.20, which stands in for Node 22.6.0. Use Node 24 or newer.',
    );
    expect(found({ node: '20.11.1', deno: '2.0.0' })).toContain('Deno 2.0.0');
  });
});
