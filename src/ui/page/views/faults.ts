import { emptyState } from '../components.ts';
import type { View } from '../view.ts';

export const faults: View = {
  name: 'faults',
  title: 'Faults',
  render: () => emptyState('Faults'),
};
