import { emptyState } from '../components.ts';
import type { View } from '../view.ts';

export const requests: View = {
  name: 'requests',
  title: 'Requests',
  render: () => emptyState('Requests'),
};
