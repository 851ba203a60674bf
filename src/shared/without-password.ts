/**
 * An address as it may be printed: of what stands before the last `@`, which may be a password with any character, only
 * the user's name, and nothing of a query or fragment.
 */
export const withoutPassword = (address: string): string => {
  const [, scheme = '', rest = ''] = /^(\s*[^:/@\s]*:\/\/)?(.*)$/s.exec(address) ?? [];
  const at = rest.lastIndexOf('@');
  const user = at < 0 ? '' : `${/^[^:]*/.exec(rest.slice(0, at))?.[0]}@`;
  return `${scheme}${user}${rest.slice(at + 1).replace(/[?#].*$/s, '')}`;
};
