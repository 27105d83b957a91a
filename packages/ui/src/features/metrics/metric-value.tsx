import type { Double } from '@bitacora/protocol';
import { metricText } from '../../format/number.ts';

export function MetricValue({ value }: { readonly value: Double | undefined }) {
  if (value === undefined) return null;
  const { text, title } = metricText(value);
  return title === text ? text : <span title={title}>{text}</span>;
}
