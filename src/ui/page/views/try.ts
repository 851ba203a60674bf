import { emptyState } from '../components.ts';
import type { View } from '../view.ts';

export const attempts: View = {
  name: 'try',
  title: 'Try',
  render: () => emptyState('Try'),
};
