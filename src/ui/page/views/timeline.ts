import { emptyState } from '../components.ts';
import type { View } from '../view.ts';

export const timeline: View = {
  name: 'timeline',
  title: 'Timeline',
  render: () => emptyState('Timeline'),
};
